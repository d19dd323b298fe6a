"""Paint a part of a picture, the rest of which is given.

    told     the network is told which pixels are known and what they are (``Model.told``), and keeps them (``keep``)
    kept     any network: only ``keep``
    repaint  told if it can be, and every step is made several times, so what is painted and what is given get to know
             each other

RePaint (Lugmayr et al. 2022): after a step from t to s, noise leads back to t by the transition of the Markov chain,
and the step is made again; here with jumps of one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.keep import keep
from unfog.model.model import Model
from unfog.nets.layers import pad_to_multiple
from unfog.samplers.ddim import ddim
from unfog.samplers.step import NoiseSource, Step
from unfog.tasks.generate import Tally, guided, noise_of, one_by_one, times, walk
from unfog.text.prompt import Composition
from unfog.util.random import Draw

TIMES = 5  # that RePaint makes each step


@torch.no_grad()
def inpaint(
    model: Model,
    x: Float[Tensor, "1 c h w"],
    mask: Float[Tensor, "1 1 h w"],
    prompt: str | Composition,
    seeds: Sequence[int],
    sample: SampleConfig,
    *,
    method: Literal["told", "kept", "repaint"],
    negative: str = "",
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Paint where ``mask`` is above 0; one variant per seed, yielding every step.

    Args:
        model: a loaded model (evaluation mode), with ``config.completes`` for the method ``told``.
        x: the picture at the size it is worked on; mask: 1 to paint, 0 to stay, between: how much may change.
        prompt: what the finished picture shows; seeds, sample, negative, tally: as in ``tasks.generate.generate``.
    """
    x, mask = x.to(model.device), mask.to(model.device)
    y, process = model.encode(x), model.denoiser.process
    known = (mask == 0).to(x.dtype)
    control = model.told(x, known) if method != "kept" and model.config.completes else None

    def beside(cond: Cond) -> Cond:
        return cond if control is None else replace(cond, control=control.expand(cond.batch, *control.shape[1:]))

    denoise = guided(model, prompt, negative, sample, tally or Tally(), beside=beside, beside_null=beside)
    if model.device.type == "cpu":
        denoise = one_by_one(denoise)
    kept = keep(denoise, y, celled(mask, 1 if model.config.codec is None else model.config.codec.patch), process)
    noise = noise_of(model, seeds, (x.shape[3], x.shape[2]))
    if method == "repaint":
        yield from repaint(kept, process, noise, times(sample, process))
    else:
        yield from walk(model, kept, noise, sample)


def celled(mask: Float[Tensor, "1 1 h w"], cell: int) -> Float[Tensor, "1 1 h2 w2"]:
    """The mask in cells of so many pixels a side, as the codec makes them: one is painted if any of its pixels is."""
    return F.max_pool2d(pad_to_multiple(mask, cell), cell)


def repaint(denoise: Denoise, process: Process, noise: NoiseSource, ts: Float64[Tensor, " nodes"]) -> Iterator[Step]:
    """DDIM with fresh noise (eta 1) that makes every step but the last ``TIMES`` times, going back in between."""
    x = noise(0, Draw.INITIAL) * float(process.sigma(ts[:1]))
    draws = 0
    for index, (t, s) in enumerate(pairwise(ts.split(1))):
        for again in range(TIMES if s > 0 else 1):
            if again:
                x = process.renoise(x, s, t, noise(draws, Draw.CHURN))
            draws += 1
            drawn = draws

            def once(step: int, draw: Draw, drawn: int = drawn) -> Tensor:
                return noise(drawn, draw)

            (step,) = ddim(denoise, process, x, torch.cat([t, s]), eta=1.0, noise=once)
            x = step.x
        yield Step(index, x, step.x0, float(t), float(s))
