"""``--set a.b=c``: another kind replaces its section, everything else is one value."""

from __future__ import annotations

import pytest

from unfog.config.ask import parse_ask
from unfog.config.model import ModelConfig, UNetConfig
from unfog.config.presets import small
from unfog.config.sample import SampleConfig
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
    with pytest.raises(UsageError, match=r"train\.density\.kind = .*'log_normal', 'uniform'"):
        RunConfig().override(["train.density.kind=normal"])


SEED = "it must be a whole number from 0 to 18446744073709551615 (2^64 - 1)"
GIF = "it must be 'gif' or 'png'; did you mean 'gif'?"
ID = "is not allowed: it must be 32 characters of 0-9 and a-f, as they were told"
NAME = "it must be a name: at most 80 letters, digits, '_', '.' and '-' without blanks, and neither '.' nor '-' first"
WAYS = "'img2img', 'inversion', 'inpaint', 'restyle', 'denoise', 'restore', 'upscale'"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"task": "edit", "prompt": "a"}, "inputs is missing"),
        ({"task": "generate", "size": 512}, "size = 512 is not allowed: it must be a list [width, height]"),
        ({"task": "generate", "size": "9x9"}, 'size = "9x9" is not allowed: it must be a list [width, height]'),
        ({"task": "generate", "size": [512]}, "size.1 is missing; write [width, height]"),
        ({"task": "generate", "n": 17}, "n = 17 is not allowed: it must be at most 16"),
        ({"task": "generate", "n": "x"}, 'n = "x" is not allowed: it must be a whole number'),
        ({"task": "generate", "seed": "9" * 23}, f'seed = "{"9" * 23}" is not allowed: {SEED}'),
        ({"task": "generate", "seed": 2**64}, f"seed = {2**64} is not allowed: {SEED}"),
        ({"task": "generate", "seed": -1}, f"seed = -1 is not allowed: {SEED}"),
        ({"task": "morph", "prompts": ["a", "b"], "format": "gfi"}, f'format = "gfi" is not allowed: {GIF}'),
        ({"task": "edit", "inputs": {"picture": "x"}, "way": {"kind": "upscale"}}, f'inputs.picture = "x" {ID}'),
        ({"task": "edit", "inputs": {}, "way": {"kind": "imgimg"}}, "inputs.picture is missing"),
        ({"task": "generate", "model": "../x"}, f'model = "../x" is not allowed: {NAME}'),
        ({"task": "generate", "chosen": {"guide": "pag"}}, 'chosen.guide = "pag" is not allowed: it must be a list'),
        ({"task": "generate", "n": 10**5000}, "n = ... is not allowed: it must be at most 16"),
        ({"task": "explain", "what": "forward"}, "forward needs a picture, and reverse takes none"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(fields, said) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ask(fields)
    assert str(caught.value) == said


def edit(way: object, **more: object) -> dict[str, object]:
    return {"task": "edit", "inputs": {"picture": "0" * 32}, "way": way, **more}


@pytest.mark.parametrize(
    ("fields", "where", "meant", "there"),
    [
        ({"task": "generate", "promt": "a"}, "promt", "prompt", "model, negative, chosen"),
        ({"task": "generate", "negativ": "a"}, "negativ", "negative", "model, negative, chosen"),
        ({"task": "generate", "steps": 3}, "steps", "chosen.steps", "model, negative, chosen"),
        ({"task": "generate", "samplr": 3}, "samplr", "chosen.sampler", "model, negative, chosen"),
        ({"task": "generate", "chosen": {"samplr": 3}}, "chosen.samplr", "chosen.sampler", "sampler, grid, steps"),
        (edit({"kind": "img2img", "strenth": 3}), "way.strenth", "way.strength", "kind, strength"),
        (edit({"kind": "img2img"}, strength=3), "strength", "way.strength", "model, negative, chosen"),
        ({"task": "generate", "qqqqqq": 3}, "qqqqqq", None, "model, negative, chosen"),
    ],
)
def test_of_a_field_that_is_not_known_the_nearest_is_said(fields, where, meant, there) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ask(fields)
    hint = "." if meant is None else f"; did you mean '{meant}'?"
    assert f"{where} = " in str(caught.value)
    assert f"is not allowed: there is no such field{hint} There are: {there}" in str(caught.value)
    assert caught.value.field == where


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (
            {"kind": "imgimg"},
            f"way.kind = \"imgimg\" is not allowed: it must be one of {WAYS}; did you mean 'img2img'?",
        ),
        ({"kind": "x"}, f'way.kind = "x" is not allowed: it must be one of {WAYS}'),
        ({}, f"way.kind is missing; it must be one of {WAYS.replace(chr(39), '')}"),
        (3, "way = 3 is not allowed: it must be an object"),
    ],
)
def test_of_a_way_that_is_not_known_all_are_said(way, said) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ask(edit(way))
    assert str(caught.value) == said


def test_of_many_names_the_nearest_and_the_first_are_said() -> None:
    with pytest.raises(UsageError, match=r"it must be 'ddpm', 'ddim', .*\.\.\.; did you mean 'unipc'\?$") as caught:
        SampleConfig.parse({"sampler": "unipcc"})
    assert len(str(caught.value)) < 300


def test_a_name_that_is_not_known_may_be_long() -> None:
    with pytest.raises(UsageError) as caught:
        parse_ask({"task": "generate", "x" * 10**6: 1})
    assert len(str(caught.value)) < 300
