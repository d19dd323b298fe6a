"""A run that starts from a model that draws may learn to complete pictures; nothing else of the network changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.support.models import tiny_config, tiny_model
from tests.support.saved import save_tiny

from unfog.config.model import ModelConfig
from unfog.config.train import RunConfig
from unfog.jobs.start import begin_with, with_start
from unfog.model.store import load_model
from unfog.util.errors import UsageError

LEARNED = frozenset({"model.completes"})


def run_config(*, completes: bool) -> RunConfig:
    return RunConfig(model=tiny_config().model_copy(update={"completes": completes}))


def test_what_is_known_enters_by_weights_of_zero(tmp_path: Path) -> None:
    lent = load_model(save_tiny(tmp_path / "lent", seed=3))
    config = with_start(run_config(completes=True), tmp_path / "lent", LEARNED)
    assert isinstance(config.model, ModelConfig)
    made = tiny_model(config.model, seed=5).eval()
    begin_with(made, tmp_path / "lent")
    x, level = torch.linspace(-2, 2, 3 * 16 * 16).view(1, 3, 16, 16), torch.tensor([0.3])
    with torch.no_grad():
        cond = lent.condition(["a red circle"])
        drawn = lent.denoiser.net(x, level, cond)
        assert drawn.abs().mean() > 0.01
        torch.testing.assert_close(made.denoiser.net(x, level, cond), drawn, atol=1e-2, rtol=1e-2)
        told = replace(cond, control=made.told(x, torch.ones(1, 1, 16, 16)))
        torch.testing.assert_close(made.denoiser.net(x, level, told), made.denoiser.net(x, level, cond))
        made.denoiser.net.get_parameter("stem.weight")[:, 12:28] = 0.1
        assert not torch.allclose(made.denoiser.net(x, level, told), made.denoiser.net(x, level, cond), atol=1e-2)


@pytest.mark.parametrize("chosen", ["model.net.blocks", "model.completes"])
def test_what_a_start_decides_is_not_set(tmp_path: Path, chosen: str) -> None:
    save_tiny(tmp_path / "lent", tiny_config().model_copy(update={"completes": True}))
    with pytest.raises(UsageError, match=f"leave out --set {chosen}"):
        with_start(run_config(completes=False), tmp_path / "lent", frozenset({chosen}))
