"""The whole application without a port and without workers: jobs are taken and wait, everything else answers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
from starlette.routing import Route

from unfog.config.server import Server
from unfog.server.app import ROUTERS, create_app
from unfog.server.dialects import Dialects
from unfog.server.engine import Engine
from unfog.server.guard import Guard
from unfog.server.keys import Keys

PATIENCE_S = 20.0  # there are no workers: whoever waits for a picture waits for ever
HOST = "127.0.0.1:7860"
KEYS = ("first key, long enough", "second key, long enough")


class Doors:
    """Requests, one after another.

    Args:
        root: the data folder.
        models: what is served.
        keys: API keys; none: no key is needed.
        settings: fields of ``config/server.py``.
    """

    def __init__(self, root: Path, models: tuple[str, ...], *, keys: tuple[str, ...] = (), **settings: Any) -> None:
        self.runner = asyncio.Runner()
        self.keys = Keys(keys)
        self.engine = self.runner.run(self._engine(Server.parse({"models": models, **settings}), root))
        app = create_app(self.engine, self.keys)
        assert isinstance(app, Dialects)
        assert isinstance(app.app, Guard)
        self.guard = app.app
        self.fast: Any = app.app.app
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url=f"http://{HOST}", trust_env=False
        )

    @staticmethod
    async def _engine(settings: Server, root: Path) -> Engine:
        return Engine(settings, root)

    def __call__(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request; ``json`` and ``headers`` as in httpx."""
        return self.runner.run(asyncio.wait_for(self.client.request(method, path, **options), PATIENCE_S))

    def submit(self, owner: str, **fields: Any) -> str:
        """A job that waits."""
        from unfog.config.ask import parse_ask

        ask = parse_ask({"task": "generate", "prompt": "a red circle"} | fields)
        return self.runner.run(self.engine.submit(ask, owner=owner)).id

    def routes(self) -> list[tuple[str, str]]:
        """Method and path of every route there is, with something in place of every parameter."""
        every = [route for router in ROUTERS for route in router.routes]
        every += [route for route in self.fast.routes if isinstance(route, Route)]
        found = dict[tuple[str, str], None]()
        for route in every:
            assert isinstance(route, Route)
            path = re.sub(r"\{\w+\}", "0" * 32, route.path)
            found |= {(method, path): None for method in sorted(route.methods or ()) if method != "HEAD"}
        return list(found)

    def close(self) -> None:
        """Give everything back."""
        self.runner.run(self.client.aclose())
        self.runner.run(self.engine.close())
        self.runner.close()
