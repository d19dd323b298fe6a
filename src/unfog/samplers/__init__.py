"""The samplers by name, with the facts the law tests, the command line and the studio read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.ddim import ddim
from unfog.samplers.ddpm import ddpm
from unfog.samplers.dpmpp_2m import dpmpp_2m
from unfog.samplers.euler import euler
from unfog.samplers.euler_ancestral import euler_ancestral
from unfog.samplers.heun import heun
from unfog.samplers.step import NoiseSource, Step
from unfog.samplers.unipc import unipc


class Run(Protocol):
    """What every sampler can be called with; options of its own have defaults."""

    def __call__(
        self, denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource | None = None
    ) -> Iterator[Step]: ...


@dataclass(frozen=True)
class Sampler:
    """A sampler and its facts.

    Fields:
        run: the generator function.
        order: of convergence to the probability flow's endpoint (weak order of its distribution if stochastic).
        stochastic: draws noise with its default options, so ``noise`` must be given.
        calls_per_step: evaluations of the denoiser in a step that starts at alpha > 0 and ends at sigma > 0.
    """

    run: Run
    order: int
    stochastic: bool
    calls_per_step: int


SAMPLERS: dict[str, Sampler] = {
    "ddpm": Sampler(ddpm, order=1, stochastic=True, calls_per_step=1),
    "ddim": Sampler(ddim, order=1, stochastic=False, calls_per_step=1),
    "euler": Sampler(euler, order=1, stochastic=False, calls_per_step=1),
    "euler_ancestral": Sampler(euler_ancestral, order=1, stochastic=True, calls_per_step=1),
    "heun": Sampler(heun, order=2, stochastic=False, calls_per_step=2),
    "dpmpp_2m": Sampler(dpmpp_2m, order=2, stochastic=False, calls_per_step=1),
    "unipc": Sampler(unipc, order=2, stochastic=False, calls_per_step=1),
}
