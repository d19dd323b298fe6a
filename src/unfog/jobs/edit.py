"""Pictures made from another, from ``unfog edit`` to ``unfog upscale``, each with its recipe.

A picture of any size is worked on at the size of the model and led back (``tasks/frame.py``); what a mask protects is
the picture itself, bit for bit. Variant k has the seed (seed + k) mod 2^64, and equals that seed asked for alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch

from unfog.config.edit import Denoise, EditRequest, Img2Img, Inversion, Restyle, Upscale, Way
from unfog.config.recipe import EditRecipe, Role
from unfog.core.strength import steps_of
from unfog.jobs.edit_settings import check_edit
from unfog.jobs.edit_ways import work_of
from unfog.jobs.edit_work import Inputs, Work
from unfog.jobs.events import Event, Note, Picture, Preview, Progress, Result
from unfog.jobs.generate import Loaded, finite, made_with, notes, open_model
from unfog.jobs.save import Place, save, save_as
from unfog.media.alpha import over
from unfog.media.image import to_uint8
from unfog.media.mask import sha256_of
from unfog.media.png import encode
from unfog.media.recipe import picture_file
from unfog.model.locate import Found
from unfog.model.model import Model
from unfog.tasks.denoise import uncertainty as spread_of
from unfog.tasks.generate import Tally, decode
from unfog.tasks.insert import inserted
from unfog.util.random import image_seed

NOTED = 1.05  # times enlarged from where on it is said


def edit_job(
    request: EditRequest,
    inputs: Inputs,
    source: Found | Loaded,
    *,
    out: Place | None = None,
    uncertainty: Path | None = None,
    previews: bool = False,
    device: str | None = None,
) -> Iterator[Event]:
    """Make the pictures of a request.

    Args:
        request: complete (see ``edit_settings.edit_request_for``).
        inputs: the picture that is changed, with mask and style picture where the way takes them.
        source: the model, found or loaded.
        out: where to write the pictures; ``None``: nowhere.
        uncertainty: where to write a map of where samples of a denoised picture differ (.png).
        previews: also yield the clean estimate of every step.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        UsageError: the model cannot do this, or an input is missing or does not belong; before any work.
        DiskError: a file cannot be written; those yielded before are complete.
    """
    begin, found = time.perf_counter(), source if isinstance(source, Found) else source.found
    check_edit(found.manifest, request, inputs)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    model, tally, told = loaded.model, Tally(), list[str]()
    work = work_of(loaded, request, inputs, tally)
    for note in (*notes(model, [request.prompt], request.negative), *where(work)):
        told.append(note.message)
        yield note
    seeds, paths, drawn = [image_seed(request.seed, k) for k in range(request.n)], list[str](), list[torch.Tensor]()
    steps, nfe, decibels, whole = 0, 0, None, work.parts * steps_made(request.way, request.sample.steps)
    for done, seed in enumerate(seeds):
        steps, x = 0, None
        for part, step in enumerate(finite(work.run(seed), found.name), start=done * whole + 1):
            yield Progress(part, request.n * whole, f"{done} of {request.n} pictures")
            if step is None:
                continue
            x, steps = step.x, steps + 1
            if previews:
                yield Preview(small(model, work, step.x0))
        drawn += [] if uncertainty is None or x is None else [x]
        picture = finished(loaded, work, x)
        nfe, tally.rows = tally.rows, 0
        recipe = recipe_for(request, inputs, seed, work, steps, nfe, found, model.device)
        path = None if out is None else written(picture, recipe, work, out)
        paths += [] if path is None else [str(path)]
        painted = work.frame.cut(work.original.pixels) if x is None else small(model, work, x)[0]
        yield Picture(picture, painted, recipe, path, work.original.profile)
    if work.back is not None:
        decibels = round(work.back(), 2)
        told.append(f"inverted; without any change it comes back with a PSNR of {decibels:.1f} dB")
        yield Note(told[-1])
    if uncertainty is not None:
        yield map_of(drawn, uncertainty)
    yield Result(
        {
            "files": paths,
            "seeds": seeds,
            "model": {"name": found.name, "sha256": found.id},
            "steps": steps,
            "nfe": nfe,
            "notes": told,
            "seconds": round(time.perf_counter() - begin, 3),
        }
        | ({} if decibels is None else {"reconstruction_db": decibels})
    )


def written(picture: torch.Tensor, recipe: EditRecipe, work: Work, out: Place) -> Path:
    """The file of a picture."""
    data = picture_file(picture, recipe, work.original.profile)
    return save(data, out, prompt=recipe.prompt or recipe.way.kind, seed=recipe.seed)


def map_of(samples: list[torch.Tensor], path: Path) -> Note:
    """Write where samples of a denoised picture differ, and say what its white is."""
    spread = spread_of(torch.cat(samples))
    most = max(spread.max().item(), 1e-6)
    written = save_as(encode((255 * spread / most).round().to(torch.uint8)), path)
    return Note(f"{written}: white is a deviation of {most:.1f} of 255 between the samples, black none")


def small(model: Model, work: Work, x: torch.Tensor) -> torch.Tensor:
    """A state as it is painted, before it is enlarged and laid into the picture."""
    if not work.pixels:
        return decode(model, x, canvas=work.frame.canvas)
    return to_uint8(over(x) if x.shape[1] == 4 else x).cpu()


def steps_made(way: Way, steps: int) -> int:
    """The steps that are made for one picture, of ``steps`` that the whole way has."""
    match way:
        case Denoise(sampled=False) | Upscale():
            return 1
        case Inversion():
            return 3 * steps  # there, back, and anew
        case _:
            return steps_of(walked(way), steps)


def walked(way: Way) -> float:
    """How much of the way from noise is walked."""
    match way:
        case Img2Img(strength=strength):
            return strength
        case Restyle(keep=keep):
            return 1 - keep
        case _:
            return 1.0


def where(work: Work) -> Iterator[Note]:
    """What was painted small and enlarged."""
    (width, height), frame = work.frame.canvas, work.frame
    if frame.enlarged > NOTED:
        part = "" if (frame.width, frame.height) == work.original.size else f", {frame.width}x{frame.height} of it"
        yield Note(f"painted at {width}x{height} pixels, enlarged {frame.enlarged:.1f} times{part}")


def finished(loaded: Loaded, work: Work, x: torch.Tensor | None) -> torch.Tensor:
    """The picture with what was painted in it; as it is, if no step was made."""
    if x is None:
        return work.original.pixels
    width, height = work.frame.canvas
    decoded = x if work.pixels else loaded.model.codec.decode(x)[..., :height, :width]
    painted = decoded.float().cpu().clamp(-1, 1)
    return inserted(painted, work.original.pixels, work.frame, work.mask, loaded.upscaler)


def recipe_for(
    request: EditRequest,
    inputs: Inputs,
    seed: int,
    work: Work,
    steps: int,
    nfe: int,
    found: Found,
    device: torch.device,
) -> EditRecipe:
    """All that is needed to make this one picture again, beside the pictures it names."""
    went: dict[Role, str] = {"picture": inputs.picture.sha256}
    if inputs.mask is not None:
        went["mask"] = sha256_of(inputs.mask)
    if inputs.style is not None:
        went["style"] = inputs.style.sha256
    if inputs.kernel is not None:
        went["kernel"] = sha256_of(inputs.kernel)
    return EditRecipe(
        prompt=request.prompt,
        negative=request.negative,
        seed=seed,
        way=request.way,
        inputs=went,
        size=work.original.size,
        canvas=work.frame.canvas,
        sample=request.sample,
        steps=steps,
        nfe=nfe,
        **made_with(found, device),
    )
