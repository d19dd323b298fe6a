"""Fit sampling nodes to a model: for its prompts, at a strength of guidance, for a number of steps.

What is compared is where pictures end: by the sampler in few steps, and by the same sampler in so many that more do not
change them. Nodes are fitted on some pictures and judged on others; where the fixed grid they began with is better on
those, it is what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.config.manifest import Calibration
from unfog.config.sample import SampleConfig
from unfog.core.denoiser import Denoise
from unfog.core.grid import GRIDS, rf_shift
from unfog.core.process import Process
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.fit import Remembering, fit
from unfog.samplers.step import last
from unfog.tasks.generate import Tally, guided, noise_of
from unfog.util.random import Draw

EXACT_STEPS = 60
SHIFTS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)


@dataclass(frozen=True)
class Flow:
    """Pictures of some prompts on their way: the denoiser for them, where they begin, and where they should end."""

    denoise: Denoise
    process: Process
    start: Float[Tensor, "b *shape"]
    end: Float[Tensor, "b *shape"]

    def ends(self, sampler: str, ts: Float64[Tensor, " nodes"]) -> Float[Tensor, "b *shape"]:
        """Where a sampler brings them through a grid."""
        return last(SAMPLERS[sampler].run(self.denoise, self.process, self.start, ts)).x

    def error(self, sampler: str, ts: Float64[Tensor, " nodes"]) -> float:
        """Root mean square distance from where they should end."""
        return (self.ends(sampler, ts) - self.end).square().mean().sqrt().item()


def flow(model: Model, prompts: Sequence[str], seeds: Sequence[int], sample: SampleConfig, tally: Tally) -> Flow:
    """Pictures of ``prompts`` at ``seeds``, with the guidance and the sampler of ``sample``."""
    process, noise = model.denoiser.process, noise_of(model, seeds)
    start = noise(0, Draw.INITIAL) * process.sigma(torch.ones(1, dtype=torch.float64)).item()
    denoise = guided(model, prompts, "", sample, tally)
    exact = last(SAMPLERS[sample.sampler].run(denoise, process, start, rf_shift(process, EXACT_STEPS))).x
    return Flow(Remembering(denoise), process, start, exact)


def fixed(process: Process, steps: int) -> list[Float64[Tensor, " nodes"]]:
    """The grids to begin with: those that have all their nodes."""
    grids: list[Callable[[Process, int], Tensor]] = [partial(rf_shift, shift=shift) for shift in SHIFTS]
    made = [grid(process, steps) for grid in (*grids, GRIDS["vp_time"], GRIDS["karras"])]
    return [ts for ts in made if len(ts) == steps + 1]


@torch.no_grad()
def calibrate(
    fitted: Flow, judged: Flow, sample: SampleConfig, steps: Sequence[int], *, tries: int
) -> Iterator[Calibration]:
    """Nodes for every number of steps.

    Args:
        fitted: pictures to fit on; judged: others, to judge by.
        sample: sampler and strength of guidance.
        tries: grids looked at for a number of steps.
    """
    for n in steps:
        starts = fixed(fitted.process, n)
        errors = {k: fitted.error(sample.sampler, ts) for k, ts in enumerate(starts)}
        begin = starts[min(errors, key=lambda k: errors[k])]
        ts, _ = fit(partial(fitted.error, sample.sampler), [begin], tries - len(starts))
        before, after = (judged.error(sample.sampler, grid) for grid in (begin, ts))
        nodes = fitted.process.lam(ts[1:-1] if after <= before else begin[1:-1])
        yield Calibration(
            sampler=sample.sampler,
            guidance=sample.guidance,
            nodes=tuple(nodes.tolist()),
            error=min(before, after),
            before=before,
            n=len(judged.start),
        )
