"""Every scheduler of diffusers that can run on an exact denoiser, with its documented options, as a list of cases.

Sigma options: Karras, exponential, beta, Lu and flow sigmas; timestep spacings trailing, leading and linspace; the EDM
schedulers' own; where the sigmas end. Solver options: order 1 to 3, algorithm and solver type, correctors. Shifts, the
betas (linear, of 1000 steps) and ranges of sigma stay at their defaults: they belong to a model. Clipping is off.

Not here: schedulers of other things than pictures' noise (discrete tokens, proteins, inversion, RePaint), of one model
each with nodes of its own (CM, SCM, Helios, Piflow, FlowMap, ...), and the predictor-corrector samplers of Score SDE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A scheduler with options.

    Fields:
        scheduler: class name.
        options: what its constructor is given.
        step: what its ``step`` is given besides.
    """

    scheduler: str
    options: Options
    step: Options = field(default_factory=dict[str, Any])

    @property
    def label(self) -> str:
        """As a person would write it; clipping is always off."""
        shown = {k: v for k, v in {**self.options, **self.step}.items() if k not in HIDDEN}
        if len(shown.get("disable_corrector", [])) > 1:
            shown["disable_corrector"] = "all"
        parts = [k.removeprefix("use_") if v is True else f"{k}={v}" for k, v in shown.items()]
        return f"{self.scheduler.removesuffix('Scheduler')}({', '.join(parts)})"


HIDDEN = ("clip_sample", "prediction_type")
SPACINGS: Sequence[Options] = tuple({"timestep_spacing": spacing} for spacing in ("linspace", "trailing", "leading"))
CONVERTED: Sequence[Options] = tuple({f"use_{kind}_sigmas": True} for kind in ("karras", "exponential", "beta"))
FLOW: Options = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
ENDS: Sequence[Options] = ({}, {"final_sigmas_type": "sigma_min"})
LATE: Sequence[Options] = (*ENDS, {"final_sigmas_type": "sigma_min", "euler_at_final": True})
FLOWING: Sequence[Options] = tuple({"algorithm_type": name} for name in ("dpmsolver++", "dpmsolver"))
NOISY: Sequence[Options] = (
    {"algorithm_type": "sde-dpmsolver++"},
    {"algorithm_type": "sde-dpmsolver", "final_sigmas_type": "sigma_min"},
)
CORRECTORS: Sequence[Options] = ({"disable_corrector": [0]}, {"disable_corrector": list(range(100))})


def cases() -> list[Case]:
    """All of them."""
    return [*unipc(), *multistep(), *edm(), *chains(), *ve(), *flows(), *sa_solver()]


def combined(*choices: Sequence[Options]) -> Iterator[dict[str, Any]]:
    """Every combination of one option each."""
    for chosen in product(*choices):
        options = {key: value for option in chosen for key, value in option.items()}
        if "dpmsolver" in str(options.get("algorithm_type", "")).split("-") or not options.get("predict_x0", True):
            options.pop("prediction_type", None)  # methods on the noise estimate want a network that predicts it
        yield options


def orders(name: str = "solver_order") -> Sequence[Options]:
    """1 to 3."""
    return [{name: order} for order in (1, 2, 3)]


def chains() -> Iterator[Case]:
    """On steps of the chain itself."""
    unclipped: Options = {"clip_sample": False}
    offset: Options = {"timestep_spacing": "leading", "steps_offset": 1}
    for spacing in (*SPACINGS, offset):
        yield Case("DDIMScheduler", {**unclipped, **spacing})
        yield Case("CogVideoXDDIMScheduler", {**unclipped, **spacing})
        yield Case("DDIMScheduler", {**unclipped, **spacing}, {"eta": 1.0})
        yield Case("DDPMScheduler", {**unclipped, **spacing})
        for skip, one in product((True, False), (True, False)):
            yield Case("PNDMScheduler", {**spacing, "skip_prk_steps": skip, "set_alpha_to_one": one})
    yield Case("LCMScheduler", {})
    yield Case("TCDScheduler", {}, {"eta": 0.0})
    yield Case("TCDScheduler", {}, {"eta": 0.3})
    yield Case("IPNDMScheduler", {})


def ve() -> Iterator[Case]:
    """After k-diffusion, in VE variables."""
    sigmas = (*SPACINGS, *CONVERTED)
    for options in (*combined(sigmas, ENDS), {"interpolation_type": "log_linear"}):
        yield Case("EulerDiscreteScheduler", options)
    for name in ("Heun", "LMS", "KDPM2", "KDPM2Ancestral"):
        for options in sigmas:
            yield Case(f"{name}DiscreteScheduler", options)
    for options in sigmas:
        yield Case("DPMSolverSDEScheduler", options)
    for options in SPACINGS:
        yield Case("EulerAncestralDiscreteScheduler", options)


def solvers() -> Sequence[Options]:
    """Orders, and the second solver type where there is one."""
    return (*orders(), {"solver_order": 2, "solver_type": "heun"})


def multistep() -> Iterator[Case]:
    """DPM-Solver and its relatives."""
    sigmas = (*SPACINGS, *CONVERTED, {"use_lu_lambdas": True}, FLOW)
    for options in combined(sigmas, FLOWING, solvers(), LATE):
        yield Case("DPMSolverMultistepScheduler", options)
    for options in combined(sigmas, NOISY, orders()):
        yield Case("DPMSolverMultistepScheduler", options)
    for options in combined((*CONVERTED, FLOW, {}), FLOWING, solvers(), ENDS):
        yield Case("DPMSolverSinglestepScheduler", options)
    for options in combined((*SPACINGS, *CONVERTED, FLOW), orders(), ({}, {"lower_order_final": False})):
        yield Case("DEISMultistepScheduler", options)


def unipc() -> Iterator[Case]:
    """UniPC."""
    sigmas = (*SPACINGS, *CONVERTED, FLOW)
    types: Sequence[Options] = ({}, {"solver_type": "bh1"}, {"predict_x0": False}, *CORRECTORS)
    for options in combined(sigmas, orders(), types, ENDS):
        yield Case("UniPCMultistepScheduler", options)


def sa_solver() -> Iterator[Case]:
    """SA-Solver, with its noise and without."""
    both = [{"predictor_order": p, "corrector_order": c} for p, c in ((1, 1), (2, 2), (3, 4))]
    for options in combined((*SPACINGS, *CONVERTED, FLOW), both, ({}, {"tau": 0.0})):
        yield Case("SASolverScheduler", options)


def edm() -> Iterator[Case]:
    """The schedulers of EDM, in VE variables."""
    sigmas: Sequence[Options] = [{"sigma_schedule": name} for name in ("karras", "exponential")]
    for options in combined(sigmas, ENDS):
        yield Case("EDMEulerScheduler", options)
    for options in combined(sigmas, solvers(), LATE):
        yield Case("EDMDPMSolverMultistepScheduler", options)
    for options in combined(sigmas, NOISY[:1], orders()):
        yield Case("EDMDPMSolverMultistepScheduler", options)
    ranges: Options = {"sigma_min": 0.002, "sigma_max": 80.0, "sigma_data": 0.5}
    for options in combined(sigmas, orders()[:2]):
        yield Case("CosineDPMSolverMultistepScheduler", {**ranges, **options})


def flows() -> Iterator[Case]:
    """Rectified flows."""
    for options in ({}, *CONVERTED):
        yield Case("FlowMatchEulerDiscreteScheduler", options)
    yield Case("FlowMatchEulerDiscreteScheduler", {"stochastic_sampling": True})
    yield Case("FlowMatchHeunDiscreteScheduler", {})
    yield Case("FlowMatchLCMScheduler", {})
