"""The hold-outs are frozen: pinned answers, shares that stay what they were, and what is never held."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest

from unfog.data.compose.hold import (
    PROTECTED,
    TRIPLES,
    held_colour_shape,
    held_concept_style,
    held_count,
    held_pair,
    held_triple,
    unseen_family,
)
from unfog.data.compose.scene import SHAPES, STYLES
from unfog.data.scenes_palette import COLOURS

TURTLE, SUNGLASSES, BASKETBALL = "1F422", "1F576", "1F3C0"
CODES = [f"1F{n:03X}" for n in range(0x300, 0x700)]


def test_pinned_families() -> None:
    unseen = ("1F99D", "1F9A5", "1F36E", "1F429", "1F6C1", "1FA95")
    seen = ("1F98F", "1F410", "P-200D-1F393", "1F483", "1F421", "1F384")
    assert [unseen_family(family) for family in unseen] == [True] * 6
    assert [unseen_family(family) for family in seen] == [False] * 6


def test_the_most_useful_things_are_never_unseen(repo: Path) -> None:
    table = tomllib.loads((repo / "tools/sprite_names.toml").read_text("utf-8"))
    folded = {code: head for head, codes in table["family"].items() for code in codes.split()}
    people = {"1F468": "P", "1F469": "P", "1F9DC-200D-2640": "1F9DC", "1F9D1-200D-1F680": "P-200D-1F680"}
    families = {folded.get(code, people.get(code, code)) for part in ("best", "better") for code in table[part]}
    assert families == PROTECTED
    assert {TURTLE, SUNGLASSES, BASKETBALL} <= PROTECTED
    assert not any(map(unseen_family, PROTECTED))


def test_somebodys_own_pictures_are_always_seen() -> None:
    assert not any(unseen_family(name) for name in ("my cat", "cat", "CAFE", "1F", "1f99d", "P:x", "", "1F99D-"))


def test_pinned_colours_and_shapes() -> None:
    held = {f"{colour} {shape}" for colour in COLOURS for shape in SHAPES if held_colour_shape(colour, shape)}
    assert held == {
        *("red cross", "orange circle", "yellow ring", "yellow diamond", "green triangle", "green star", "green ring"),
        *("blue heart", "purple square", "purple triangle", "purple cross", "pink square", "pink triangle"),
        *("pink hexagon", "brown heart", "brown hexagon", "brown crescent", "black circle", "black crescent"),
        *("black arrow", "white star", "gray heart", "gray diamond", "gray arrow"),
    }


def test_every_colour_and_shape_keeps_more_than_half_of_its_partners() -> None:
    for colour in COLOURS:
        assert 1 <= sum(held_colour_shape(colour, shape) for shape in SHAPES) <= len(SHAPES) // 3
    for shape in SHAPES:
        assert 1 <= sum(held_colour_shape(colour, shape) for colour in COLOURS) <= len(COLOURS) // 3


def test_pinned_styles() -> None:
    things = ("1F422", "1F408", "1F415", "1F98A", "1F697", "1F34E", "1F41F")
    styles = ("noto", "blob", "3d", "flat", "twemoji", *STYLES, "")
    assert {(code, style) for code in things for style in styles if held_concept_style(code, style)} == {
        *(("1F422", "sketch"), ("1F422", "sticker"), ("1F408", "pixel art"), ("1F408", "neon"), ("1F415", "twemoji")),
        *(("1F415", "embroidery"), ("1F697", "twemoji"), ("1F697", "blueprint"), ("1F34E", "sketch")),
        ("1F41F", "outline"),
    }


def test_things_are_always_seen_without_a_style_and_alone() -> None:
    assert not any(held_concept_style(code, style) for code in CODES for style in ("", "plain"))
    assert not any(held_count(count, code) for code in CODES for count in (0, 1))
    assert not any(held_pair(code, code) for code in CODES)


def test_pinned_pairs_in_either_order() -> None:
    things = ("1F422", "1F408", "1F415", "1F98A", "1F697", "1F34E", "1F41F", "1F355", "1F680", "1F3F0", "1F916")
    held = {("1F422", "1F680"), ("1F408", "1F3F0"), ("1F697", "1F680"), ("1F41F", "1F916")}
    assert {pair for pair in itertools.combinations(things, 2) if held_pair(*pair)} == held
    assert all(held_pair(b, a) == held_pair(a, b) for a, b in itertools.combinations(things, 2))


def test_pinned_counts() -> None:
    things = ("1F422", "1F408", "1F415", "1F41F", "1F355", "1F680", "1F3C0")
    assert {(n, code) for code in things for n in range(8) if held_count(n, code)} == {
        *((6, "1F408"), (4, "1F415"), (3, "1F41F"), (3, "1F355"), (5, "1F680"), (7, "1F680"), (3, "1F3C0")),
        (4, "1F3C0"),
    }


@pytest.mark.parametrize("triple", TRIPLES)
def test_three_things_never_all_together_but_each_two_of_them(triple: frozenset[str]) -> None:
    assert not any(held_pair(a, b) for a, b in itertools.permutations(triple, 2))
    assert held_triple([*triple, "1F408"])
    assert not any(held_triple(pair) for pair in itertools.combinations(triple, 2))
    assert not held_triple(())


def test_the_triple_is_turtle_sunglasses_basketball() -> None:
    assert held_triple((BASKETBALL, TURTLE, SUNGLASSES))
    assert not held_triple((BASKETBALL, TURTLE, "1F453"))


def test_shares_over_many_names() -> None:
    """1,024 names: the standard deviation of a share is at most 1.6 %, of pairs (over 12,000 of them) 0.2 %."""
    families = [code for code in CODES if code not in PROTECTED]
    assert sum(map(unseen_family, families)) / len(families) == pytest.approx(0.433, abs=0.04)
    styled = [held_concept_style(code, style) for code in CODES for style in ("noto", "3d", "neon")]
    assert sum(styled) / len(styled) == pytest.approx(0.10, abs=0.02)
    counted = [held_count(n, code) for code in CODES for n in (2, 3, 6)]
    assert sum(counted) / len(counted) == pytest.approx(0.10, abs=0.02)
    pairs = [held_pair(a, b) for a, b in itertools.combinations(CODES[:160], 2)]
    assert sum(pairs) / len(pairs) == pytest.approx(0.05, abs=0.008)
