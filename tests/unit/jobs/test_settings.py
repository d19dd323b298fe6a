"""What was chosen replaces what is recommended, and nothing that would have no effect is accepted."""

from __future__ import annotations

from typing import get_args

import pytest
from tests.support.models import tiny_config
from tests.support.saved import manifest_of

from unfog.config.guide import CFGPP_SAMPLERS, GUIDES, Guide, GuideName
from unfog.config.sample import SampleConfig
from unfog.guidance import GUIDANCES
from unfog.guidance.cfgpp import EXACT
from unfog.jobs.settings import Chosen, request_for, settle
from unfog.util.errors import ModelError, UsageError

RECOMMENDED = SampleConfig(
    sampler="ddim", grid="karras", steps=17, guidance=2.5, interval=(-2, 3), rescale=0.3, sag=0.2, eta=0.4
)
MANIFEST = manifest_of(tiny_config(), sample=RECOMMENDED)


def test_nothing_chosen_is_what_is_recommended():
    assert settle(MANIFEST, Chosen()) == RECOMMENDED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grid", "uniform"),
        ("steps", 1),
        ("guidance", 0.0),
        ("interval", (0.0, 1.0)),
        ("rescale", 0.0),
        ("sag", 0.0),
        ("eta", 0.0),
    ],
)
def test_one_choice_changes_one_setting(name, value):
    assert settle(MANIFEST, Chosen(**{name: value})) == RECOMMENDED.model_copy(update={name: value})


def test_guides():
    """Stored with their number, never with a default; the names are those that the program knows."""
    sample = settle(MANIFEST, Chosen(guide=("pag", "seg:0.5", "tcfg")))
    assert [(g.name, g.value) for g in sample.guide] == [("pag", 2.0), ("seg", 0.5), ("tcfg", None)]
    assert set(GUIDES) == set(get_args(GuideName)) <= set(GUIDANCES)
    assert CFGPP_SAMPLERS == EXACT
    for name, fact in GUIDES.items():
        assert Guide.of(name).value == (fact.number and fact.number.default)
    cfgpp = request_for(MANIFEST, "a", Chosen(guide=("cfgpp:0.7",), guidance=1.0, eta=0.0), negative="x")
    assert cfgpp.sample.guide[0].value == 0.7


def test_fresh_noise_belongs_to_its_sampler():
    assert settle(MANIFEST, Chosen(sampler="unipc")) == RECOMMENDED.model_copy(update={"sampler": "unipc", "eta": 0.0})
    assert settle(MANIFEST, Chosen(sampler="ddim")).eta == 0.4
    assert settle(MANIFEST, Chosen(sampler="unipc", eta=0.1)).eta == 0.1  # and is refused below


def test_names_of_other_programs():
    joined = settle(MANIFEST, Chosen(sampler="DPM++ 2M Karras"))
    assert (joined.sampler, joined.grid) == ("dpmpp_2m", "karras")
    assert joined == settle(MANIFEST, Chosen(sampler="dpmpp_2m", grid="karras"))
    given = settle(MANIFEST, Chosen(sampler="DPM++ 2M Karras", grid="Exponential"))
    assert (given.sampler, given.grid) == ("dpmpp_2m", "log_snr")
    assert settle(MANIFEST, Chosen(grid="Automatic")) == settle(MANIFEST, Chosen())


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (Chosen(sampler="dpmpp_2mm"), "unknown sampler 'dpmpp_2mm'; did you mean 'dpmpp_2m'.*ddpm, ddim, euler"),
        (Chosen(sampler="DDIN"), "did you mean 'ddim'"),
        (Chosen(grid="karas"), "unknown grid 'karas'; did you mean 'karras'"),
        (Chosen(steps=0), "steps = 0 is not allowed"),
        (Chosen(steps=10**9), "steps = 1000000000 is not allowed: .*1000"),
        (Chosen(guidance=float("nan")), "guidance = NaN"),
        (Chosen(guidance=-1), "guidance = -1"),
        (Chosen(guide=("pagg",)), "unknown guidance 'pagg'; did you mean 'pag'"),
        (Chosen(guide=("pag:11",)), r"the strength of pag must be within 0\.\.10, got 11"),
        (Chosen(guide=("apg:x",)), "'apg:x' has no number after the colon"),
        (Chosen(guide=("tcfg:1",)), "tcfg takes no number"),
        (Chosen(guide=("pag:-1",)), "value = -1"),
        (Chosen(guide=("apg", "fdg")), "the guides apg and fdg replace the same thing"),
        (Chosen(guide=("pag", "pag:3")), "the guides pag and pag replace the same thing"),
    ],
)
def test_bad_choices(chosen, said):
    with pytest.raises(UsageError, match=said):
        settle(MANIFEST, chosen)


def test_a_model_without_caption_dropout_is_not_guided():
    manifest = manifest_of(tiny_config(), dropout=0.0, sample=SampleConfig(guidance=4.0, sag=0.5))
    assert (settle(manifest, Chosen()).guidance, settle(manifest, Chosen()).sag) == (1.0, 0.0)
    request_for(manifest, "a", Chosen())
    request_for(manifest, "a", Chosen(guide=("pag",)))  # compares the condition with itself
    for chosen in (Chosen(guidance=2.0), Chosen(sag=0.5), Chosen(guide=("cfgpp",), sampler="euler")):
        with pytest.raises(UsageError, match=r"trained without dropping captions.* use --guidance 1 and no --sag"):
            request_for(manifest, "a", chosen)


@pytest.mark.parametrize(
    ("chosen", "options", "said"),
    [
        (Chosen(guidance=1.0), {"negative": "x"}, "no effect at guidance 1"),
        (Chosen(guidance=1.0, guide=("pag", "apg")), {}, "--guide apg has no effect at guidance 1"),
        (Chosen(guide=("cfgpp",), sampler="unipc"), {}, "a step of unipc cannot express; use --sampler ddim or euler"),
        (Chosen(guide=("cfgpp",)), {}, "a step of ddim with eta 0.4 cannot express; use --sampler .* and --eta 0"),
        (Chosen(sampler="unipc", eta=0.5), {}, "--eta has no effect on the sampler unipc; use --sampler ddim"),
        (Chosen(interval=(2.0, 1.0)), {}, "interval 2 1 is empty"),
        (Chosen(interval=(2.0, 2.0)), {}, "interval 2 2 is empty"),
        (
            Chosen(),
            {"canvas": (129, 16)},
            "129x16 pixels is too large .*trained at 16: a side is at most 128",
        ),
        (Chosen(), {"size": (129, 16)}, "a canvas of 129x16 pixels is too large"),
        (Chosen(), {"size": (64, 64), "canvas": (24, 16)}, "24x16 does not become a picture of 64x64 without"),
        (Chosen(), {"size": (2049, 2049)}, "enlarged to at most 2048 pixels a side, not to 2049x2049"),
        (Chosen(), {"size": (64, 64), "native": True}, "say --canvas instead of --size"),
        (Chosen(), {"size": (16, 7)}, r"size\.1 = 7"),
        (Chosen(), {"n": 0}, "n = 0"),
        (Chosen(), {"seed": 2**64}, "seed = 18446744073709551616"),
    ],
)
def test_what_would_have_no_effect_or_makes_no_sense(chosen, options, said):
    with pytest.raises(UsageError, match=said):
        request_for(MANIFEST, "a", chosen, **options)


def test_the_request():
    request = request_for(MANIFEST, "a", Chosen(steps=3), n=2, seed=2**64 - 1, negative=" b ", size=(64, 8))
    assert (request.prompt, request.negative, request.n) == ("a", " b ", 2)
    assert (request.canvas, request.size) == ((128, 16), (64, 8))
    assert request.sample == RECOMMENDED.model_copy(update={"steps": 3})
    blank = request_for(MANIFEST, "a", Chosen(guidance=1.0), negative="  ")  # steers nowhere, so nothing is lost
    assert blank.sample.guidance == 1.0


@pytest.mark.parametrize(
    ("options", "canvas", "size"),
    [
        ({}, (16, 16), (512, 512)),
        ({"native": True}, (16, 16), (16, 16)),
        ({"canvas": (24, 16)}, (24, 16), (512, 341)),
        ({"canvas": (24, 16), "native": True}, (24, 16), (24, 16)),
        ({"size": (300, 200)}, (24, 16), (300, 200)),
        ({"size": (200, 300), "canvas": (16, 24)}, (16, 24), (200, 300)),
        ({"longest": 100}, (16, 16), (100, 100)),
        ({"longest": 8}, (16, 16), (16, 16)),  # nothing is made smaller unless somebody asks
    ],
)
def test_what_is_painted_and_what_is_saved(options, canvas, size):
    request = request_for(MANIFEST, "a", Chosen(), **options)
    assert (request.canvas, request.size) == (canvas, size)


@pytest.mark.parametrize("config", [tiny_config(ndim=1), tiny_config(channels=2)])
def test_a_model_of_something_else_makes_no_pictures(config):
    with pytest.raises(ModelError, match="makes no pictures"):
        request_for(manifest_of(config), "a", Chosen())
