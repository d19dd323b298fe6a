"""``--set a.b=c``: another kind replaces its section, everything else is one value."""

from __future__ import annotations

import pytest

from unfog.config.ask import parse_ask
from unfog.config.model import ModelConfig, UNetConfig
from unfog.config.presets import small
from unfog.config.train import LogNormalConfig, MinSNRConfig, RunConfig, UniformConfig
from unfog.util.errors import UsageError


def test_another_kind_leaves_nothing_of_the_former_one() -> None:
    config = RunConfig().override(["train.density.kind=uniform", "model.net.kind=unet", "train.weight.kind=min_snr"])
    assert config.train.density == UniformConfig()
    assert config.model == ModelConfig(net=UNetConfig())
    assert config.train.weight == MinSNRConfig(gamma=5.0)


def test_a_new_kind_can_be_set_further_at_once() -> None:
    config = RunConfig().override(["model.net.kind=unet", "model.net.widths=[16, 48]", "model.net.attend=[1]"])
    assert config.model == ModelConfig(net=UNetConfig(widths=(16, 48), attend=(1,)))


def test_what_is_set_beside_a_new_kind_is_kept_whatever_the_order() -> None:
    config = RunConfig().override(["train.weight.gamma=3", "train.weight.kind=min_snr"])
    assert config.train.weight == MinSNRConfig(gamma=3.0)
    other = small(32).override(["train.optimiser.method=adamw"]).train.optimiser
    assert (other.method, other.lr) == ("adamw", small(32).train.optimiser.lr)


def test_the_same_kind_again_changes_nothing() -> None:
    config = RunConfig().override(["train.density.mean=-0.7", "train.density.kind=log_normal"])
    assert config.train.density == LogNormalConfig(mean=-0.7)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match=r"train\.density = .*'log_normal', 'uniform'"):
        RunConfig().override(["train.density.kind=normal"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": "edit", "prompt": "a"}, "inputs is missing"),
        ({"task": "generate", "colour": 1}, "colour = 1 is not allowed: there is no such field"),
        ({"task": "generate", "chosen": {"guidence": 3}}, "chosen.guidence = 3 is not allowed: there is no such field"),
        ({"task": "generate", "size": 512}, "size = 512 is not allowed: it must be a list"),
        ({"task": "generate", "n": 17}, "n = 17 is not allowed: Input should be less than or equal to 16"),
        ({"task": "explain", "what": "forward"}, "forward needs a picture, and reverse takes none"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(fields, said) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ask(fields)
    assert str(caught.value) == said
