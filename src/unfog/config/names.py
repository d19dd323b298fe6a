"""What samplers and grids are called elsewhere: one table for the command line, recipes of others and what we write.

The label is what the web UI family shows and writes into pictures. Others are names of ComfyUI, k-diffusion and
diffusers. Case, blanks, ``_``, ``-`` and ``.`` do not matter, ``++`` is ``pp``; before comparing, ``sample_``, ``k_``,
``get_sigmas_`` in front and ``_gpu``, ``Scheduler`` at the end are taken off. Old texts join both: "DPM++ 2M Karras".

A name is listed only where it is the same method; differences of their default options stand in the sampler's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from unfog.util.errors import UsageError
from unfog.util.nearest import unknown


@dataclass(frozen=True)
class Name:
    """How others write it, and what else they call it."""

    label: str
    others: tuple[str, ...] = ()


SAMPLERS: Mapping[str, Name] = {
    "ddpm": Name("DDPM"),
    "ddim": Name("DDIM"),
    "euler": Name("Euler", ("EulerDiscrete", "EDMEuler", "FlowMatchEulerDiscrete")),
    "euler_ancestral": Name("Euler a", ("EulerAncestralDiscrete",)),
    "heun": Name("Heun", ("HeunDiscrete",)),
    "dpm2": Name("DPM2", ("dpm_2", "KDPM2Discrete")),
    "dpm2_ancestral": Name("DPM2 a", ("dpm_2_ancestral", "dpm_2_a", "KDPM2AncestralDiscrete")),
    "dpmpp_2s": Name("DPM++ 2S", ("DPMSolverSinglestep",)),
    "dpmpp_2s_ancestral": Name("DPM++ 2S a"),
    "dpmpp_2m": Name("DPM++ 2M", ("DPMSolverMultistep", "EDMDPMSolverMultistep")),
    "dpmpp_3m": Name("DPM++ 3M"),
    "dpmpp_sde": Name("DPM++ SDE", ("DPMSolverSDE",)),
    "dpmpp_2m_sde": Name("DPM++ 2M SDE"),
    "dpmpp_3m_sde": Name("DPM++ 3M SDE"),
    "unipc": Name("UniPC", ("uni_pc", "uni_pc_bh2", "UniPCMultistep")),
    "deis": Name("DEIS", ("DEISMultistep",)),
    "ipndm": Name("IPNDM"),
    "lms": Name("LMS", ("LMSDiscrete",)),
    "plms": Name("PLMS", ("PNDM",)),
    "exp_ab": Name("Exponential AB"),
    "trig_multistep": Name("Trig Multistep"),
    "res_2s": Name("RES 2S"),
    "res_multistep": Name("RES Multistep"),
    "sa_solver": Name("SA-Solver", ("SASolver",)),
    "er_sde": Name("ER-SDE"),
    "restart": Name("Restart"),
    "adaptive": Name("DPM adaptive"),
    "lcm": Name("LCM"),
}
# log_snr spaces ln(sigma) evenly, which is what others call Exponential; some have no name elsewhere.
GRIDS: Mapping[str, Name] = {
    "uniform": Name("Uniform", ("SGM Uniform", "simple", "trailing")),
    "karras": Name("Karras"),
    "log_snr": Name("Exponential"),
    "rf_shift": Name("RF shift"),
    "vp_time": Name("VP time"),
    "poly_exponential": Name("Polyexponential"),
    "trig": Name("Trig"),
    "beta": Name("Beta"),
    "ays_sd15": Name("Align Your Steps", ("AYS", "ays_sd1")),
    "ays_sdxl": Name("AYS SDXL"),
    "ays_svd": Name("AYS SVD"),
    "fitted": Name("Fitted"),
    "learned": Name("Learned"),
    "calibrated": Name("Calibrated"),
}
AUTOMATIC = "automatic"  # their word for: as the sampler likes it

BEFORE = re.compile(r"^(getsigmas|sample|k)_")
AFTER = re.compile(r"(_gpu|scheduler)$")
IGNORED = re.compile(r"[\s_.\-]+")


def sampler_and_grid(sampler: str, grid: str | None = None) -> tuple[str, str | None]:
    """Our names for theirs; a grid that is joined to the sampler's name counts where none is given.

    Raises:
        UsageError: a name that is not known; the nearest is suggested.
    """
    if sampler in SAMPLERS:
        return sampler, None if grid is None else grid_named(grid)
    found, joined = _known("sampler").get(plain(sampler)), None
    if found is None:
        found, joined = _parted(plain(sampler))
    if found is None:
        raise UsageError(unknown("sampler", sampler, SAMPLERS), field="sampler")
    return found, joined if grid is None else grid_named(grid)


def grid_named(grid: str) -> str | None:
    """Our name for a grid of theirs; ``None`` for "Automatic".

    Raises:
        UsageError: a name that is not known; the nearest is suggested.
    """
    if plain(grid) == AUTOMATIC:
        return None
    if (found := _known("grid").get(plain(grid))) is None:
        raise UsageError(unknown("grid", grid, GRIDS), field="grid")
    return found


def plain(name: str) -> str:
    """A name without what does not matter."""
    name = name.strip().lower().replace("++", "pp").replace("get_sigmas_", "getsigmas_")
    return IGNORED.sub("", AFTER.sub("", BEFORE.sub("", name)))


def aliases(name: str, known: Name) -> Iterable[str]:
    """Everything that this is called, as compared, once."""
    return dict.fromkeys(plain(text) for text in (name, known.label, *known.others))


@cache
def _known(kind: str) -> dict[str, str]:
    table = SAMPLERS if kind == "sampler" else GRIDS
    return {alias: name for name, known in table.items() for alias in aliases(name, known)}


def _parted(text: str) -> tuple[str | None, str | None]:
    """Sampler and grid of a joined name."""
    for alias, grid in _known("grid").items():
        if text.endswith(alias) and (sampler := _known("sampler").get(text.removesuffix(alias))):
            return sampler, grid
    return None, None
