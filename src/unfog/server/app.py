"""The application: all routes behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from unfog import __version__
from unfog.server import (
    a1111,
    a1111_extras,
    a1111_listing,
    openai,
    routes_files,
    routes_gallery,
    routes_health,
    routes_jobs,
    routes_models,
    routes_studio,
    routes_training,
)
from unfog.server.a1111_desk import Desk
from unfog.server.answers import add_handlers
from unfog.server.dialects import Dialects
from unfog.server.document import describe
from unfog.server.engine import Engine
from unfog.server.guard import Guard
from unfog.server.keys import Keys

ROUTERS = (
    routes_health.router,
    routes_models.router,
    routes_jobs.router,
    routes_gallery.router,
    routes_files.router,
    routes_training.router,
    routes_studio.router,
    openai.router,
    a1111.router,
    a1111_extras.router,
    a1111_listing.router,  # its last routes take whatever is left
)


def create_app(engine: Engine, keys: Keys) -> ASGIApp:
    """Everything that answers, for an engine that is started and closed with it."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await engine.start()
        try:
            yield
        finally:
            await engine.drain()
            await engine.close()

    app = FastAPI(
        title="unfog",
        version=__version__,
        lifespan=life,
        docs_url=None,  # they load scripts from other hosts
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.engine, app.state.keys, app.state.a1111 = engine, keys, Desk()
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: describe(app)
    add_handlers(app)
    return Dialects(Guard(app, keys, engine.settings))
