"""A job as a stream of OpenAI's events: unfinished pictures, finished ones, ``[DONE]``; or an error, and no more."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator

from unfog.server.drawn import Drawn
from unfog.server.engine import Engine
from unfog.server.following import FailedError, cancel, follow, pinged
from unfog.server.openai_answers import DONE, Kind, completed_event, moments, partial_event, sse
from unfog.server.openai_fields import Fields
from unfog.server.openai_route import refusal
from unfog.server.sse import PING
from unfog.server.states import NotFoundError
from unfog.util.errors import UnfogError


class Partials:
    """When an unfinished picture is shown, and which number it has.

    Args:
        each: how many of every picture.
        pictures: of the request.
    """

    def __init__(self, each: int, pictures: int) -> None:
        self.each, self.pictures = each, pictures
        self.plan = list[int]()
        self.step = self.shown = 0
        self.sent = dict[int, int]()
        """How many of a picture were shown, by the place of the picture."""

    def advance(self, i: int, n: int) -> None:
        """Step ``i`` of ``n`` of the whole job."""
        self.step = i
        if not self.plan and self.each:
            self.plan = moments(self.each, self.pictures, n)

    def due(self) -> int | None:
        """The number of what is to be shown now, if it is time: 0 is the first of its picture that is shown at all."""
        passed = sum(at <= self.step for at in self.plan)
        if passed <= self.shown:
            return None
        self.shown = passed
        picture = (passed - 1) // self.each
        number = self.sent.get(picture, 0)
        self.sent[picture] = number + 1
        return number

    def finish(self, pictures: int) -> None:
        """So many pictures are finished, and will not be shown unfinished any more."""
        self.shown = max(self.shown, pictures * self.each)


async def stream(
    engine: Engine,
    owner: str,
    job: str,
    kind: Kind,
    fields: Fields,
    size: tuple[int, int] | None,
    *,
    ends_with_client: bool,
) -> AsyncIterator[bytes]:
    """The events of a job; ``size`` is that of the finished pictures, if it is known."""
    partials, finished, ended = Partials(fields.partial_images, fields.n), 0, False
    try:
        async for event in pinged(follow(engine, job, owner)):
            if event is None:
                yield PING
                continue
            match event.type:
                case "step":
                    partials.advance(event.data["i"], event.data["n"])
                case "preview" if (index := partials.due()) is not None:
                    preview, now = base64.b64decode(event.data["b64"]), int(time.time())
                    yield await asyncio.to_thread(partial_event, kind, preview, size, fields, index=index, at=now)
                case "image":
                    png = await engine.picture(event.data["id"], owner)
                    drawn, now = Drawn(png, int(event.data["seed"])), int(time.time())
                    yield await asyncio.to_thread(completed_event, kind, drawn, fields, at=now)
                    partials.finish(finished := finished + 1)
                case _:
                    pass
        ended = True
        yield DONE
    except (FailedError, UnfogError, NotFoundError) as error:
        ended = True
        yield sse(refusal(error).body)
    finally:
        if not ended and ends_with_client:
            await asyncio.shield(asyncio.ensure_future(cancel(engine, job, owner)))
