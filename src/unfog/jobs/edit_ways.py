"""What each way of changing a picture does: where it is worked on, and the steps that are made there."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.config.edit import Denoise, EditRequest, Img2Img, Inpaint, Inversion, Restore, Restyle, Upscale
from unfog.evaluate.psnr import psnr
from unfog.jobs.edit_work import Inputs, Work
from unfog.jobs.generate import Loaded
from unfog.jobs.mend_ways import mending
from unfog.media.mask import box_mask, feathered
from unfog.media.original import Original
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.frame import Frame, around, frame_of, seen, shrunk, shrunk_beside
from unfog.tasks.generate import Tally
from unfog.tasks.img2img import img2img
from unfog.tasks.inpaint import inpaint
from unfog.tasks.insert import seam_of
from unfog.tasks.invert import inverted, redrawn
from unfog.tasks.restyle import restyle
from unfog.tasks.wherever import wherever
from unfog.text.prompt import parse


def work_of(loaded: Loaded, request: EditRequest, inputs: Inputs, tally: Tally) -> Work:
    """What is to be done, for a request that the model can fulfil.

    Raises:
        UsageError: a picture that is too long and narrow, a box outside of it, words that act nowhere.
    """
    model = loaded.model
    picture, trained, channels = inputs.picture, model.config.picture.size, model.config.picture.channels
    prompt, sample, negative = parse(request.prompt), request.sample, request.negative
    if isinstance(request.way, Inpaint):
        return painting(loaded, request, request.way, inputs, tally)
    if isinstance(request.way, Denoise | Restore | Upscale):
        return mending(model, request, request.way, inputs, tally)
    frame = frame_of(*picture.size, trained)
    x = shrunk(seen(picture.pixels, channels), frame.canvas)
    match request.way:
        case Img2Img(strength=strength):

            def run(seed: int) -> Iterator[Step]:
                yield from img2img(model, x, prompt, [seed], sample, strength=strength, negative=negative, tally=tally)

        case Inversion() as way:
            return inverting(model, request, way, picture, frame, tally)
        case Restyle(keep=keep, colours=colours):
            style = None if inputs.style is None else style_of(inputs.style, channels, trained)

            def run(seed: int) -> Iterator[Step]:
                yield from restyle(
                    model,
                    x,
                    style,
                    prompt,
                    [seed],
                    sample,
                    keep=keep,
                    colours=colours,
                    negative=negative,
                    tally=tally,
                )

    return Work(picture, frame, None, run)


def inverting(
    model: Model, request: EditRequest, way: Inversion, picture: Original, frame: Frame, tally: Tally
) -> Work:
    """Through the noise that the picture would come from: there, back without any change to see how well, and anew."""
    x = shrunk(seen(picture.pixels, model.config.picture.channels), frame.canvas)
    apart = list[float]()

    def run(_seed: int) -> Iterator[Step | None]:
        def redraw(prompt: str) -> Iterator[Step]:
            return redrawn(
                model, states, way.was, prompt, request.sample, words=way.words, layout=way.layout, tally=tally
            )

        states, back = list[Step](), x
        for step in inverted(model, x, way.was, request.sample, tally):
            states.append(step)
            yield None
        for step in redraw(way.was):
            back = step.x
            yield None
        missed = model.codec.decode(back).clamp(-1, 1) - coded
        apart.append(psnr(missed.square().mean().item()))
        yield from redraw(request.prompt)

    coded = model.codec.decode(model.encode(x.to(model.device))).clamp(-1, 1)
    return Work(picture, frame, None, run, lambda: apart[-1])


def painting(loaded: Loaded, request: EditRequest, way: Inpaint, inputs: Inputs, tally: Tally) -> Work:
    """Painting a part of a picture, or what lies round it."""
    model = loaded.model
    picture, channels, method = inputs.picture, model.config.picture.channels, way.method
    assert method != "auto"
    mask = inputs.mask
    if way.margins is not None:
        picture, mask = extended(picture, way.margins)
    elif way.box is not None:
        mask = box_mask(way.box, picture.size)
    elif way.words is not None:
        mask = wherever(model, seen(picture.pixels, channels), way.words)
    assert mask is not None
    mask = feathered(mask, way.feather)
    frame = around(mask, model.config.picture.size, crop=False if way.margins is not None else way.crop)
    x, small = shrunk_beside(frame.cut(seen(picture.pixels, channels)), frame.cut(mask)[None, None], frame.canvas)

    def run(seed: int) -> Iterator[Step]:
        yield from inpaint(
            model,
            x,
            small,
            parse(request.prompt),
            [seed],
            request.sample,
            method=method,
            tries=way.tries,
            seam=lambda painted: seam_of(painted, picture.pixels, frame, mask, loaded.upscaler),
            negative=request.negative,
            tally=tally,
        )

    return Work(picture, frame, mask, run)


def extended(picture: Original, margins: tuple[int, int, int, int]) -> tuple[Original, Float[Tensor, "h w"]]:
    """A picture with its edges continued on the left, at the top, right and bottom, and a mask of what was added."""
    left, top, right, bottom = margins
    sides = (left, right, top, bottom)
    pixels = F.pad(picture.pixels[None].float(), sides, mode="replicate")[0].to(torch.uint8)
    mask = F.pad(torch.zeros(picture.size[1], picture.size[0]), sides, value=1.0)
    return Original(pixels, picture.profile), mask


def style_of(style: Original, channels: int, side: int) -> Float[Tensor, "1 c side side"]:
    """A style picture as a model looks at it: the whole of it, square."""
    return shrunk(seen(style.pixels, channels), (side, side))
