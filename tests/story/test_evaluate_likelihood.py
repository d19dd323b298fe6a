"""``unfog evaluate --suite likelihood``: bits per number, of a model whose likelihood is known."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from tests.support.models import tiny_config
from tests.support.saved import save_tiny

from unfog.cli.main import run
from unfog.config.sample import SampleConfig
from unfog.data.scenes import Scenes
from unfog.evaluate.likelihood import PIXEL, dequantise
from unfog.jobs import evaluate_likelihood
from unfog.model.store import load_model
from unfog.util.errors import Exit
from unfog.util.random import image_seed

N, SEED = 3, 2**64 - 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "small", tiny_config(size=16), sample=SampleConfig())


@pytest.mark.parametrize(
    ("steps", "chain", "above"),
    [
        (8, 50, 2.4),
        pytest.param(evaluate_likelihood.STEPS, evaluate_likelihood.CHAIN, 0.6, marks=pytest.mark.slow),
    ],
)
def test_a_network_that_gives_nothing_is_a_gaussian(folder, capsys, monkeypatch, steps, chain, above):
    """An EDM head then estimates x sigma_data^2/(sigma_data^2 + sigma^2): the posterior mean of N(0, sigma_data^2).

    Half a bit is what the usual chain costs, as ``CHAIN`` says; with a quarter of its steps, four times that.
    """
    monkeypatch.setattr(evaluate_likelihood, "STEPS", steps)
    monkeypatch.setattr(evaluate_likelihood, "CHAIN", chain)
    model = load_model(folder)
    with torch.no_grad():
        model.denoiser.net.get_parameter("out.weight").zero_()
    monkeypatch.setattr(evaluate_likelihood, "TOGETHER", 2)  # so that there is more than one lot
    monkeypatch.setattr("unfog.jobs.generate.load_model", lambda *_, **__: model)
    asked = [
        "--suite",
        "likelihood",
        "-n",
        str(N),
        "--seed",
        str(SEED),
        "--data",
        "scenes",
        "--device",
        "cpu",
        "--json",
    ]
    assert run(["evaluate", str(folder), *asked]) == Exit.OK
    payload = json.loads(capsys.readouterr().out)
    flow, bound = payload["metrics"]
    assert (flow["name"], bound["name"], flow["n"], bound["n"]) == ("bits_per_dim_flow", "bits_per_dim_bound", N, N)
    x = Scenes(16).batch(range(N), seed=SEED, split="valid").x
    x = dequantise(x, [image_seed(SEED, k) for k in range(N)]).double()
    variance = model.config.picture.sigma_data**2
    nats = 0.5 * (x.square() / variance + math.log(2 * math.pi * variance)).mean().item() - math.log(PIXEL)
    assert flow["value"] == pytest.approx(nats / math.log(2), abs=0.01)
    assert flow["value"] < bound["value"] < flow["value"] + above
    assert "held-out pictures" in flow["note"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((), "does not say what it was trained on; name pictures with --data"),
        (("--data", "nowhere"), "'nowhere' is neither a folder nor 'scenes' or 'emoji'"),
    ],
)
def test_without_pictures_it_is_said(folder, capsys, data, said):
    assert run(["evaluate", str(folder), "--suite", "likelihood", "-n", "2", *data]) in (Exit.USAGE, Exit.DATA)
    assert said in capsys.readouterr().err
