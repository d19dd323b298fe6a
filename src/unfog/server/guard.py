"""What every request passes before anything else sees it; whatever is not allowed here is refused.

* ``Host`` is one of ours: a name that an attacker points at this machine is not (DNS rebinding).
* A browser says where a request comes from: ``Origin`` must be our own and never ``null``; ``Sec-Fetch-Site`` must be
  ``same-origin`` or ``none``, but for a person who follows a link to the studio's page.
* Everybody but the two probes says who they are, if there are keys.
* What changes something is JSON, or has the header ``X-Unfog: 1``: neither can be sent by another page without being
  asked first, which is never granted. A client with a bearer key needs neither; no browser sends that by itself.
* Bodies are bounded in bytes, in pieces and in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfog.config.server import Server
from unfog.server.keys import COOKIE, SESSION_S, Keys

LOG = logging.getLogger("unfog.server")
PROBES = frozenset({"/healthz", "/readyz"})
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
METHODS = CHANGES | {"GET", "HEAD"}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ANY = ("0.0.0.0", "::", "")  # noqa: S104  (addresses that mean all of them; they name no host)
PIECES = 20_000  # of one body
HEADERS_MOST, HEAD_BYTES = 100, 32 * 2**10
SWALLOWED, SWALLOW_S = 2**16, 1.0  # bytes and seconds of a body that is read only to be refused
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "content-security-policy": CSP,
    "cache-control": "private, no-store",
}


class RefusedError(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers


def host_names(settings: Server) -> frozenset[str]:
    """The names by which the server may be called."""
    own = () if settings.host in ANY else (bracketed(settings.host),)
    return frozenset(name.lower() for name in (*LOOPBACK, *own, *map(bracketed, settings.names)))


def bracketed(host: str) -> str:
    """An IPv6 address as it stands in an address line."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def is_address(host: str) -> bool:
    """Whether a host is written as a number."""
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class Guard:
    """The gate in front of an application.

    Args:
        app: what is behind it.
        keys: who may come in.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, keys: Keys, settings: Server) -> None:
        self.app, self.keys, self.settings = app, keys, settings
        self.hosts, self.everywhere = host_names(settings), settings.host in ANY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is no websocket here
            await send({"type": "websocket.close", "code": 1008})
            return
        guarded = with_headers(send)
        try:
            headers = one_of_each(scope["headers"])
            if (answer := self.check(scope, headers)) is not None:
                await reply(guarded, *answer)
                return
            body = Body(receive, self.most(scope["path"]), self.settings.request_s)
            body.check_length(headers)
        except RefusedError as error:
            await swallow(receive)
            await refuse(guarded, error)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await guarded(message)

        try:
            await self.app(scope, body.receive, watched)
        except RefusedError as error:
            if not started:
                await refuse(guarded, error)

    def check(self, scope: Scope, headers: dict[str, str]) -> tuple[int, dict[str, str]] | None:
        """Raises RefusedError, or says what to answer instead of the application, if that is known already."""
        method, path = scope["method"], scope["path"]
        if method not in METHODS:
            raise RefusedError(405, "method_not_allowed", "this method is not known here")
        host = headers.get("host", "").lower()
        if not self.is_ours(host_of(host)):
            raise RefusedError(421, "unknown_host", "this server is not called so; its owner may add --host-name NAME")
        top = method in ("GET", "HEAD") and path == "/"
        self.check_origin(headers, host, top=top)
        if path in PROBES:
            return None
        if top and (token := parse_qs(scope["query_string"].decode("latin-1")).get("token")):
            session = self.keys.exchange(token[0]) if self.keys.wanted else None
            age = f"Max-Age={SESSION_S:.0f}"
            cookie = {"set-cookie": f"{COOKIE}={session}; HttpOnly; SameSite=Strict; Path=/; {age}"}
            return 303, {"location": "/"} | (cookie if session is not None else {})
        owner, how = self.keys.of(headers)
        if owner is None:
            said = (
                "open the link that `unfog serve` printed" if top else "an API key is needed: Authorization: Bearer KEY"
            )
            raise RefusedError(401, "unauthorized", said, **{"www-authenticate": "Bearer"})
        if method in CHANGES:
            self.check_change(headers, path, how)
        scope.setdefault("state", {})["owner"] = owner
        return None

    def is_ours(self, name: str) -> bool:
        """Whether this server is called so.

        One that listens on every address is called by any of them: only a name can be pointed at another machine.
        """
        return name in self.hosts or (self.everywhere and is_address(name))

    def check_origin(self, headers: dict[str, str], host: str, *, top: bool) -> None:
        """Raises RefusedError for what another page makes a browser send."""
        site = headers.get("sec-fetch-site")
        followed = top and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if site not in (None, "same-origin", "none") and not followed:
            raise RefusedError(403, "cross_site", "requests from other pages are refused")
        origin = headers.get("origin")
        if origin is not None:
            parts = urlsplit(origin.lower())
            if parts.scheme not in ("http", "https") or parts.netloc != host or parts.path:
                raise RefusedError(403, "cross_origin", "requests from other pages are refused")

    def check_change(self, headers: dict[str, str], path: str, how: str) -> None:
        """Raises RefusedError for a change that a foreign page could have caused."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if how == "bearer" or kind == "application/json" or headers.get("x-unfog") == "1":
            return
        program = not any(name == "origin" or name.startswith("sec-fetch-") for name in headers)
        if program and not self.keys.wanted and path.startswith("/v1/images/") and kind == "multipart/form-data":
            return
        if program and how in ("none", "basic") and path.startswith("/sdapi/v1/") and not kind:
            return  # interrupt, skip and refresh have no body; a page of another host cannot hide its Origin
        raise RefusedError(403, "header_missing", "send the header X-Unfog: 1, or JSON with its content type")

    def most(self, path: str) -> int:
        """Bytes of a body that are read."""
        limits = self.settings.limits
        if path.startswith(("/v1/", "/sdapi/")):  # several pictures, in base64
            return 4 * limits.upload_bytes + limits.json_bytes
        uploads = ("/api/v1/files", "/api/v1/recall")
        return limits.upload_bytes + 2**16 if path in uploads else limits.json_bytes


class Body:
    """A request's body that ends."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self.inner, self.most, self.seconds = receive, most, seconds
        self.bytes = self.pieces = 0
        self.whole = False
        self.end: float | None = None

    def check_length(self, headers: dict[str, str]) -> None:
        """Raises RefusedError for a body that says that it is too long."""
        length = headers.get("content-length", "0")
        if not length.isdigit() or len(length) > 15 or int(length) > self.most:
            raise too_large(self.most)

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            RefusedError: too many bytes or pieces, or they come too slowly.
        """
        if self.whole:
            return await self.inner()  # waits for the client to go away
        loop = asyncio.get_running_loop()
        self.end = loop.time() + self.seconds if self.end is None else self.end
        try:
            async with asyncio.timeout_at(self.end):
                message = await self.inner()
        except TimeoutError:
            raise RefusedError(408, "too_slow", f"the body took longer than {self.seconds:.0f} s") from None
        if message["type"] == "http.request":
            self.bytes += len(message.get("body", b""))
            self.pieces += 1
            self.whole = not message.get("more_body", False)
            if self.bytes > self.most or self.pieces > PIECES:
                raise too_large(self.most)
        return message


def too_large(most: int) -> RefusedError:
    """The answer to a body that is."""
    return RefusedError(413, "too_large", f"at most {most} bytes are read here")


def one_of_each(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name.

    Raises:
        RefusedError: one that decides something is there twice, or they are many, or long.
    """
    found, every = dict[str, str](), list(pairs)
    if len(every) > HEADERS_MOST or sum(len(name) + len(value) for name, value in every) > HEAD_BYTES:
        raise RefusedError(431, "too_large", f"at most {HEADERS_MOST} headers of {HEAD_BYTES} bytes are read here")
    for raw, value in every:
        name = raw.decode("latin-1").lower()
        if name in found and name in ("host", "origin", "authorization", "content-length", "content-type"):
            raise RefusedError(400, "invalid_request", f"the header {name} is there twice")
        found[name] = value.decode("latin-1") if name not in found else f"{found[name]}; {value.decode('latin-1')}"
    return found


def host_of(header: str) -> str:
    """The host in a ``Host`` header, without a port."""
    if header.startswith("["):
        name, bracket, rest = header.partition("]")
        return name + bracket if not rest or (rest[0] == ":" and rest[1:].isdigit()) else ""
    name, colon, port = header.partition(":")
    return name if not colon or port.isdigit() else ""


def with_headers(send: Send) -> Send:
    """The same, with what every answer says; what the application said itself stays."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
            kept = [(name, value) for name, value in message["headers"] if name.lower() != b"server"]
            message = {**message, "headers": [*kept, *more]}
        await send(message)

    return guarded


async def swallow(receive: Receive) -> None:
    """Read a small body that nobody wants: closed over unread bytes, a connection is reset, and the answer is lost."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SWALLOW_S):
            while size <= SWALLOWED and (message := await receive()).get("more_body", False):
                size += len(message.get("body", b""))


async def refuse(send: Send, error: RefusedError) -> None:
    """Answer with an error and close the connection, whose body may still be coming."""
    body = error_body(error.code, str(error), retryable=error.status in (408, 429, 503))
    await reply(send, error.status, {"content-type": "application/json", "connection": "close"} | error.headers, body)


def error_body(code: str, message: str, *, retryable: bool = False) -> bytes:
    """An error as every route tells it."""
    return json.dumps({"error": {"code": code, "message": message, "retryable": retryable}}).encode()


async def reply(send: Send, status: int, headers: dict[str, Any], body: bytes = b"") -> None:
    """Answer."""
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
