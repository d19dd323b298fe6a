"""Denoising, restoring and enlarging: the ways that keep to what a picture shows. They work at its own size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.edit import Denoise, EditRequest, Restore, Upscale
from unfog.core.blur import Blur, gaussian, symmetric
from unfog.core.jpeg import ROUNDING, Jpeg, quality_of
from unfog.core.operator import Downsample, Grey, Known, Operator
from unfog.guidance.windows import count
from unfog.jobs.edit_work import Inputs, Work
from unfog.media.original import Original
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.denoise import UNIT, anywhere, mean_in_parts, overlap, parts, posterior_samples, unclipped
from unfog.tasks.frame import Frame, grown, seen
from unfog.tasks.generate import Tally, times
from unfog.tasks.noise_level import noise_level
from unfog.tasks.restore import DEFAULT, LARGE, MANY, Measurement, restored
from unfog.util.random import Draw, Noise

AMOUNT = {"blur": 2.0, "downsample": 4.0}


def mending(model: Model, request: EditRequest, way: Denoise | Restore | Upscale, inputs: Inputs, tally: Tally) -> Work:
    """What is to be done, for a request that the model can fulfil."""
    match way:
        case Denoise():
            return denoising(model, request, way, inputs.picture, tally)
        case Restore():
            return restoring(model, request, way, inputs, tally)
        case Upscale(factor=factor):
            return enlarging(inputs.picture, factor)


def denoising(model: Model, request: EditRequest, way: Denoise, picture: Original, tally: Tally) -> Work:
    """The mean of what could lie under the noise, or one of it."""
    y, sigma = seen(picture.pixels, model.config.picture.channels).to(model.device), way.sigma
    assert sigma is not None

    def sampled(seed: int) -> Iterator[Step]:
        steps = request.sample.steps
        yield from posterior_samples(model, y, sigma, [seed], steps=steps, prompt=request.prompt, tally=tally)

    def mean(_: int) -> Iterator[Step | None]:
        x = yield from mean_in_parts(model, y, sigma, views=way.views, prompt=request.prompt, tally=tally)
        x = unclipped(x, sigma)
        yield Step(0, x, x, 1.0, 0.0)

    if way.sampled and sigma > 0:
        return Work(picture, whole(*picture.size), None, sampled, pixels=True)
    n = parts(picture.size, model.config.picture.size, way.views) if sigma > 0 else 1
    return Work(picture, whole(*picture.size), None, mean, pixels=True, parts=n)


def restoring(model: Model, request: EditRequest, way: Restore, inputs: Inputs, tally: Tally) -> Work:
    """A sample of the pictures that could have been measured as this one."""
    picture, channels = inputs.picture, model.config.picture.channels
    y, (width, height) = seen(picture.pixels, channels).to(model.device), picture.size
    factor = factor_of(way)
    canvas = (width * factor, height * factor)
    operator = operator_of(way, channels, inputs)
    y = y.mean(1, keepdim=True) if way.degradation == "grey" else y
    process, ts = model.denoiser.process, times(request.sample, model.denoiser.process)
    if way.degradation in ("mask", "jpeg"):
        y = operator.forward(y)
    measurement = Measurement(operator, y, doubt(way))

    def run(seed: int) -> Iterator[Step]:
        noise = Noise((seed,), (channels, canvas[1], canvas[0]), device=model.device)
        x = noise(0, Draw.INITIAL) * float(process.sigma(ts[:1]))
        yield from restored(
            anywhere(model, request.prompt, tally),
            process,
            x,
            ts,
            measurement,
            noise=noise,
            method=way.method,
            sigma_data=model.denoiser.sigma_data,
        )

    original = picture if factor == 1 else stretched(picture, canvas)
    return Work(original, whole(*canvas), None, run, pixels=True)


def enlarging(picture: Original, factor: float) -> Work:
    """The picture itself, to be enlarged when it is finished."""
    width, height = picture.size
    canvas = (round(width * factor), round(height * factor))
    x = seen(picture.pixels, picture.pixels.shape[0])
    frame = Frame(0, 0, *canvas, picture.size)
    return Work(stretched(picture, canvas), frame, None, lambda _: iter([Step(0, x, x, 1.0, 0.0)]), pixels=True)


def stretched(picture: Original, size: tuple[int, int]) -> Original:
    """Room for a picture at another size; of one with transparency only that, by plain interpolation."""
    blank = torch.zeros(picture.pixels.shape[0], size[1], size[0], dtype=torch.uint8)
    if len(blank) == 4:
        x = grown(seen(picture.pixels, 4), size, None)
        blank[3] = ((x[0, 3].clamp(-1, 1) + 1) * UNIT).round().to(torch.uint8)
    return replace(picture, pixels=blank)


def whole(width: int, height: int) -> Frame:
    """All of a picture at its own size."""
    return Frame(0, 0, width, height, (width, height))


def operator_of(way: Restore, channels: int, inputs: Inputs) -> Operator:
    """What happened to the picture."""
    match way.degradation:
        case "blur":
            assert way.amount is not None
            return Blur(gaussian(way.amount))
        case "kernel":
            assert inputs.kernel is not None
            return seen_through(inputs.kernel)
        case "downsample":
            assert way.amount is not None
            return Downsample(int(way.amount))
        case "grey":
            return Grey(channels)
        case "mask":
            assert inputs.mask is not None
            return Known((inputs.mask == 0).float()[None])
        case "jpeg":
            assert way.amount is not None
            width, height = inputs.picture.size
            return Jpeg(int(way.amount), (height, width))


def seen_through(kernel: Float[Tensor, "h w"]) -> Blur:
    """Blur by a kernel of any scale; pictures go on at the other side unless it is symmetric."""
    kernel = kernel.double() / kernel.double().sum()
    return Blur(kernel, "mirror" if symmetric(kernel) else "circular")


def measured(picture: Original) -> float:
    """How noisy a picture is, in units of 255.

    Raises:
        DataError: it is too small to tell.
    """
    return round(noise_level(seen(picture.pixels[:3], 3)[0]).sigma, 2)


def settled(way: Restore, picture: Original, side: int) -> Restore:
    """The amount and the method if nobody says; ``side``: of the pictures that the model was trained on."""
    amount = way.amount if way.amount is not None else AMOUNT.get(way.degradation)
    if amount is None and way.degradation == "jpeg" and picture.steps is not None:
        amount = quality_of(picture.steps)
    way = way.model_copy(update={"amount": amount})
    if way.method != "auto":
        return way
    width, height = (length * factor_of(way) for length in picture.size)
    usual = DEFAULT if count((height, width), side, overlap(side, 1)) <= MANY else LARGE
    exact = way.sigma == 0 and way.degradation not in ("blur", "kernel", "jpeg")
    return way.model_copy(update={"method": "ddnm" if exact else usual})


def doubt(way: Restore) -> float:
    """Deviation of the noise in what was measured: where a blur is undone at least that of rounding."""
    if way.degradation == "jpeg":
        return ROUNDING
    least = ROUNDING if way.degradation in ("blur", "kernel") else 0.0
    return max(way.sigma, least) / UNIT


def factor_of(way: Restore) -> int:
    """How many times larger the picture becomes."""
    return int(way.amount or 1) if way.degradation == "downsample" else 1
