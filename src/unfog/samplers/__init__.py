"""The samplers by name, with the facts the law tests, the command line and the studio read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.adaptive import adaptive
from unfog.samplers.ddim import ddim
from unfog.samplers.ddpm import ddpm
from unfog.samplers.deis import deis
from unfog.samplers.dpm2 import dpm2
from unfog.samplers.dpm2_ancestral import dpm2_ancestral
from unfog.samplers.dpmpp_2m import dpmpp_2m
from unfog.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from unfog.samplers.dpmpp_2s import dpmpp_2s
from unfog.samplers.dpmpp_2s_ancestral import dpmpp_2s_ancestral
from unfog.samplers.dpmpp_3m import dpmpp_3m
from unfog.samplers.dpmpp_3m_sde import dpmpp_3m_sde
from unfog.samplers.dpmpp_sde import dpmpp_sde
from unfog.samplers.er_sde import er_sde
from unfog.samplers.euler import euler
from unfog.samplers.euler_ancestral import euler_ancestral
from unfog.samplers.exp_ab import exp_ab
from unfog.samplers.heun import heun
from unfog.samplers.ipndm import ipndm
from unfog.samplers.lcm import lcm
from unfog.samplers.lms import lms
from unfog.samplers.plms import plms
from unfog.samplers.res_2s import res_2s
from unfog.samplers.res_multistep import res_multistep
from unfog.samplers.restart import restart
from unfog.samplers.sa_solver import sa_solver
from unfog.samplers.step import NoiseSource, Step
from unfog.samplers.trig_multistep import trig_multistep
from unfog.samplers.unipc import unipc


class Run(Protocol):
    """What every sampler can be called with; options of its own have defaults."""

    def __call__(
        self, denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource | None = None
    ) -> Iterator[Step]: ...


@dataclass(frozen=True)
class Sampler:
    """A sampler and its facts, with its default options.

    Fields:
        run: the generator function.
        order: measured order of convergence to the probability flow's endpoint (of the distribution, if stochastic);
            0: it converges to something else, being made for denoisers of another kind.
        stochastic: draws noise, so ``noise`` must be given.
        calls_per_step: evaluations of the denoiser in a step that starts at alpha > 0 and ends at sigma > 0 (one in the
            others); ``None``: at least one, and as many as it takes.
        extra_calls: evaluations beyond those of the steps.
        brownian: its noise is a path, of which more steps see more.
        controlled: it takes steps of its own between the nodes, to meet a tolerance.
    """

    run: Run
    order: int
    stochastic: bool
    calls_per_step: int | None = 1
    extra_calls: int = 0
    brownian: bool = False
    controlled: bool = False

    def calls(self, steps: int) -> int | None:
        """Evaluations of that many steps that begin at alpha > 0 (at most, otherwise); ``None``: not known before."""
        per_step = self.calls_per_step
        return None if per_step is None else steps * per_step - (per_step - 1) + self.extra_calls

    def steps_within(self, calls: int) -> int | None:
        """The most steps that so many evaluations allow, 0 for none; ``None``: not known before."""
        per_step = self.calls_per_step
        return None if per_step is None else max(0, (calls - self.extra_calls + per_step - 1) // per_step)


SAMPLERS: dict[str, Sampler] = {
    "ddpm": Sampler(ddpm, order=1, stochastic=True),
    "ddim": Sampler(ddim, order=1, stochastic=False),
    "euler": Sampler(euler, order=1, stochastic=False),
    "euler_ancestral": Sampler(euler_ancestral, order=1, stochastic=True),
    "heun": Sampler(heun, order=2, stochastic=False, calls_per_step=2),
    "dpm2": Sampler(dpm2, order=2, stochastic=False, calls_per_step=2),
    "dpm2_ancestral": Sampler(dpm2_ancestral, order=2, stochastic=True, calls_per_step=2),
    "dpmpp_2s": Sampler(dpmpp_2s, order=2, stochastic=False, calls_per_step=2),
    "dpmpp_2s_ancestral": Sampler(dpmpp_2s_ancestral, order=2, stochastic=True, calls_per_step=2),
    "dpmpp_2m": Sampler(dpmpp_2m, order=2, stochastic=False),
    "dpmpp_3m": Sampler(dpmpp_3m, order=2, stochastic=False),
    "dpmpp_sde": Sampler(dpmpp_sde, order=2, stochastic=True, calls_per_step=2, brownian=True),
    "dpmpp_2m_sde": Sampler(dpmpp_2m_sde, order=2, stochastic=True, brownian=True),
    "dpmpp_3m_sde": Sampler(dpmpp_3m_sde, order=2, stochastic=True, brownian=True),
    "unipc": Sampler(unipc, order=3, stochastic=False),
    "deis": Sampler(deis, order=3, stochastic=False),
    "ipndm": Sampler(ipndm, order=2, stochastic=False),
    "lms": Sampler(lms, order=4, stochastic=False),
    "plms": Sampler(plms, order=2, stochastic=False, extra_calls=1),
    "exp_ab": Sampler(exp_ab, order=3, stochastic=False),
    "trig_multistep": Sampler(trig_multistep, order=4, stochastic=False),
    "res_2s": Sampler(res_2s, order=2, stochastic=False, calls_per_step=2),
    "res_multistep": Sampler(res_multistep, order=2, stochastic=False),
    "sa_solver": Sampler(sa_solver, order=2, stochastic=True, brownian=True),
    "er_sde": Sampler(er_sde, order=2, stochastic=True, brownian=True),
    "restart": Sampler(restart, order=2, stochastic=True, calls_per_step=None),
    "adaptive": Sampler(adaptive, order=3, stochastic=False, calls_per_step=None, controlled=True),
    "lcm": Sampler(lcm, order=0, stochastic=True),
}
