"""Which sampler of theirs is which of ours, with the options that make ours theirs.

``because`` stands where a difference above ``AGREE`` remains, and says whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Options = Mapping[str, Any]
AGREE = 1e-5  # largest difference, relative to the largest number
STEPS = 10

NoiseOf = Literal["none", "steps", "path", "halves"]
"""What a peer gets when it draws: nothing; ours of each step; of the Brownian path; of its half and whole steps."""


@dataclass(frozen=True)
class Method:
    """A sampler of a peer and ours.

    Fields:
        name: of the comparison, with the peer's class or function.
        sampler, options: ours.
        scheduler: class of diffusers; "": k-diffusion.
        function: of k-diffusion; "": diffusers.
        theirs: options of the class or function.
        step: options of ``Scheduler.step``.
        draws: which noise it is given.
        because: why it differs by more than ``AGREE``, or "".
        steps: of the comparison.
    """

    name: str
    sampler: str
    options: Options = field(default_factory=dict[str, Any])
    scheduler: str = ""
    function: str = ""
    theirs: Options = field(default_factory=dict[str, Any])
    step: Options = field(default_factory=dict[str, Any])
    draws: NoiseOf = "none"
    because: str = ""
    steps: int = STEPS

    @property
    def library(self) -> str:
        """Whose."""
        return "diffusers" if self.scheduler else "k-diffusion"


def of_diffusers(
    name: str,
    sampler: str,
    options: Options,
    scheduler: str,
    theirs: Options,
    draws: NoiseOf = "none",
    *,
    step: Options | None = None,
    because: str = "",
    steps: int = STEPS,
) -> Method:
    """A scheduler of diffusers."""
    return Method(name, sampler, options, f"{scheduler}Scheduler", "", theirs, step or {}, draws, because, steps)


def of_k(
    name: str, sampler: str, options: Options, function: str, draws: NoiseOf = "none", theirs: Options | None = None
) -> Method:
    """A function of k-diffusion."""
    return Method(name, sampler, options, "", f"sample_{function}", theirs or {}, {}, draws)


PLAIN: Options = {"timestep_spacing": "trailing"}
UNCLIPPED: Options = {**PLAIN, "clip_sample": False}
KARRAS: Options = {"use_karras_sigmas": True}
TO_THE_END: Options = {"lower_final": False}
PUBLISHED: Options = {"variant": "published"}


def sde(order: int, solver: str) -> Options:
    """Options of DPMSolverMultistep for the reverse SDE."""
    return {**PLAIN, "algorithm_type": "sde-dpmsolver++", "solver_order": order, "solver_type": solver}


def unipc(order: int, solver: str) -> Options:
    """Options of UniPCMultistep that do not end in nan."""
    return {**PLAIN, "solver_order": order, "solver_type": solver, "final_sigmas_type": "sigma_min"}


LEADING: Options = {"timestep_spacing": "leading"}
LARGE: Options = {**UNCLIPPED, "variance_type": "fixed_large"}
NOISY_END = (
    "diffusers' error: noise is added in every step whose timestep is not 0, also in the last one (99 here), to the "
    "finished sample"
)
FLOW_TIME = "no error: Heun in the time of the flow, on its velocity; ours is Heun in sigma/alpha on every process"
WRONG_SIGN = (
    "diffusers' error: the factor of D2 is (1 - e^-H - H)/H^2 - 1/2 with + 1/2 missed, which goes to -1 instead of 0; "
    "k-diffusion has it right"
)
BLIND_START = (
    "diffusers' choice: the step from alpha = 0 takes 0 for the clean estimate, though the network says what it is"
)

DIFFUSERS = (
    of_diffusers("DDPM", "ddpm", {}, "DDPM", UNCLIPPED, "steps"),
    of_diffusers("DDPM, fixed large, leading", "ddpm_large", {}, "DDPM", {**LARGE, **LEADING}, "steps"),
    of_diffusers("DDPM, fixed large", "ddpm_large", {}, "DDPM", LARGE, "steps", because=NOISY_END),
    of_diffusers("DDPM, fixed large: noise at the end", "noisy_end", {}, "DDPM", LARGE, "steps"),
    of_diffusers("DDIM", "ddim", {}, "DDIM", UNCLIPPED),
    of_diffusers("DDIM, eta 1", "ddim", {"eta": 1.0}, "DDIM", UNCLIPPED, "steps", step={"eta": 1.0}),
    of_diffusers("Euler", "euler", {}, "EulerDiscrete", PLAIN),
    of_diffusers("Euler, Karras", "euler", {}, "EulerDiscrete", KARRAS),
    of_diffusers("Euler, EDM", "euler", {}, "EDMEuler", {}),
    of_diffusers("Euler, flow", "euler", {}, "FlowMatchEulerDiscrete", {}),
    of_diffusers("Euler a", "euler_ancestral", {}, "EulerAncestralDiscrete", PLAIN, "steps"),
    of_diffusers("Heun", "heun", {}, "HeunDiscrete", PLAIN),
    of_diffusers("Heun, Karras", "heun", {}, "HeunDiscrete", KARRAS),
    of_diffusers("Heun, flow", "heun", {}, "FlowMatchHeunDiscrete", {}, because=FLOW_TIME),
    of_diffusers("Heun, flow: in flow time", "heun_in_flow_time", {}, "FlowMatchHeunDiscrete", {}),
    of_diffusers("DPM2", "dpm2", {}, "KDPM2Discrete", PLAIN),
    of_diffusers("DPM2 a", "dpm2_ancestral", {}, "KDPM2AncestralDiscrete", PLAIN, "steps"),
    of_diffusers("LMS", "lms", TO_THE_END, "LMSDiscrete", PLAIN),
    of_diffusers("LMS, Karras", "lms", TO_THE_END, "LMSDiscrete", KARRAS),
    of_diffusers("DPM++ 2M", "dpmpp_2m", {}, "DPMSolverMultistep", PLAIN),
    of_diffusers("DPM++ 2M, EDM", "dpmpp_2m", {}, "EDMDPMSolverMultistep", {}),
    of_diffusers("DPM++ 3M", "dpmpp_3m", {}, "DPMSolverMultistep", {**PLAIN, "solver_order": 3}),
    of_diffusers(
        "DPM++ 3M, 20 steps", "dpmpp_3m", TO_THE_END, "DPMSolverMultistep", {**PLAIN, "solver_order": 3}, steps=20
    ),
    of_diffusers("DPM++ 3M, EDM", "dpmpp_3m", {}, "EDMDPMSolverMultistep", {"solver_order": 3}),
    of_diffusers("DPM++ 2M SDE", "dpmpp_2m_sde", {}, "DPMSolverMultistep", sde(2, "midpoint"), "path"),
    of_diffusers(
        "DPM++ 2M SDE, heun", "dpmpp_2m_sde", {"variant": "heun"}, "DPMSolverMultistep", sde(2, "heun"), "path"
    ),
    of_diffusers(
        "DPM++ 3M SDE", "dpmpp_3m_sde", {}, "DPMSolverMultistep", sde(3, "midpoint"), "path", because=WRONG_SIGN
    ),
    of_diffusers("DPM++ 3M SDE: wrong sign", "wrong_sign", {}, "DPMSolverMultistep", sde(3, "midpoint"), "path"),
    of_diffusers("DPM++ SDE", "dpmpp_sde", {}, "DPMSolverSDE", PLAIN, "halves"),
    of_diffusers("UniPC-2", "unipc", {}, "UniPCMultistep", PLAIN),
    of_diffusers("UniPC-2 to sigma_min", "unipc", {}, "UniPCMultistep", unipc(2, "bh2")),
    of_diffusers("UniPC-2, bh1", "unipc", {"solver": "bh1"}, "UniPCMultistep", unipc(2, "bh1")),
    of_diffusers("UniPC-3", "unipc", {"order": 3}, "UniPCMultistep", unipc(3, "bh2")),
    of_diffusers("DEIS-2", "deis", {"order": 2, "space": "log_rho"}, "DEISMultistep", PLAIN),
    of_diffusers("DEIS-3", "deis", {"order": 3, "space": "log_rho"}, "DEISMultistep", {**PLAIN, "solver_order": 3}),
    of_diffusers("PNDM", "plms", TO_THE_END, "PNDM", {**PLAIN, "skip_prk_steps": True}),
    of_diffusers("IPNDM", "ipndm", TO_THE_END, "IPNDM", {}, because=BLIND_START),
    of_diffusers("IPNDM: blind start", "blind_start", {}, "IPNDM", {}),
    of_diffusers("SA-Solver", "sa_solver", PUBLISHED, "SASolver", {**PLAIN, "tau": 1.0}, "path"),
    of_diffusers(
        "SA-Solver 3/4",
        "sa_solver",
        {**PUBLISHED, "predictor": 3, "corrector": 4},
        "SASolver",
        {**PLAIN, "tau": 1.0, "predictor_order": 3, "corrector_order": 4},
        "path",
    ),
    of_diffusers("LCM", "lcm", {}, "LCM", {}, "steps"),
    of_diffusers("LCM, scaling 1e6", "lcm", {}, "LCM", {"timestep_scaling": 1e6}, "steps"),
)

K_DIFFUSION = (
    of_k("Euler", "euler", {}, "euler"),
    of_k("Euler a", "euler_ancestral", {}, "euler_ancestral", "steps"),
    of_k("Heun", "heun", {}, "heun"),
    of_k("DPM2", "dpm2", {}, "dpm_2"),
    of_k("DPM2 a", "dpm2_ancestral", {}, "dpm_2_ancestral", "steps"),
    of_k("LMS", "lms", TO_THE_END, "lms"),
    of_k("DPM++ 2S a", "dpmpp_2s_ancestral", {}, "dpmpp_2s_ancestral", "steps"),
    of_k("DPM++ SDE", "dpmpp_sde", {}, "dpmpp_sde", "halves"),
    of_k("DPM++ 2M", "dpmpp_2m", {}, "dpmpp_2m"),
    of_k("DPM++ 2M SDE", "dpmpp_2m_sde", {}, "dpmpp_2m_sde", "path"),
    of_k("DPM++ 2M SDE, heun", "dpmpp_2m_sde", {"variant": "heun"}, "dpmpp_2m_sde", "path", {"solver_type": "heun"}),
    of_k("DPM++ 3M SDE", "dpmpp_3m_sde", TO_THE_END, "dpmpp_3m_sde", "path"),
)

METHODS = (*DIFFUSERS, *K_DIFFUSION)
