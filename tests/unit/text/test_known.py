"""What a model was never shown is named, and nothing that it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import ImageColor
from tests.support.compose_sprites import UNSEEN, make_sprites

from unfog.config.manifest import Knowledge
from unfog.data.compose.caption import TRAIN
from unfog.data.compose.dataset import Compositions
from unfog.jobs.knowledge import knowledge_of
from unfog.text.known import Known, nearest_colour
from unfog.text.spelling import one_edit, stem, words_of
from unfog.text.things import distance, things


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return knowledge_of(Compositions(make_sprites(), 32))


@pytest.fixture(scope="module")
def known(knowledge) -> Known:
    return Known(knowledge)


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("犬", ["犬"]),
        ("一只犬", ["犬"]),
        ("猫", []),
        ("一只猫", []),
        ("猫 和 猫", []),
        ("猫犬", []),
        ("猫大犬", ["大犬"]),
        ("いぬ", ["いぬ"]),
        ("の", []),
    ],
)
def test_a_single_sign_is_a_word_unless_it_stands_beside_a_name(prompt, unknown):
    assert [text for text, _ in strange(Known(Knowledge(names={"ja": "猫"})), prompt)] == unknown


def strange(known: Known, prompt: str) -> list[tuple[str, str | None]]:
    return [(one.text, one.nearest) for one in known.unknown(prompt)]


def test_no_training_caption_has_an_unknown_word(known):
    """In English and twelve other languages; the law that holds the word lists to what captions say."""
    made = Compositions(make_sprites(), 32, replace(TRAIN, typos=0, foreign=0.3))
    assert {text: strange(known, text) for text in made.captions(300) if known.unknown(text)} == {}


def test_what_training_shows_is_in_the_manifest_and_what_it_holds_back_is_not(knowledge):
    concepts = [text.split("|") for text in knowledge.concepts]
    assert ["umbrella", "brolly"] in concepts
    assert ["circle"] in concepts
    assert [UNSEEN] not in concepts
    assert knowledge.names["de"].split("|") == ["Schildkröte", "Katze", "Hund", "Apfel", "Schirm", "Berg"]
    assert {"turquoise", "violet", "four", "6", "3x", "rotes", "左"} & set(knowledge.words.split()) == {
        *("violet", "four", "6", "3x", "rotes"),
    }
    assert {"watercolor", "noto"} <= set(knowledge.styles)
    assert Knowledge.model_validate_json(knowledge.model_dump_json()) == knowledge


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a turtle wearing glasses", []),
        ("Two TURTLES, three cats' hats and an apple!", []),
        ("a brollly", [("brollly", None)]),
        ("the dog that holds it with some bacon", []),
        ("eine Katze und ein Hund", []),
        ("a turtle playing", [("playing", None)]),
        ("a turtle wearing sunglasses", [("sunglasses", "glasses")]),
        ("a basketball", [("basketball", "volleyball")]),
        ("a boat", [("boat", None)]),
        ("a goat", [("goat", "ox")]),
        ("paper", []),  # on paper
        ("a clip", [("clip", None)]),
        ("seven cats", [("seven", "six")]),
        ("12 cats", [("12", "six")]),
        ("a turquoise cat, navy blue", [("turquoise", "green"), ("navy", "blue")]),
        ("a polar bear with a fish, a fish", [("polar bear", "bear face"), ("fish", "turtle")]),
        ("top secret", [("secret", None)]),  # at the top
        ("ピアノ", [("ピアノ", None)]),
        ("", []),
        ("!!! ,,, 🐢", []),
    ],
    ids=str,
)
def test_prompts(known, prompt, found):
    assert strange(known, prompt) == found


def test_how_it_is_said(known):
    (one,) = known.unknown("an accordion")
    assert str(one) == "'accordion' is not something I know"
    music = Known(Knowledge(concepts=("violin|fiddle", "saxophone|sax", "dog")))
    (one,) = music.unknown("an accordion")
    assert str(one) == "'accordion' is not something I know; nearest: 'saxophone'"
    assert strange(music, "a fiddle and a motordog") == [("motordog", None)]
    assert strange(Known(Knowledge(concepts=("boat",))), "a motorboat") == [("motorboat", "boat")]
    assert strange(Known(Knowledge(concepts=("ring",))), "wearing") == [("wearing", None)]


def test_without_names_of_things_the_nearest_is_a_word_of_the_captions():
    known = Known(Knowledge(words="violin dog red"))
    assert strange(known, "a red cello with a trumpet and a wolf") == [
        ("cello", None),
        ("trumpet", "violin"),
        ("wolf", "dog"),
    ]


def test_a_long_prompt_takes_no_time(known):
    words = [f"{a}{b}{c}xq" for a in "abcdefgh" for b in "stuvwxyz" for c in "aeiou"]
    assert len(known.unknown(" ".join(words))) == len(words)
    assert len(known.unknown("\ufdfa" * 4096)) <= 4096 // 2  # as written out, it has 73 727 characters


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("turtle", "turtle", True),
        ("turtle", "trutle", True),
        ("turtle", "turle", True),
        ("turtle", "turttle", True),
        ("turtle", "turtke", True),
        ("turtle", "tutrel", False),
        ("turtle", "turt", False),
        ("cat", "dog", False),
    ],
)
def test_one_edit(one, other, near):
    assert one_edit(one, other) is one_edit(other, one) is near


def test_words_and_stems():
    assert words_of("a cat's t-shirt, 8-bit; l'étoile कछुआ") == ["a", "cat", "t", "shirt", "8-bit", "l'étoile", "कछुआ"]
    assert {stem(w) for w in ("wear", "wears", "wearing")} == {"wear"}
    assert {stem(w) for w in ("ride", "rides", "riding")} == {"rid"}
    assert [stem(w) for w in ("king", "string", "dress", "bus", "sitting")] == ["king", "string", "dress", "bus", "sit"]


def test_the_table_of_things():
    table = things()
    assert len(table.rows) > 1200
    by_name = {name: row for row in table.rows for name in row.names}
    assert by_name["accordion"].subgroup == by_name["saxophone"].subgroup == "musical-instrument"
    assert by_name["bread"].subgroup == "food-prepared"
    assert all(row.names and row.group and row.subgroup for row in table.rows)
    assert [distance(5, known) for known in (5, 4, 2, 6, 7)] == [0, 1, 3, 4, 6]
    assert table.nearest("happy", ["birthday cake", "smiley"]) == "smiley"
    assert table.nearest("sonata", ["turtle"]) is None


def test_nearest_colour():
    assert [nearest_colour(name) for name in ("crimson", "dark blue", "gold", "beige", "indigo")] == [
        *("red", "blue", "yellow", "white", "purple")
    ]
    assert nearest_colour("turtle") is None


def test_colours_that_the_image_library_has_looked_up_before():
    """It puts numbers in the place of the text in its own table."""
    assert ImageColor.getrgb("crimson") == (220, 20, 60)
    assert nearest_colour("crimson") == "red"
