"""The comparison with other programs, without them: the worker's denoisers and protocol, starts, options, printing."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import torch

from unfog.cli.peers import say
from unfog.core.oracle import FiniteData, GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import VE, Flow, VPLinear
from unfog.evaluate.peers import worker
from unfog.evaluate.peers.budget import Ends, relative, sweep
from unfog.evaluate.peers.options import Case, cases
from unfog.evaluate.peers.parity import grid, problem, start
from unfog.evaluate.peers.process import Peers, Ran, RefusedError, interpreter
from unfog.evaluate.problems import SIGMA_END, points_problem
from unfog.samplers.euler import euler
from unfog.samplers.step import last
from unfog.util.errors import UsageError

POINTS = torch.tensor([[0.5, 0.1, -0.3], [-0.7, 0.2, 0.4], [0.1, -0.9, 0.2], [0.3, 0.6, 0.5]], dtype=torch.float64)
FAKE = """
import torch
from types import SimpleNamespace

class FakeScheduler:
    init_noise_sigma, config, step_index = 80.0, {}, 0

    def __init__(self, sigmas=(80.0, 5.0, 1.0, 0.2, 0.0)):
        if len(sigmas) < 2:
            raise ValueError("two sigmas at least")
        self.all = sigmas
        self.sigmas = torch.tensor(sigmas)

    def set_timesteps(self, n):
        self.step_index, self.sigmas = 0, torch.tensor([*self.all[:n], 0.0], dtype=torch.float64)
        self.timesteps = torch.arange(n)

    def step(self, eps, t, x):
        now, then = self.sigmas[self.step_index : self.step_index + 2]
        self.step_index += 1
        return SimpleNamespace(prev_sample=x + (then - now) * eps)
"""


@pytest.mark.parametrize("process", [Process(VPLinear()), Process(Flow()), Process(VE())], ids=["vp", "flow", "ve"])
def test_the_workers_denoisers_are_the_exact_ones(process: Process):
    given, x = problem(), start()
    assert given.covs is not None
    mixture = worker.mixture(given.weights, given.means, given.covs)
    data = worker.points(POINTS)
    for t in (1.0, 0.9, 0.5, 0.2):
        time = torch.tensor([t], dtype=torch.float64)
        scales = process.alpha(time).item(), process.sigma(time).item()
        wanted = GaussianMixture(given.weights, given.means, given.covs).denoise(process)(x, time)
        assert (mixture(x, *scales) - wanted).abs().max() <= 1e-12
        wanted = FiniteData(POINTS).denoise(process)(x[:, :3], time)
        assert (data(x[:, :3], *scales) - wanted).abs().max() <= 1e-12


def test_a_noisier_start_is_held_against_the_flow_from_there():
    small, noise = points_problem("small", POINTS), start()[:, :3]
    ends = Ends(small, noise)
    wide = Process(VE(sigma_max=157.0))
    final = wide.time_at(torch.tensor([-math.log(SIGMA_END)], dtype=torch.float64)).item()
    direct = endpoint(FiniteData(POINTS).denoise(wide), wide, 157.0 * noise, 1.0, final, steps=200)
    found = ends.at(Ran(0.25 * 157.0 * noise, noise, 1, 0.25, 0.25 * 157.0))
    assert (found - direct).abs().max() <= 1e-4  # the direct way ends at SIGMA_END
    quieter = ends.at(Ran(noise, noise, 1, 1.0, 20.0))
    assert quieter.equal(small.exact(80.0 * noise))


def test_an_error_is_relative_and_infinite_where_a_number_is_not_finite():
    exact = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    assert relative(1.1 * exact, exact) == pytest.approx(0.1)
    assert relative(torch.tensor([[math.nan, 4.0]], dtype=torch.float64), exact) == math.inf


def test_options_are_all_different_and_noise_methods_ask_for_noise():
    every = cases()
    assert len({case.label for case in every}) == len(every) >= 700
    flow = [case for case in every if case.options.get("use_flow_sigmas")]
    asked = {case.options.get("prediction_type") for case in flow if case.options.get("algorithm_type") == "dpmsolver"}
    assert asked == {None}
    plain = [case for case in flow if case.options.get("algorithm_type") == "dpmsolver++"]
    assert {case.options["prediction_type"] for case in plain} == {"flow_prediction"}
    assert (
        Case("XScheduler", {"clip_sample": False, "use_karras_sigmas": True, "n": 2}).label == "X(karras_sigmas, n=2)"
    )


def test_an_environment_is_its_folder_or_its_python(tmp_path: Path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    assert interpreter(tmp_path) == interpreter(python) == python
    with pytest.raises(UsageError, match=r"no Python at .*nowhere.*docs/peers.md"):
        interpreter(tmp_path / "nowhere")


def test_what_differs_without_a_reason_is_said(capsys: pytest.CaptureFixture[str]):
    parity = {"library": "diffusers", "name": "DDIM", "difference": 0.5, "because": None}
    row = {"problem": "hd", "nfe": 5, "scheduler": "DDIM()", "calls": 5, "error": 0.4, "refused": None}
    broken = row | {"error": None}
    best = {"problem": "hd", "nfe": 5, "n": 8, "default": ["unipc", "karras"], "error": 0.1, "finals": [row]}
    payload = {"versions": {"diffusers": "0"}, "parity": [parity], "options": [row, broken], "seconds": 1.0}
    say(payload | {"best": [best | {"ratio": 0.25}, best | {"ratio": None}]}, 5)
    said = capsys.readouterr().out
    assert "DDIM: NOT EXPLAINED" in said
    assert "0.1000  unfog's default, unipc on karras: 0.25 of the best" in said
    assert "both exact" in said
    assert "2 runs of diffusers, of which 0 are refused and 1 end in nan or infinity" in said


@pytest.mark.slow
def test_an_environment_without_the_peers_is_an_error():
    with pytest.raises(UsageError, match=r"lacks a peer .*docs/peers.md"):
        Peers(sys.executable)


@pytest.mark.slow
def test_a_scheduler_in_another_process_is_driven_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "diffusers.py").write_text(FAKE)
    for name in ("diffusers", "k_diffusion"):
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    small, noise = points_problem("small", POINTS), start()[:, :3]
    with Peers(sys.executable) as peers:
        assert peers.versions["diffusers"] == "1.0"
        peers.give(small, noise)
        request = {"scheduler": "FakeScheduler", "options": {}, "steps": 3, "precise": False}
        ran = peers.run("small", request)
        assert peers.plan("FakeScheduler", {}, 3).scales == ((1.0, 80.0), (1.0, 5.0), (1.0, 1.0), (1.0, 0.0))
        with pytest.raises(RefusedError, match="two sigmas at least"):
            peers.run("small", request | {"options": {"sigmas": [1.0]}})
        rows = list(sweep(peers, small, noise, [Case("FakeScheduler", {})], [2, 3]))
    process, ts = grid([(1.0, 80.0), (1.0, 5.0), (1.0, 1.0), (1.0, 0.0)])
    x = process.sigma(ts[:1]).item() * noise
    ours = last(euler(FiniteData(POINTS).denoise(process), process, x, ts)).x
    assert ran.calls == 3
    assert (ran.end - ours).abs().max() <= 1e-10
    assert [row.calls for row in rows] == [2, 3]
    assert rows[1].error == pytest.approx(relative(ran.end, small.exact(80.0 * noise)))
