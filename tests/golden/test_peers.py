"""Where other programs' samplers end, recorded from themselves (benchmarks/peers/record.py): ours end there too.

The peers are not installed here. Same denoiser, nodes, start and noise; see src/unfog/evaluate/peers/parity.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from unfog.evaluate.peers.methods import AGREE, METHODS
from unfog.evaluate.peers.parity import difference, ours

HEAD, *RECORDED = json.loads((Path(__file__).parent / "peers.json").read_text(encoding="utf-8"))
METHOD = {(method.library, method.name): method for method in METHODS}
AGREEING = [key for key, method in METHOD.items() if not method.because]


def scales_of(entry: dict[str, Any]) -> list[tuple[float, float]]:
    return [(alpha, sigma) for alpha, sigma in entry["scales"]]


def test_every_method_that_should_agree_is_recorded():
    assert [(entry["library"], entry["name"]) for entry in RECORDED] == AGREEING
    assert HEAD["versions"]["diffusers"] == "0.42.1"
    assert HEAD["versions"]["k-diffusion"] == "0.1.1.post1"


@pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: f"{entry['library']} {entry['name']}")
def test_ours_ends_where_theirs_ended(entry: dict[str, Any]):
    method = METHOD[entry["library"], entry["name"]]
    theirs = torch.tensor(entry["end"], dtype=torch.float64)
    assert difference(ours(method, scales_of(entry)), theirs) <= AGREE


@pytest.mark.parametrize(
    ("differing", "explained"),
    [
        ("DDPM, fixed large", "DDPM, fixed large: noise at the end"),
        ("Heun, flow", "Heun, flow: in flow time"),
        ("DPM++ 3M SDE", "DPM++ 3M SDE: wrong sign"),
        ("IPNDM", "IPNDM: blind start"),
    ],
)
def test_what_differs_really_differs_and_the_explanation_is_all_of_it(differing: str, explained: str):
    entry = next(entry for entry in RECORDED if entry["name"] == explained)
    theirs = torch.tensor(entry["end"], dtype=torch.float64)
    scales = scales_of(entry)
    assert difference(ours(METHOD["diffusers", differing], scales), theirs) > 1e-3
    assert difference(ours(METHOD["diffusers", explained], scales), theirs) <= AGREE
    assert [method.name for method in METHODS if method.because].count(differing) == 1
