"""The import rule, and that the checks of annotations are on while tests run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from beartype.roar import BeartypeCallHintViolation


def test_every_import_points_downwards(repo):
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_shapes_are_checked_here():
    from unfog.core.oracle import FiniteData
    from unfog.core.process import Process
    from unfog.core.schedule import Flow
    from unfog.util.random import philox

    with pytest.raises(BeartypeCallHintViolation):  # one argument
        philox(torch.zeros(3, 5, dtype=torch.int64), torch.zeros(3, 2, dtype=torch.int64))
    with pytest.raises(BeartypeCallHintViolation):  # two arguments that do not agree
        Process(Flow()).noise(torch.zeros(3, 2), torch.zeros(3, 5), torch.zeros(3))
    with pytest.raises(BeartypeCallHintViolation):  # no named axis
        Flow().alpha(torch.zeros(3, dtype=torch.int64))
    with pytest.raises(BeartypeCallHintViolation):  # a field
        FiniteData(torch.zeros(3))
    with pytest.raises(BeartypeCallHintViolation):  # a field of another kind
        Process(0.5)  # pyright: ignore[reportArgumentType]


def test_gradients_are_off_inside_a_sampler_and_on_outside():
    """Also under the checks: tests/conftest.py keeps generator functions recognisable to ``torch.no_grad``."""
    from unfog.core.grid import GRIDS
    from unfog.core.process import Process
    from unfog.core.schedule import SCHEDULES
    from unfog.samplers import SAMPLERS
    from unfog.util.random import Noise

    process = Process(SCHEDULES["vp_linear"])
    ts = GRIDS["uniform"](process, 3)
    noise = Noise((5,), (2,), dtype=torch.float64)
    for name, sampler in SAMPLERS.items():
        inside: list[bool] = []

        def denoise(x, t, inside=inside):
            inside.append(torch.is_grad_enabled())
            return x * 0.5

        outside = [torch.is_grad_enabled() for _ in sampler.run(denoise, process, noise(0), ts, noise=noise)]
        assert len(outside) == 3, name
        assert all(outside), name
        assert len(inside) >= 3, name
        assert not any(inside), name
