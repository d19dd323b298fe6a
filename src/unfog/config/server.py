"""How a server is run, and what one request may cost at most. Times are in seconds, sizes in bytes or pixels."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from unfog.config.base import Config

Seconds = Annotated[float, Field(gt=0, le=10**9)]
Count = Annotated[int, Field(ge=1, le=10**9)]


class Limits(Config):
    """What is refused before any work."""

    n: Annotated[int, Field(ge=1, le=16)] = 16
    """Pictures of one request."""
    steps: Annotated[int, Field(ge=1, le=1000)] = 250
    side: Annotated[int, Field(ge=8, le=4096)] = 2048
    """Pixels of the longer side of a finished picture."""
    pixels: Count = 16_000_000
    """Of an uploaded picture, and of what comes out of one."""
    upload_bytes: Count = 32 * 2**20
    json_bytes: Count = 2 * 2**20
    prompt: Annotated[int, Field(ge=1, le=4096)] = 4096
    """Characters of one text."""
    frames: Annotated[int, Field(ge=2, le=60)] = 60
    job_s: Seconds = 1800.0
    """Estimated computing time of one job that draws."""
    files: Count = 2000
    """Uploads kept for each owner; the oldest go first."""


class Engine(Config):
    """How jobs are run."""

    queue: Count = 64
    """Jobs that wait at most, of all owners together."""
    queue_s: Seconds = 900.0
    """Estimated wait beyond which nothing more is taken."""
    wait_s: Seconds = 3600.0
    """A job that has waited longer is given up (``expired``)."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Jobs of one device that are advanced in turn, step by step."""
    loaded: Annotated[int, Field(ge=1, le=64)] = 2
    """Models kept in memory on one device."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 2
    """How often a job is begun whose process dies under it."""
    stuck_s: Seconds = 60.0
    """Without any progress for so long, for 20 of its usual steps, or for 4 times what the largest step of its jobs
    should take, whichever is longest, a process is taken to hang and is replaced."""
    silent_s: Seconds = 60.0
    """Without a sign of life for so long, likewise."""
    drain_s: Seconds = 20.0
    """How long running jobs may take to finish when the server is asked to stop."""
    preview_s: Annotated[float, Field(ge=0, le=60)] = 0.15
    """Shortest time between two previews of a job."""
    preview_side: Annotated[int, Field(ge=8, le=1024)] = 512
    history_days: Annotated[float, Field(gt=0, le=36500)] = 30.0
    """Finished jobs are forgotten after so long; pictures stay."""
    trash_days: Annotated[float, Field(gt=0, le=36500)] = 30.0
    """What is in the trash is deleted after so long."""
    keys_s: Seconds = 86400.0
    """How long an idempotency key is remembered."""


class Server(Config):
    """One server."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 7860
    names: tuple[str, ...] = ()
    """Further names by which it may be called (``Host``), besides those of this machine's loopback and ``host``."""
    insecure: bool = False
    """Listen beyond this machine without any key."""
    models: tuple[str, ...] = ()
    """Names or folders of the models that are served, the first by default; none: all installed ones that draw."""
    device: str | None = None
    """One or more with commas, a process for each; none: the fastest, and two processes on a CPU of several threads."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Of the CPU: those of a training, and those that the processes that paint share; none: all cores."""
    roots: tuple[str, ...] = ()
    """Folders whose subfolders may be trained on; none: no training but on ``scenes``."""
    training: bool = True
    refused: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=10_000)] = ()
    """Words and phrases that no prompt may hold (``server/policy.py``); none: everything is drawn."""
    connections: Count = 512
    """Open connections of all clients together."""
    per_address: Count = 256
    """Open connections from one address."""
    request_s: Seconds = 30.0
    """Within which the head of a request, and then its body, must arrive."""
    limits: Limits = Limits()
    engine: Engine = Engine()
