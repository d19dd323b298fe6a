"""``unfog generate``: a sentence becomes pictures, each with the recipe that makes it again.

Picture k of a request is the picture of the seed (seed + k) mod 2^64 asked for alone, to the last bit and, as a file,
to the last byte: on a CPU the network is asked for one picture at a time (``tasks/generate.py``), so a picture may as
well be finished and saved before the next is begun. On a GPU they are computed together, as many as fit in
``GPU_PIXELS``, and equal within rounding.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog import __version__
from unfog.config.recipe import Device, ModelName, Recipe
from unfog.config.sample import GenerateRequest
from unfog.jobs.events import Event, Note, Picture, Preview, Progress, Result
from unfog.jobs.layered import Collage, layers_in, paintings, rounds
from unfog.jobs.save import Place, check_writable, save, save_as
from unfog.jobs.settings import check
from unfog.media.animation import beside, encode_gif
from unfog.media.recipe import picture_file, recipe_text
from unfog.model.locate import Found
from unfog.model.model import Model
from unfog.model.store import load_model, load_upscaler
from unfog.nets.upscaler import Upscaler
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally, decode, generate
from unfog.text.prompt import parse, parts_of
from unfog.text.standing import says_standing
from unfog.util.devices import pick_device, steady_threads
from unfog.util.errors import ModelError, UsageError
from unfog.util.random import Draw, Noise, image_seed

GPU_PIXELS = 2**18
MOST_FRAMES = 100  # of an animation, besides the last
NAMED = 6  # words that the model does not know, before "and so many more"
S = TypeVar("S", bound=Step | None)
KINDS: dict[str, Device] = {"cpu": "cpu", "cuda": "cuda", "mps": "mps"}


@dataclass(frozen=True)
class Loaded:
    """A model in memory and where it came from."""

    found: Found
    model: Model
    upscaler: Upscaler | None = None


def open_model(found: Found, device: str | None = None) -> Loaded:
    """Load a model onto a device (``None``: the fastest), every file checked by its sha256.

    Raises:
        ModelError: damaged files. UsageError: no such device.
    """
    model = load_model(found.folder, device=pick_device(device))
    return Loaded(found, model, load_upscaler(found.folder, found.manifest))


def generate_job(
    request: GenerateRequest,
    source: Found | Loaded,
    *,
    out: Place | None = None,
    trajectory: Path | None = None,
    previews: bool = False,
    device: str | None = None,
) -> Iterator[Event]:
    """Make the pictures of a request.

    Args:
        request: complete (see ``settings.settle``).
        source: the model, found or loaded.
        out: where to write the pictures; ``None``: nowhere.
        trajectory: animation of the first picture's way out of the noise (.gif).
        previews: also yield the clean estimate of every step.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        UsageError: the model cannot do this; before any work.
        DiskError: a file cannot be written; those yielded before are complete.
    """
    begin, found = time.perf_counter(), source if isinstance(source, Found) else source.found
    check(found.manifest, request)
    check_trajectory(trajectory, request)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    model = loaded.model
    layout = layers_in(request)
    told = [*notes(model, prompts_of(request), request.negative, layered=layout is not None), *layer_notes(request)]
    yield from told
    canvas, size = sizes_of(model, request)
    seeds, steps = [image_seed(request.seed, k) for k in range(request.n)], request.sample.steps * rounds(request)
    paths, frames, nfe, done, tally = list[str](), list[Tensor](), 0, 0, Tally()
    collage = None if layout is None else Collage(model, request, layout, canvas, tally)
    for chunk in chunks(seeds, model.device, canvas[0] * canvas[1], alone=layout is not None):
        tally.rows, x = 0, torch.empty(0)
        drawn = drawing(model, request, chunk, canvas, tally) if collage is None else collage.drawing(chunk[0])
        run = finite(drawn, found.name)
        if trajectory is not None and done == 0:
            run = filmed(run, model, request.seed, request.sample.steps, frames, canvas)
        for at, step in enumerate(run, start=1):
            x = step.x
            yield Progress(done * steps + at * len(chunk), request.n * steps, f"{done} of {request.n} pictures")
            if previews:
                yield Preview(decode(model, step.x0, canvas=canvas) if collage is None else collage.preview())
        nfe = tally.rows // len(chunk)
        made = as_asked(loaded, x, request) if collage is None else collage.both(size, loaded.upscaler)
        for seed, painted, picture in zip(chunk, *made, strict=True):
            recipe = recipe_for(request, seed, (canvas, size), nfe, found, model.device)
            path = None
            if out is not None:
                path = save(picture_file(picture, recipe), out, prompt=request.prompt, seed=seed)
                paths.append(str(path))
            if trajectory is not None and done == 0:
                last = beside(*[decode(model, x[:1], canvas=canvas)[0]] * 2)
                trajectory = save_as(encode_gif([*frames, last], comment=recipe_text(recipe)), trajectory)
            done += 1
            yield Picture(picture, painted, recipe, path)
    yield Result(
        {
            "files": paths,
            "seeds": seeds,
            "model": {"name": found.name, "sha256": found.id},
            "nfe": nfe,
            "notes": [note.message for note in told],
            "seconds": round(time.perf_counter() - begin, 3),
        }
        | ({} if trajectory is None else {"trajectory": str(trajectory)})
    )


def drawing(
    model: Model, request: GenerateRequest, seeds: Sequence[int], canvas: tuple[int, int], tally: Tally
) -> Iterator[Step]:
    """The steps of some pictures of a request."""
    return generate(
        model,
        parse(request.prompt),
        seeds,
        request.sample,
        negative=request.negative,
        size=canvas,
        tally=tally,
        layout=request.layout,
    )


def as_asked(
    loaded: Loaded, x: Tensor, request: GenerateRequest
) -> tuple[UInt8[Tensor, "b c h w"], UInt8[Tensor, "b c _h _w"]]:
    """Finished pictures of a request as painted, and at its size."""
    canvas, size = sizes_of(loaded.model, request)
    tile = request.layout is not None and request.layout.tile
    return both(loaded, x, canvas, size, transparent=request.transparent, tile=tile)


def check_trajectory(path: Path | None, request: GenerateRequest) -> None:
    """Raises UsageError or DiskError unless an animation can be written there, if one is asked for."""
    if path is None:
        return
    if layers_in(request) is not None:
        raise UsageError("a trajectory is the way of one painting, and layers are several: add --whole")
    if path.suffix.lower() != ".gif":
        raise UsageError(f"a trajectory is an animated GIF: use --trajectory {path.with_suffix('.gif')}")
    check_writable(path.parent)


def prompts_of(request: GenerateRequest) -> list[str]:
    """All texts that a person wrote to say what is shown."""
    return (
        [request.prompt, *(region.prompt for region in request.layout.regions)] if request.layout else [request.prompt]
    )


def sizes_of(model: Model, request: GenerateRequest) -> tuple[tuple[int, int], tuple[int, int]]:
    """What is painted and how large it is in the end, (width, height) each."""
    canvas = request.canvas or (model.config.picture.size, model.config.picture.size)
    return canvas, request.size or canvas


def both(
    loaded: Loaded, x: Tensor, canvas: tuple[int, int], size: tuple[int, int], *, transparent: bool, tile: bool = False
) -> tuple[UInt8[Tensor, "b c h w"], UInt8[Tensor, "b c _h _w"]]:
    """Finished pictures as painted, on ``canvas``, and at ``size``."""
    painted = decode(loaded.model, x, transparent=transparent, canvas=canvas, tile=tile)
    if size == (painted.shape[3], painted.shape[2]):
        return painted, painted
    large = decode(
        loaded.model, x, transparent=transparent, canvas=canvas, size=size, upscaler=loaded.upscaler, tile=tile
    )
    return painted, large


def chunks(seeds: Sequence[int], device: torch.device, area: int, *, alone: bool = False) -> Iterator[Sequence[int]]:
    """The seeds that are computed together; ``area`` is the pixels of one picture. See the module docstring."""
    together = 1 if alone or device.type == "cpu" else max(1, GPU_PIXELS // area)
    for first in range(0, len(seeds), together):
        yield seeds[first : first + together]


def notes(model: Model, prompts: Sequence[str], negative: str, *, layered: bool = False) -> Iterator[Note]:
    """What of the text the model will not see, reads otherwise (``text/reading.py``), or was never shown.

    How things stand to each other need not be known where they are painted one by one (``layered``).
    """
    parts = [part.text for text in prompts for part in parts_of(parse(text))]
    for which, text in (*(("prompt", text) for text in parts), ("negative prompt", negative)):
        if lost := model.tokenizer.truncated(text if model.reading is None else model.reading(text)):
            yield Note(f"the {which} is longer than this model reads; ignored from {lost[:60]!r} on")
    if model.reading is None:
        return
    mistakes, unknown = model.reading.remarks(", ".join([*parts, negative]))
    unknown = [one for one in unknown if not (layered and says_standing(one.text))]
    for one in (*mistakes[:NAMED], *unknown[:NAMED]):
        yield Note(str(one))
    if more := [one.text for one in unknown[NAMED:]]:
        yield Note(f"nor are {len(more)} more: {', '.join(more)[:60]!r}")


def layer_notes(request: GenerateRequest) -> Iterator[Note]:
    """That a picture is painted as layers, and as which."""
    if (layout := layers_in(request)) is None or paintings(request) == 1:
        return
    named = [f"{layer.copies} x {layer.prompt}" if layer.copies > 1 else layer.prompt for layer in layout.layers]
    named += [layout.ground] if layout.ground else []
    yield Note(f"painted one by one, then put together: {'; '.join(named)}")


def recipe_for(
    request: GenerateRequest,
    seed: int,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    nfe: int,
    found: Found,
    device: torch.device,
) -> Recipe:
    """All that is needed to make this one picture again; ``sizes`` are those of canvas and picture."""
    return Recipe(
        prompt=request.prompt,
        negative=request.negative,
        seed=seed,
        size=sizes[1],
        canvas=sizes[0],
        transparent=request.transparent,
        layout=request.layout,
        sample=request.sample,
        nfe=nfe,
        **made_with(found, device),
    )


def made_with(found: Found, device: torch.device) -> dict[str, Any]:
    """What every recipe says of model, program and machine."""
    threads = steady_threads() if device.type == "cpu" else None
    return {
        "model": ModelName(name=found.name, sha256=found.id),
        "unfog": __version__,
        "device": KINDS[device.type],
        "threads": threads,
        "promise": "L1" if threads is None else "L3",
    }


def finite(run: Iterator[S], name: str) -> Iterator[S]:
    """The same steps, up to one that is no picture any more; ``None`` is a part of one.

    Raises:
        ModelError: there is one.
    """
    for step in run:
        if step is not None and not torch.isfinite(step.x).all():
            raise ModelError(f"the model {name} gave numbers that are not finite; lower --guidance, or use another")
        yield step


def filmed(
    run: Iterator[Step],
    model: Model,
    seed: int,
    steps: int,
    frames: list[UInt8[Tensor, "c h w"]],
    canvas: tuple[int, int],
) -> Iterator[Step]:
    """The same steps; a frame of the first picture for each (at most ``MOST_FRAMES`` in all) goes to ``frames``.

    Left the noisy x_t, scaled to unit variance, right the estimate of x0 that is made from it.
    """
    process, state = model.denoiser.process, torch.empty(0)
    for k, step in enumerate(run):
        if k == 0:
            state = Noise((seed,), tuple(step.x.shape[1:]), device=model.device)(0, Draw.INITIAL)
        if k * MOST_FRAMES // steps > (k - 1) * MOST_FRAMES // steps:
            frames.append(beside(*(decode(model, each, canvas=canvas)[0] for each in (state, step.x0[:1]))))
        s = torch.tensor([step.s], dtype=torch.float64)
        state = step.x[:1] / torch.sqrt(process.alpha(s) ** 2 + process.sigma(s) ** 2).item()
        yield step
