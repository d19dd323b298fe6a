"""A route of our own surface: what stands in its address and is not asked for there is refused, not passed over."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

SHOWN = 40  # characters of a name that nobody knows


class NativeRoute(APIRoute):
    """See the module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner, known = super().get_route_handler(), [one.alias for one in self.dependant.query_params]

        async def handler(request: Request) -> Response:
            check(request, known)
            return await inner(request)

        return handler


def check(request: Request, known: list[str]) -> None:
    """Raises UsageError for a parameter of the address that is not known, or is there twice."""
    for name in (names := [name for name, _ in request.query_params.multi_items()]):
        if name not in known:
            raise UsageError(unknown("parameter", name[:SHOWN], known))
        if names.count(name) > 1:
            raise UsageError(f"the parameter {name!r} is there {names.count(name)} times; say it once")
