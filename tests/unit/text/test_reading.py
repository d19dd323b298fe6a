"""Typing mistakes are undone, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.compose_sprites import make_sprites

from unfog.config.manifest import Knowledge
from unfog.data.compose.caption import TRAIN
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.typo import with_every_word_misspelt
from unfog.data.scenes import dice_of
from unfog.jobs.knowledge import knowledge_of
from unfog.model.locate import locate
from unfog.model.store import load_model
from unfog.text.reading import Reading, reading_of
from unfog.util.random import Draw


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return knowledge_of(Compositions(make_sprites(), 32))


@pytest.fixture(scope="module")
def reading(knowledge: Knowledge) -> Reading:
    return Reading(knowledge)


@pytest.fixture(scope="module")
def embedded() -> Reading:
    knows = locate("emoji-64").manifest.knows
    assert knows is not None
    return Reading(knows)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a hamburgr", "a hamburger"),
        ("A Hamburgr!", "A hamburger!"),
        ("a caat face", "a cat face"),
        ("a 🐱 wearing 🕶️, flying", "a cat face wearing sunglasses, flying"),
        ("🐢🏀 🐶", "turtle and basketball and dog face"),
        ("three🍎s", "three red apple s"),
        ("🔴, ❤️ and ⚫", "large red circle, red heart and black circle"),
        ("👩🏽‍🚀 → 2 × ½", "woman → 2 × ½"),
        ("😍", "smiling face with heart-shaped eyes"),
        ("red haert on a yelow bckground", "red heart on a yellow background"),
        ("two dgos", "two dogs"),
        ("a police csr", "a police car"),
        ("frnch freis", "french fries"),
        ("conr", "corn"),
        ("a cr", "a car"),
        ("a boat and a boot", "a boat and a boot"),
        ("an accordion", "an accordion"),
        ("a csr", "a csr"),
        ("a cold lake", "a cold lake"),
        ("a new world, a friend at home", "a new world, a friend at home"),
        ("a young bird", "a young bird"),
        ("a red sphere in a valley", "a red sphere in a valley"),
        ("a hive in a grove, moss and a loaf", "a hive in a grove, moss and a loaf"),
        ("pale tree, bold lines", "pale tree, bold lines"),
        ("a pine tre", "a pine tree"),  # "tre" is three in Italian
        ("wine glas", "wine glass"),
        ("een ring, sepia", "een ring, sepia"),
        ("una estrella negra a la izquierda", "una estrella negra a la izquierda"),
        ("due cuori rosa a sinistra", "due cuori rosa a sinistra"),
        ("a dog, 4k, highly detailed", "a dog, highly detailed"),
        ("8K, a dog", "a dog"),
        ("a dog 4k", "a dog"),
        ("4k", ""),
        ("a dog, 8bit, x3", "a dog, 8-bit, x3"),
        ("an mp3 player", "an player"),
        ("2只猫", "2只猫"),
        ("3匹の猫、4k", "3匹の猫、"),
        ("고양이 3마리", "고양이 3마리"),
        ("две собаки, 4к", "две собаки"),
        ("3x dogs, 8-bit, 3d, 2 cats, 3dogs", "3x dogs, 8-bit, 3d, 2 cats, 3dogs"),
        ("a dog,, a cat", "a dog,, a cat"),
        ("eine rote schre", "eine rote schere"),
        ("eine Schildkröte", "eine Schildkröte"),
        ("une pomme rouge", "une pomme rouge"),
        ("乌龟", "乌龟"),
        ("", ""),
    ],
)
def test_what_is_typed_and_what_is_read(embedded, typed, read):
    assert embedded(typed) == read


def test_no_training_caption_is_changed(reading):
    made = Compositions(make_sprites(), 32, replace(TRAIN, typos=0, foreign=0))
    assert {text: reading(text) for text in made.captions(300) if reading(text) != text} == {}


def test_most_captions_with_a_mistake_in_every_word_are_restored(reading):
    """Not all can be: a mistake can make another word, and a word of three letters may be anything."""
    plain = Compositions(make_sprites(), 32, replace(TRAIN, typos=0, foreign=0)).captions(200)
    typed = [with_every_word_misspelt(t, d) for t, d in zip(plain, dice_of(5, range(200), Draw.TYPO), strict=True)]

    def wrong(texts: list[str]) -> int:
        pairs = zip(texts, plain, strict=True)
        return sum(a != b for text, right in pairs for a, b in zip(text.split(), right.split(), strict=True))

    assert wrong([reading(text) for text in typed]) < 0.15 * wrong(typed)


def test_plain_words_that_no_caption_had_are_no_typing_mistakes(embedded):
    """Nouns, verbs and adjectives that came to mind, written down before they were tried."""
    plain = (Path(__file__).parent / "plain_words.txt").read_text("utf-8").split()
    unseen = [word for word in plain if word not in embedded.known.spellings]
    assert len(unseen) > 1500
    assert {word: embedded(f"a {word}")[2:] for word in unseen if embedded.mistakes(f"a {word}")} == {}


def test_names_with_a_mistake_in_every_word_are_restored(embedded):
    """Of the names of what a model draws, 9 in 10; of the others most are other words ("fur tree") or short."""
    names = list(embedded.known.called)
    typed = [
        with_every_word_misspelt(n, d) for n, d in zip(names, dice_of(7, range(len(names)), Draw.TYPO), strict=True)
    ]
    restored = [embedded(f"a {wrong}") == f"a {name}" for wrong, name in zip(typed, names, strict=True)]
    assert sum(restored) > 0.9 * len(names)


def test_what_is_read_otherwise_is_said(embedded):
    mistakes, unknown = embedded.remarks("a hamburgr beside an accordion")
    assert [str(one) for one in mistakes] == ["'hamburgr' is read as 'hamburger'"]
    assert [one.text for one in unknown] == ["accordion"]


def test_a_number_glued_to_letters_is_named_once(embedded):
    mistakes, unknown = embedded.remarks("a dog, 4k")
    assert [str(one) for one in mistakes] == ["'4k' is left out: it is not something I know, and no number"]
    assert unknown == []


def test_what_is_read_otherwise_is_known_and_nothing_else_that_is_spelt_alike(embedded):
    """ "Schere" is a name of the embedded model, and no caption had a sphere."""
    assert embedded.unknown("a hamburgr beside a trutle") == []
    mistakes, unknown = embedded.remarks("a red sphere")
    assert mistakes == []
    assert [one.text for one in unknown] == ["sphere"]


def test_few_captions_with_typing_mistakes_have_an_unknown_word(reading):
    """A mistake can make another thing's name ("heart", "heat"): of 100 captions with some, 5 may be named."""
    made = Compositions(make_sprites(), 32, replace(TRAIN, typos=1, foreign=0))
    assert sum(bool(reading.unknown(text)) for text in made.captions(100)) <= 5


def test_how_a_model_reads_is_worked_out_once(knowledge):
    same, other = Knowledge.parse(knowledge.model_dump()), Knowledge(words=knowledge.words)
    assert reading_of(knowledge) is reading_of(same)
    assert reading_of(other) is not reading_of(knowledge)
    assert reading_of(other).unknown("a red violin") == Reading(other).unknown("a red violin")


def test_a_model_reads_before_it_conditions():
    model = load_model(locate("scenes-32").folder)
    typed, right, other = (model.condition([text]).present() for text in ("a rde circle", "a red circle", "a blue one"))
    assert typed["tokens"].equal(right["tokens"])
    assert not typed["tokens"].equal(other["tokens"])
    assert model.condition(["a red circle, 4k"]).present()["tokens"].equal(right["tokens"])


def test_emoji_are_said_and_those_that_nobody_showed_are_unknown(embedded):
    read, unknown = embedded.remarks("a 🐱 and 🖖🏽")
    assert str(read[0]) == "'🐱' is read as 'cat face'"
    assert [one.text for one in unknown] == ["raised hand", "fingers"]


def test_captions_of_a_folder_may_have_emoji():
    reading = Reading(Knowledge(words="a cat dog"))
    assert reading("a 🐱") == "a 🐱"
    assert reading.remarks("a 🐱") == ([], [])
