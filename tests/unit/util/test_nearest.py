"""The nearest known name is suggested, and none where none is near."""

from __future__ import annotations

import pytest

from unfog.util.nearest import unknown

SAMPLERS = ("ddpm", "ddim", "euler", "dpmpp_2m", "unipc")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("ddmi", "ddim"), ("ddpn", "ddpm"), ("unipcc", "unipc"), ("Euler", "euler"), ("dpm2m", "dpmpp_2m")],
)
def test_a_mistyped_name(typed, meant):
    assert f"unknown sampler {typed!r}; did you mean {meant!r}?" in unknown("sampler", typed, SAMPLERS)


def test_nothing_near():
    assert unknown("sampler", "zzz", SAMPLERS) == (
        "unknown sampler 'zzz'. There are: ddpm, ddim, euler, dpmpp_2m, unipc"
    )
    assert unknown("model", "x", []) == "unknown model 'x'. There are: none"
