"""What the A1111 surface remembers of each client, and how it has a request made: interrupted, or one picture skipped.

A picture is skipped by ending the job and asking for those after it: picture k of a request is the picture of seed + k
alone, so nothing changes for the others.
"""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from typing import Any

from unfog.config.ask import EditAsk, GenerateAsk
from unfog.server.a1111_answers import Asked, interrupted
from unfog.server.a1111_lists import Served
from unfog.server.a1111_tasks import Task, Tasks
from unfog.server.drawn import Drawn
from unfog.server.engine import Engine
from unfog.server.following import FailedError, cancel, follow
from unfog.server.states import JobEvent
from unfog.util.random import image_seed


@dataclass
class Desk:
    """Tasks of all clients, and the options of each."""

    tasks: Tasks = field(default_factory=Tasks)
    options: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


def served_to(engine: Engine, owner: str) -> list[Served]:
    """The models of this server, its default one first."""
    known = engine.catalogue.of(owner)
    first = {engine.catalogue.default: engine.catalogue.models[engine.catalogue.default]}
    return [Served(name, found.id) for name, found in {**first, **known}.items()]


async def run(engine: Engine, task: Task, ask: GenerateAsk | EditAsk, asked: Asked) -> list[Drawn]:
    """The pictures of a request, in order; of one that is interrupted or skipped, how it was.

    Args:
        ask: with a seed.
        asked: what is said of a picture that is not finished.

    Raises:
        FailedError: the job failed. FullError, UsageError: it is not taken.
    """
    drawn, first = list[Drawn](), ask.seed or 0
    while task.done < task.pictures:
        rest = {"seed": image_seed(first, task.done), "n": task.pictures - task.done}
        state = await engine.submit(ask.model_copy(update=rest), owner=task.owner)
        task.job = state.id
        if task.stop is not None:  # while it was submitted
            await cancel(engine, state.id, task.owner)
        try:
            async for event in follow(engine, state.id, task.owner):
                if event.type == "image":
                    png = await engine.picture(event.data["id"], task.owner)
                    drawn.append(Drawn(png, int(event.data["seed"])))
                look(task, event)
        except FailedError as error:
            if error.code != "cancelled":
                raise
        else:
            return drawn
        seed = image_seed(first, task.done)
        if task.preview is not None and task.done < task.pictures:
            drawn.append(Drawn(await asyncio.to_thread(interrupted, asked, task.preview, seed), seed))
        if task.stop != "skip":
            return drawn
        task.stop = None
        task.finish_picture()
    return drawn


def look(task: Task, event: JobEvent) -> None:
    """What an event says of how far it is."""
    match event.type:
        case "started":
            task.running = True
            task.begun_at = time.monotonic() if task.begun_at is None else task.begun_at
        case "step":
            task.advance(event.data["i"], event.data["n"], event.data.get("message"))
        case "preview":
            task.show(base64.b64decode(event.data["b64"]))
        case "image":
            task.finish_picture()
        case _:
            pass
