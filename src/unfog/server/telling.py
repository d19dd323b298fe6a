"""What a worker tells of the events of a job: the same facts, as JSON and picture files."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.ask import spoken
from unfog.jobs.events import Event, Note, Picture, Preview, Progress, Result
from unfog.media.image import picture_of
from unfog.media.recipe import picture_file
from unfog.server.policy import PolicyError
from unfog.server.tongue import NATIVE
from unfog.util.errors import DataError, DiskError, ModelError, RecipeError, UnfogError, UsageError

LOG = logging.getLogger("unfog.server")
REFUSED = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
)
KEPT = ("seed", "nfe", "seconds", "steps", "frames", "notes", "reconstruction_db", "images", "images_per_second")
SMALL = 96  # sides up to which a preview is sent without loss
PATH = re.compile(r"(?<![\w.])(?:/|[A-Za-z]:\\)[\w.]")
GIVEN = re.compile(r"^[^\s=]{1,120} = .*? is not allowed: ", re.DOTALL)  # the value is theirs
OUT_OF_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


class Says(Protocol):
    """Whatever takes messages."""

    def say(self, what: str, blob: bytes = b"", **facts: Any) -> None: ...


class Teller:
    """Tells the events of one job; remembers how many pictures there were and when the last preview was sent."""

    def __init__(self, job: str, voice: Says, *, preview_s: float, preview_side: int, out: Path) -> None:
        self.job, self.voice, self.out = job, voice, out
        self.preview_s, self.preview_side = preview_s, preview_side
        self.last_preview, self.count = -preview_s, 0

    def tell(self, event: Event) -> None:
        """One event."""
        match event:
            case Note(message):
                self.voice.say("note", job=self.job, message=message)
            case Progress(done, total, message):
                self.voice.say("step", job=self.job, i=done, n=total, message=message)
            case Preview(pixels):
                self.preview(pixels)
            case Picture():
                self.picture(event)
            case Result(payload):
                self.voice.say("done", job=self.job, result=result_of(payload, self.out))

    def preview(self, pixels: UInt8[Tensor, "b c h w"]) -> None:
        """How the first of the pictures looks, if the last preview was not just now."""
        now = time.monotonic()
        if now - self.last_preview < self.preview_s:
            return
        self.last_preview = now
        mime, data = preview_file(pixels[0], self.preview_side)
        self.voice.say("preview", data, job=self.job, mime=mime)

    def picture(self, event: Picture) -> None:
        """A finished picture, unless it is only part of a page."""
        if event.path is not None:
            return
        data = picture_file(event.pixels, event.recipe, event.profile)
        _, height, width = event.pixels.shape
        recipe = json.loads(event.recipe.model_dump_json())
        facts = {"index": self.count, "seed": spoken(event.recipe.seed), "width": width, "height": height}
        sha256 = hashlib.sha256(data).hexdigest()
        self.voice.say("image", data, job=self.job, sha256=sha256, recipe=recipe, **facts)
        self.count += 1

    def fail(self, error: BaseException) -> None:
        """The end of a job that could not be finished."""
        code, message, retryable = reported(error, f"job {self.job}")
        self.voice.say("failed", job=self.job, code=code, message=message, retryable=retryable)


def preview_file(pixels: UInt8[Tensor, "c h w"], side: int) -> tuple[str, bytes]:
    """Type and bytes of a small picture file."""
    shown, out = picture_of(pixels), io.BytesIO()
    if max(shown.size) > side:
        shown.thumbnail((side, side))
    if max(shown.size) <= SMALL:
        shown.save(out, "PNG", compress_level=1)
        return "image/png", out.getvalue()
    shown.convert("RGB").save(out, "JPEG", quality=80)
    return "image/jpeg", out.getvalue()


def result_of(payload: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """What a job found, without any path; ``files`` are the names of what it wrote."""
    kept = {key: payload[key] for key in KEPT if key in payload}
    if "seed" in kept:
        kept["seed"] = spoken(kept["seed"])
    if "seeds" in payload:
        kept["seeds"] = [spoken(seed) for seed in payload["seeds"]]
    if isinstance(payload.get("model"), dict):
        kept["model"] = payload["model"]
    names = sorted(path.name for path in out.iterdir() if path.is_file()) if out.is_dir() else []
    page = {"page": "index.html"} if "index.html" in names else {}
    return kept | {"files": names} | page


def reported(error: BaseException, what: str) -> tuple[str, str, bool]:
    """``problem``; the log has whatever that does not say of why ``what`` failed, and what was refused."""
    if for_strangers(error) is None or isinstance(error, PolicyError):
        trace = None if isinstance(error, UnfogError) else error
        LOG.error("%s failed: %s", what, error, exc_info=trace)
    return problem(error)


def problem(error: BaseException) -> tuple[str, str, bool]:
    """Code, message and whether trying again may help; nothing of this machine is told to a stranger."""
    if (told := for_strangers(error)) is not None:
        return *told, False
    if is_memory(error):
        return "out_of_memory", "out of memory: ask for a smaller canvas or a smaller size", False
    if isinstance(error, DiskError) or is_full(error) or (isinstance(error, OSError) and error.errno is not None):
        return "disk_full", "the server cannot write its files; its owner finds the reason in the log", True
    if isinstance(error, ModelError):
        return "model_error", "the model cannot do this or cannot be loaded; the log of the server says why", False
    if isinstance(error, UnfogError):
        return "invalid_request", "the request cannot be fulfilled; the log of the server says why", False
    return "internal_error", "internal error; the log of the server says more under the id of this job", False


def for_strangers(error: BaseException) -> tuple[str, str] | None:
    """Code and message of an error that tells a stranger what to do otherwise; ``None`` if it is not for them."""
    text = str(error)
    if isinstance(error, PolicyError):
        return "content_policy_violation", text
    if isinstance(error, UsageError | DataError | RecipeError) and not PATH.search(GIVEN.sub("", text)):
        return "invalid_request", NATIVE.says(text)
    return None


def is_full(error: BaseException) -> bool:
    """Whether the disk of the database refuses; what else it complains about is a defect of ours."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_FULL)
    return isinstance(error, sqlite3.OperationalError) and code & 0xFF in REFUSED


def is_memory(error: BaseException) -> bool:
    """Whether there was not enough memory; some of torch's errors say so in their text only."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(part in str(error) for part in OUT_OF_MEMORY)
