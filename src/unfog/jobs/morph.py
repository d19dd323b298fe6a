"""``unfog morph``: one prompt turns into another, as an animated GIF or as a strip of pictures (PNG)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.manifest import Manifest
from unfog.config.sample import GenerateRequest, MorphRequest
from unfog.jobs.events import Event, Preview, Progress, Result
from unfog.jobs.generate import Loaded, finite, notes, open_model
from unfog.jobs.save import check_writable, save_as
from unfog.jobs.settings import Chosen, check, request_for
from unfog.media.animation import encode_gif, there_and_back
from unfog.media.png import encode
from unfog.model.locate import Found
from unfog.tasks.generate import Tally, decode
from unfog.tasks.interpolate import interpolate
from unfog.text.prompt import parse
from unfog.util.errors import UsageError
from unfog.util.files import canonical_json

LONGEST = {".gif": 256, ".png": 128}  # longer side of a frame if nobody says, by what is written
END_MS, BETWEEN_MS = 700, 90  # how long the two ends and the others are shown


def check_target(path: Path) -> None:
    """Raises UsageError or DiskError unless a morph can be written there."""
    if path.suffix.lower() not in LONGEST:
        raise UsageError(f"a morph is an animated GIF or a PNG strip: use -o {path.with_suffix('.gif')}")
    check_writable(path.parent)


def morph_request_for(
    manifest: Manifest,
    prompts: tuple[str, str],
    chosen: Chosen,
    *,
    suffix: str,
    seeds: tuple[int, int] = (0, 0),
    frames: int = 16,
    negative: str = "",
    size: tuple[int, int] | None = None,
    canvas: tuple[int, int] | None = None,
) -> MorphRequest:
    """A complete request that this model can fulfil.

    Args:
        suffix: of the file, .gif or .png.
        seeds: of both ends; other arguments as of ``request_for``.

    Raises:
        UsageError: as ``request_for``, for either end, or ``frames`` out of bounds.
    """
    ends = [
        request_for(
            manifest,
            prompt,
            chosen,
            negative=negative,
            size=size,
            canvas=canvas,
            longest=LONGEST[suffix],
        )
        for prompt in prompts
    ]
    fields = ends[0].model_dump(mode="json", include={"negative", "canvas", "size", "sample"})
    return MorphRequest.parse(fields | {"prompts": prompts, "seeds": seeds, "frames": frames})


def morph_job(
    request: MorphRequest, source: Found | Loaded, *, out: Path, previews: bool = False, device: str | None = None
) -> Iterator[Event]:
    """Make the pictures on the way and write them into ``out``.

    Args:
        request: complete.
        source: the model, found or loaded.
        out: .gif, which goes there and back without end, or .png, all frames side by side; as of ``save``.
        previews: also yield every finished frame.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        UsageError: the model cannot do this, or ``out`` has another ending; before any work.
        DiskError: the file cannot be written.
    """
    begin = time.perf_counter()
    found = source if isinstance(source, Found) else source.found
    check_target(out)
    ends = [end_of(request, k) for k in range(2)]
    for end in ends:
        check(found.manifest, end)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    for end in ends:
        yield from notes(loaded.model, [end.prompt], end.negative)
    prompts = (parse(request.prompts[0]), parse(request.prompts[1]))
    frames, tally, steps = list[UInt8[Tensor, "c h w"]](), Tally(), request.sample.steps
    for k in range(request.frames):
        share, x = k / (request.frames - 1), torch.empty(0)
        run = interpolate(
            loaded.model,
            prompts,
            request.seeds,
            share,
            request.sample,
            negative=request.negative,
            size=request.canvas,
            tally=tally,
        )
        for step in finite(run, found.name):
            x = step.x
            yield Progress(k * steps + step.index + 1, request.frames * steps, f"{k} of {request.frames} frames")
        frames.append(decode(loaded.model, x, canvas=request.canvas, size=request.size, upscaler=loaded.upscaler)[0])
        if previews:
            yield Preview(decode(loaded.model, x, canvas=request.canvas))
    path = save_as(encoded(frames, out.suffix.lower(), described(request, found)), out)
    yield Result(
        {
            "files": [str(path)],
            "frames": request.frames,
            "seeds": list(request.seeds),
            "model": {"name": found.name, "sha256": found.id},
            "nfe": tally.rows,
            "seconds": round(time.perf_counter() - begin, 3),
        }
    )


def end_of(request: MorphRequest, k: int) -> GenerateRequest:
    """The picture at one end as a request of its own."""
    return GenerateRequest(
        prompt=request.prompts[k],
        negative=request.negative,
        seed=request.seeds[k],
        canvas=request.canvas,
        size=request.size,
        sample=request.sample,
    )


def encoded(frames: list[UInt8[Tensor, "c h w"]], suffix: str, comment: str) -> bytes:
    """The file of a morph: a GIF that goes there and back, or all frames side by side."""
    if suffix == ".png":
        return encode(torch.cat(frames, dim=2), {"Description": comment})
    order, last = there_and_back(len(frames)), len(frames) - 1
    shown = [END_MS if k in (0, last) else BETWEEN_MS for k in order]
    return encode_gif([frames[k] for k in order], comment=comment, shown_ms=shown)


def described(request: MorphRequest, found: Found) -> str:
    """What the file says about itself: the request and the model, as canonical JSON."""
    model = {"name": found.name, "sha256": found.id}
    return canonical_json({"task": "morph", **request.model_dump(mode="json"), "model": model})
