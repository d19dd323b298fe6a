"""Paint a part of a picture, the rest of which is given.

    told     the network is told which pixels are known and what they are (``Model.told``), and keeps them (``keep``)
    kept     any network: only ``keep``
    repaint  told if it can be, and the steps between the first and the last are made several times, so what is painted
             and what is given get to know each other

Of each the ground is led over from what is known while much noise is left (``guidance/meet.py``).

Each may be painted several times side by side, with other noise; the one with the least seam is kept: on the way on the
canvas, in the end as it stands in the picture (``tasks/insert.py``).

RePaint (Lugmayr et al. 2022): after a step from t to s, noise leads back to t by the transition of the Markov chain,
and the step is made again; here with jumps of one step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.keep import keep
from unfog.guidance.meet import meet
from unfog.model.model import Model
from unfog.nets.layers import pad_to_multiple
from unfog.samplers.ddim import ddim
from unfog.samplers.step import NoiseSource, Step
from unfog.tasks.generate import Tally, guided, one_by_one, times, walk
from unfog.tasks.seam import across
from unfog.text.prompt import Composition
from unfog.util.random import Draw, Noise

TIMES = 2  # that RePaint makes each step but the first, of whose first time next to nothing is left, and the last


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
    tries: int = 1,
    seam: Callable[[Tensor], float] | None = None,
    negative: str = "",
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Paint where ``mask`` is above 0; one variant per seed, yielding every step.

    Args:
        model: a loaded model (evaluation mode), with ``config.completes`` for the method ``told``.
        x: the picture at the size it is worked on; mask: 1 to paint, 0 to stay, between: how much may change.
        prompt: what the finished picture shows; seeds, sample, negative, tally: as in ``tasks.generate.generate``.
        tries: how often each is painted; every step yields the one with the least seam so far. On a GPU all of them
            pass through the network together, so memory grows with their number.
        seam: how strong it is in the end, for what was painted as (1, c, h, w); ``None``: as on the canvas.
    """
    x, mask = x.to(model.device), mask.to(model.device)
    y, process, known = model.encode(x), model.denoiser.process, mask == 0
    control = model.told(x, known.to(x.dtype)) if method != "kept" and model.config.completes else None

    def beside(cond: Cond) -> Cond:
        return cond if control is None else replace(cond, control=control.expand(cond.batch, *control.shape[1:]))

    denoise = guided(model, prompt, negative, sample, tally or Tally(), beside=beside, beside_null=beside)
    if model.device.type == "cpu":
        denoise = one_by_one(denoise)
    cells = celled(mask, model.config.cell)
    kept = keep(meet(denoise, y, cells, process), y, cells, process)
    partly = (cells > 0) & (celled(known.to(x.dtype), model.config.cell) > 0)
    if partly.any():
        kept = fitted(kept, model, x, known, partly)
    rows, index = [seed for seed in seeds for _ in range(tries)], list(range(tries)) * len(seeds)
    noise = Noise(tuple(rows), model.shape((x.shape[2], x.shape[3])), device=model.device, index=tuple(index))
    if method == "repaint":
        steps = repaint(kept, process, noise, times(sample, process))
    else:
        steps = walk(model, kept, noise, sample)
    for step in steps:
        yield step if tries == 1 else best(step, model, x, mask, tries, seam if step.s == 0 else None)


def celled(mask: Float[Tensor, "1 1 h w"], cell: int) -> Float[Tensor, "1 1 h2 w2"]:
    """The mask in cells of so many pixels a side, as the codec makes them: one is painted if any of its pixels is."""
    return F.max_pool2d(pad_to_multiple(mask, cell), cell)


def fitted(
    denoise: Denoise,
    model: Model,
    x: Float[Tensor, "1 c h w"],
    known: Bool[Tensor, "1 1 h w"],
    partly: Bool[Tensor, "1 1 h2 w2"],
) -> Denoise:
    """``denoise`` with what is known of a cell in it, where only a part of the cell is: put there as pixels."""

    def fit(z: Tensor, t: Tensor) -> Tensor:
        x0 = denoise(z, t)
        fits = [model.encode(x.where(known, pixels_of(row, model, x))) for row in x0.split(1)]
        return torch.cat(fits).where(partly, x0)

    return one_by_one(fit) if model.device.type == "cpu" else fit


def best(
    step: Step,
    model: Model,
    x: Float[Tensor, "1 c h w"],
    mask: Float[Tensor, "1 1 h w"],
    tries: int,
    seam: Callable[[Tensor], float] | None,
) -> Step:
    """Of every ``tries`` rows the one whose estimate has the least seam with ``x``, or of which ``seam`` says so."""
    painted = [pixels_of(row, model, x) for row in step.x0.split(1)]
    if seam is None:
        found = [across(row.where(mask > 0, x)[0], mask[0, 0]) for row in painted]
    else:
        found = [seam(row.float().cpu()) for row in painted]
    seams = torch.tensor(found).nan_to_num(torch.inf)
    rows = seams.unflatten(0, (-1, tries)).argmin(1) + torch.arange(0, len(seams), tries)
    return replace(step, x=step.x[rows], x0=step.x0[rows])


def pixels_of(x0: Float[Tensor, "1 d h2 w2"], model: Model, x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h w"]:
    """An estimate as a picture as large as ``x``."""
    return model.codec.decode(x0)[..., : x.shape[2], : x.shape[3]].clamp(-1, 1)


def repaint(denoise: Denoise, process: Process, noise: NoiseSource, ts: Float64[Tensor, " nodes"]) -> Iterator[Step]:
    """DDIM with fresh noise (eta 1) that makes steps in between ``TIMES`` times, going back each time but the last."""
    x = noise(0, Draw.INITIAL) * float(process.sigma(ts[:1]))
    draws = 0
    for index, (t, s) in enumerate(pairwise(ts.split(1))):
        for again in range(TIMES if index and s > 0 else 1):
            if again:
                x = process.renoise(x, s, t, noise(draws, Draw.CHURN))
            draws += 1
            drawn = draws

            def once(step: int, draw: Draw, drawn: int = drawn) -> Tensor:
                return noise(drawn, draw)

            (step,) = ddim(denoise, process, x, torch.cat([t, s]), eta=1.0, noise=once)
            x = step.x
        yield Step(index, x, step.x0, float(t), float(s))
