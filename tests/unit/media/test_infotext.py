"""Infotext: written as others write it, and read as they read it."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.recipes import recipe_of

from unfog.config.guide import GuideName
from unfog.config.sample import Layer, Layout, SampleConfig
from unfog.media.infotext import (
    GUIDES,
    Infotext,
    compose,
    in_one_piece,
    pairs,
    quote,
    read_infotext,
    unquote,
    write_infotext,
)

# The pattern of the programs that read infotext; quadratic on hostile text, so it is only the measure here.
THEIRS = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def test_the_text_of_a_recipe():
    assert write_infotext(recipe_of(seed=7)) == (
        "two green stars above a red circle\n"
        "Negative prompt: blurry: yes, very\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.5, Seed: 7, Size: 48x32,"
        " Model hash: 0123456789, Model: scenes-32, CFG rescale: 0.7, Version: unfog-0.1.0"
    )


def test_what_is_off_is_left_out():
    text = write_infotext(recipe_of(negative="", sample=SampleConfig()))
    assert text.count("\n") == 1
    assert not {"Eta", "CFG rescale", "SAG scale", "Negative prompt"} & set(re.findall(r"[\w ]+(?=:)", text))
    every = write_infotext(recipe_of(sample=SampleConfig(sampler="ddim", eta=0.5, sag=0.75, rescale=0.25)))
    assert ", Eta: 0.5, CFG rescale: 0.25, SAG scale: 0.75, Version" in every


def test_every_guidance_has_a_name_there():
    assert set(GUIDES) == set(GuideName.__args__)  # pyright: ignore[reportAttributeAccessIssue]
    assert all(re.fullmatch(r"\w[\w \-/]+", key) for key in GUIDES.values())


def test_our_own_is_read_back():
    info = read_infotext(write_infotext(recipe_of(prompt="first line\nsecond, with: a colon")))
    assert (info.prompt, info.negative) == ("first line\nsecond, with: a colon", "blurry: yes, very")
    assert info.fields["Sampler"] == "DPM++ 2M"
    assert (info.fields["Size-1"], info.fields["Size-2"]) == ("48", "32")
    assert info.fields["Seed"] == str(2**64 - 1)


def test_control_characters_are_left_out_and_others_stay():
    text = write_infotext(recipe_of(prompt="a\x00b\x1b]0;title\x07\tc\r\x9bd 👩\u200d🚀 é", negative="\x1b[2Jx"))
    assert text.startswith("ab]0;titlecd 👩\u200d🚀 é\nNegative prompt: [2Jx\nSteps")


@pytest.mark.parametrize(
    ("text", "prompt", "negative", "fields"),
    [
        ("", "", "", {}),
        ("only a prompt", "only a prompt", "", {}),
        ("a prompt\nSteps: 3, Seed: 4", "a prompt\nSteps: 3, Seed: 4", "", {}),  # two pairs belong to the prompt
        ("p\nSteps: 3, Seed: 4, Eta: 1", "p", "", {"Steps": "3", "Seed": "4", "Eta": "1"}),
        ("Steps: 3, Seed: 4, Eta: 1", "", "", {"Steps": "3", "Seed": "4", "Eta": "1"}),
        ("p\nNegative prompt: n\nm\nA1: 1, B1: 2, C1: 3", "p", "n\nm", {"A1": "1", "B1": "2", "C1": "3"}),
        ('p\nAa: "x, y: z", Bb: "no end, Cc: 3', "p", "", {"Aa": "x, y: z", "Bb": '"no end', "Cc": "3"}),
        ("p\nSize: 512x768, Hires resize: 1024x0, Seed: 1", "p", "", {
            "Size-1": "512", "Size-2": "768", "Hires resize-1": "1024", "Hires resize-2": "0", "Seed": "1",
        }),
        ('p\nLora hashes: "a: b, c: d", Seed: 1, VAE: "x\\"y:"', "p", "", {
            "Lora hashes": "a: b, c: d", "Seed": "1", "VAE": 'x"y:',
        }),
    ],
)  # fmt: skip
def test_reading(text, prompt, negative, fields):
    assert read_infotext(text) == Infotext(prompt, negative, fields)


@given(st.text(alphabet='aB1 _-/:,"\\\n\té', max_size=40))
@example('Aa: "x, y: z", Bb: "no, Cc: 3')
@example("-aa: 1, : 2, a: 3, aa : 4,aa:5")
@settings(max_examples=150, deadline=None)
def test_pairs_are_those_that_their_pattern_finds(line):
    line = line.replace("\n", " ")
    wanted = [(key, value.strip()) for key, value in THEIRS.findall(line)]
    assert list(pairs(line)) == wanted


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_reading_never_raises_and_values_survive(text):
    read_infotext(text)
    assert unquote(quote(text)) == text or text[:1] == text[-1:] == '"'


@given(
    prompt=st.text(alphabet="abc ,é", max_size=30),
    value=st.text(alphabet='ab:,"\\ ', min_size=1, max_size=20).map(str.strip).filter(lambda v: v[:1] != '"'),
)
@settings(max_examples=80, deadline=None)
def test_composed_and_read(prompt, value):
    info = Infotext(prompt.strip(), "no, really", {"Steps": "3", "Title": value, "Seed": "1"})
    assert read_infotext(compose(info)) == info


@pytest.mark.parametrize("text", ["a" * 100_000, "a:" * 50_000, 'a: "' * 30_000, "\\" * 90_000, "a: " + '"\\' * 40_000])
def test_hostile_text_takes_linear_time(text):
    begin = time.perf_counter()
    read_infotext("p\n" + text)
    assert time.perf_counter() - begin < 30  # with the pattern of others: minutes


def test_whether_it_was_painted_in_one_piece_is_told():
    layers = Layout(layers=(Layer(prompt="a cat"), Layer(prompt="a dog", to=0)))
    texts = [write_infotext(recipe_of(layout=layout)) for layout in (None, Layout(tile=True), layers)]
    assert [in_one_piece(read_infotext(text)) for text in texts] == [True, True, False]
    assert ", Layers: 2," in texts[2]
    assert not in_one_piece(read_infotext("a cat\nSteps: 9, Sampler: DDIM, Seed: 1, Version: v1.10.1"))
