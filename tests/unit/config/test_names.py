"""Names of other programs: every one leads to one of ours, and nothing is guessed."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from unfog.config.names import GRIDS, SAMPLERS, aliases, grid_named, sampler_and_grid
from unfog.config.sample import CALIBRATED, GridName, SamplerName
from unfog.util.errors import UsageError


def test_every_sampler_and_grid_has_names():
    assert list(SAMPLERS) == list(get_args(SamplerName))
    assert list(GRIDS) == [*get_args(GridName), CALIBRATED]


@pytest.mark.parametrize("table", [SAMPLERS, GRIDS], ids=["samplers", "grids"])
def test_no_name_means_two_things(table):
    counted = Counter(alias for name, known in table.items() for alias in aliases(name, known))
    assert [alias for alias, n in counted.items() if n > 1] == []
    assert all(alias.isalnum() for alias in counted)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("DPM++ 2M Karras", ("dpmpp_2m", "karras")),
        ("DPM++ 2M SDE Karras", ("dpmpp_2m_sde", "karras")),
        ("DPM++ 3M SDE Exponential", ("dpmpp_3m_sde", "log_snr")),
        ("dpm++ 2s a karras", ("dpmpp_2s_ancestral", "karras")),
        ("LMS Karras", ("lms", "karras")),
        ("DPM2 a Karras", ("dpm2_ancestral", "karras")),
        ("DPM++ SDE Polyexponential", ("dpmpp_sde", "poly_exponential")),
        ("Euler a", ("euler_ancestral", None)),
        ("k_euler_a", ("euler_ancestral", None)),
        ("k_dpm_2_a", ("dpm2_ancestral", None)),
        ("sample_dpmpp_2m_sde", ("dpmpp_2m_sde", None)),
        ("dpmpp_2m_sde_gpu", ("dpmpp_2m_sde", None)),
        ("dpm_2_ancestral", ("dpm2_ancestral", None)),
        ("uni_pc_bh2", ("unipc", None)),
        ("dpm_adaptive", ("adaptive", None)),
        ("DPMSolverMultistepScheduler", ("dpmpp_2m", None)),
        ("KDPM2AncestralDiscreteScheduler", ("dpm2_ancestral", None)),
        ("UniPCMultistepScheduler", ("unipc", None)),
        ("PNDMScheduler", ("plms", None)),
        ("SASolverScheduler", ("sa_solver", None)),
        ("dpmpp_2m", ("dpmpp_2m", None)),
    ],
)
def test_what_others_write(theirs, ours):
    assert sampler_and_grid(theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Karras", "karras"),
        ("get_sigmas_karras", "karras"),
        ("Exponential", "log_snr"),
        ("sgm_uniform", "uniform"),
        ("SGM Uniform", "uniform"),
        ("Align Your Steps", "ays_sd15"),
        ("calibrated", "calibrated"),
        ("Automatic", None),
    ],
)
def test_grids_of_others(theirs, ours):
    assert grid_named(theirs) == ours


def test_a_grid_that_is_given_counts():
    assert sampler_and_grid("DPM++ 2M Karras", "Exponential") == ("dpmpp_2m", "log_snr")
    assert sampler_and_grid("unipc", "beta") == ("unipc", "beta")
    assert sampler_and_grid("DPM++ 2M Karras", "Automatic") == ("dpmpp_2m", None)


@pytest.mark.parametrize("theirs", ["DPM fast", "DDIM CFG++", "DPM++ 2M Carras", "", "Karras", "🙂"])
def test_what_is_not_known_is_refused(theirs):
    with pytest.raises(UsageError, match="unknown sampler"):
        sampler_and_grid(theirs)


def test_the_nearest_is_suggested():
    with pytest.raises(UsageError, match="did you mean 'dpmpp_2m'"):
        sampler_and_grid("DPMpp 2M Heun")
    with pytest.raises(UsageError, match="unknown grid 'karas'; did you mean 'karras'"):
        grid_named("karas")
