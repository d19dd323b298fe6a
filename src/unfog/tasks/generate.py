"""Text to picture: pure noise -> sampler over a guided denoiser -> decoded pixels.

The composition: condition(prompt), condition(negative) -> cfg (interval, rescale, SAG) -> sampler(grid) -> decode.
Images of one call do not influence each other: image k equals the same seed generated alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise
from unfog.core.grid import GRIDS
from unfog.core.probe import Probe
from unfog.guidance.cfg import cfg, linear
from unfog.guidance.interval import interval
from unfog.guidance.rescale import rescaled
from unfog.guidance.sag import Watched, sag
from unfog.media.image import to_uint8
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.ddim import ddim
from unfog.samplers.step import Step
from unfog.util.random import Draw, Noise


@dataclass
class Tally:
    """Network evaluations per image, counted where they happen; owned by the caller of a task."""

    nfe: float = 0


def counted(denoiser: Conditional, batch: int, tally: Tally) -> Conditional:
    """The same denoiser, counting: a call with twice the rows (guidance) is two evaluations per image."""

    def call(x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        tally.nfe += x.shape[0] / batch
        return denoiser(x, t, cond) if probe is None else denoiser(x, t, cond, probe)

    return call


def guided(model: Model, prompt: str, negative: str, sample: SampleConfig, batch: int, tally: Tally) -> Denoise:
    """The denoiser steered by the prompt, as the settings say."""
    cond, uncond = model.condition([prompt]), model.condition([negative])
    denoiser = counted(model.denoiser, batch, tally)
    mix = rescaled(sample.rescale) if sample.rescale else linear
    plain: Denoise = lambda x, t: denoiser(x, t, cond.expand(x.shape[0]))  # noqa: E731
    scale = sample.guidance if prompt.strip() or negative.strip() else 1.0
    steered = cfg(denoiser, cond, uncond, scale, mix=mix)
    if sample.interval is not None:
        steered = interval(steered, plain, model.denoiser.process, *sample.interval)
    if sample.sag:
        steered = sag(steered, denoiser, uncond, sample.sag, process=model.denoiser.process)
    return steered


@torch.no_grad()
def generate(
    model: Model,
    prompt: str,
    seeds: Sequence[int],
    sample: SampleConfig,
    *,
    negative: str = "",
    size: tuple[int, int] | None = None,
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Generate ``len(seeds)`` pictures together, yielding every step; ``decode(model, step.x)`` gives pixels.

    Args:
        model: a loaded model (evaluation mode).
        seeds: one per picture, 0..2^64-1.
        size: (width, height) in pixels; ``None``: the trained size.
        tally: counts network evaluations per image.
    """
    side = model.config.picture.size
    width, height = size or (side, side)
    shape = (model.config.picture.channels, height, width)
    noise = Noise(tuple(seeds), shape, device=model.device)
    process = model.denoiser.process
    ts = GRIDS[sample.grid](process, sample.steps)
    denoise = guided(model, prompt, negative, sample, len(seeds), tally or Tally())
    start = process.sigma(torch.ones(1, dtype=torch.float64)).item()
    x = noise(0, Draw.INITIAL) * start
    if sample.sampler == "ddim":
        yield from ddim(denoise, process, x, ts, eta=sample.eta, noise=noise)
        return
    sampler = SAMPLERS[sample.sampler]
    yield from sampler.run(denoise, process, x, ts, noise=noise)


def decode(model: Model, x: Tensor) -> UInt8[Tensor, "b c h w"]:
    """Latents of finished (or clean-estimate) pictures to 8-bit pixels; values beyond [-1, 1] are cut.

    Raises:
        DataError: ``x`` holds NaN.
    """
    return to_uint8(model.codec.decode(x)).cpu()
