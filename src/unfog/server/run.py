"""Run a server: check what it is allowed to do, open the port, answer until a signal, then stop in order."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

import uvicorn

from unfog.config.server import Server
from unfog.model.locate import user_root
from unfog.server.app import create_app
from unfog.server.engine import Engine
from unfog.server.guard import ANY, HEAD_BYTES, bracketed
from unfog.server.keys import Keys
from unfog.server.protocol import bounded
from unfog.util.errors import UsageError, one_line
from unfog.util.files import open_private

LOG = logging.getLogger("unfog.server")
KEEP_ALIVE_S = 20  # longer than programs wait between two questions, so that none meets a connection that closes
OUTSIDE = (
    (socket.AF_INET, "192.0.2.1", "127.0.0.1"),
    (socket.AF_INET6, "2001:db8::1", "::1"),
)  # an address of documents (RFC 5737, 3849), for which any way out will do, and loopback
LOG_BYTES, LOGS = 20 * 2**20, 10


def default_data() -> Path:
    """Where a server keeps its things if nobody says: beside the user's models."""
    return user_root().parent / "server"


def check_bind(settings: Server, keys: Keys) -> None:
    """Raises UsageError for an address that others can reach, without a key."""
    if keys.wanted or settings.insecure or is_loopback(settings.host):
        return
    raise UsageError(
        f"{settings.host!r} can be reached by others, so a key is needed: add --api-key auto"
        " (or --insecure, if whoever can reach it may use it)"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def reachable(host: str) -> str:
    """An address to be shown: of all addresses of this machine, the one from which it speaks to others.

    A datagram socket that is connected has such an address, and nothing is sent; without a way out it is loopback.
    """
    if host not in ANY:
        return host
    family, outside, inside = OUTSIDE[":" in host]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((outside, 9))
            return str(asking.getsockname()[0])
    except OSError:
        return inside


class Escaped(logging.Formatter):
    """One line per record: what strangers wrote cannot end a line or move a terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(one_line(line) for line in super().format(record).split("\n"))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the base class's name)
        record.message = one_line(record.getMessage())
        return super().formatMessage(record)


class PrivateFile(RotatingFileHandler):
    """A log that only this user may read: prompts can stand in it."""

    def _open(self) -> TextIOWrapper:
        return os.fdopen(open_private(Path(self.baseFilename)), "a", encoding=self.encoding)


def open_log(root: Path) -> None:
    """Log to stderr and to a file that does not grow for ever."""
    (root / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
    file = PrivateFile(root / "logs" / "server.log", maxBytes=LOG_BYTES, backupCount=LOGS, encoding="utf-8")
    for handler in (logging.StreamHandler(sys.stderr), file):
        handler.setFormatter(Escaped("%(asctime)s %(levelname)s %(message)s"))
        LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = list(LOG.handlers), False
        logger.setLevel(logging.WARNING)


class Graceful(uvicorn.Server):
    """A first signal lets running jobs finish while the probes tell that it stops; a second one stops at once."""

    engine: Engine
    asked = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.asked:
            self.force_exit = self.should_exit = True
            return
        self.asked = True
        LOG.info("stopping: running jobs may finish within %.0f s", self.engine.settings.engine.drain_s)
        asyncio.get_running_loop().create_task(self.leave())

    async def leave(self) -> None:
        """Drain, then stop."""
        try:
            await self.engine.drain()
        finally:
            self.should_exit = True


def serve(settings: Server, keys: Keys, root: Path, opened: Callable[[str], None]) -> None:
    """Answer until a signal.

    Args:
        settings: see ``config/server.py``.
        keys: who may ask.
        root: the data folder.
        opened: told the address once the port is open; where it listens on all of them, one that others can reach.

    Raises:
        UsageError: no key for an open address, or the port is taken. LockedError, DataError, ModelError: as ``Engine``.
    """
    check_bind(settings, keys)
    listening = open_port(settings)
    try:
        engine = Engine(settings, root)
    except BaseException:
        listening.close()
        raise
    open_log(root)
    server = server_for(engine, keys)
    port = listening.getsockname()[1]
    opened(f"http://{bracketed(reachable(settings.host))}:{port}")
    server.run(sockets=[listening])


def server_for(engine: Engine, keys: Keys) -> Graceful:
    """What answers for an engine, with all bounds on connections."""
    settings = engine.settings
    config = uvicorn.Config(
        create_app(engine, keys),
        http=bounded(settings.per_address, settings.request_s),
        ws="none",
        loop="asyncio",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
        limit_concurrency=settings.connections,
    )
    server = Graceful(config)
    server.engine = engine
    return server


def open_port(settings: Server) -> socket.socket:
    """The socket that listens.

    Raises:
        UsageError: the address is not this machine's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: else asyncio sets no TCP_NODELAY
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
        listening.listen(min(settings.connections, 1024))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; choose another with --port"
        ) from None
    return listening
