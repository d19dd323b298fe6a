"""Grammar of the other languages, against endings written down again."""

from __future__ import annotations

import pytest
from tests.support.compose_sprites import make_sprites

from unfog.data.compose.facts import GroupFact
from unfog.data.compose.foreign import LANGUAGES, _shape, _thing, foreign_caption
from unfog.data.compose.languages import TONGUES
from unfog.data.compose.scene import SHAPES, Box, Ground, Group, Link, Look, Scene
from unfog.data.scenes_palette import COLOURS
from unfog.util.random import Dice, Draw


def told(language: str, shape: str, colour: str | None, count: int = 1, *, oblique: bool = False) -> str:
    return _shape(GroupFact(count, shape, shape=shape, colour=colour), TONGUES[language], oblique=oblique)


@pytest.mark.parametrize(
    ("language", "shape", "colour", "count", "text"),
    [
        ("de", "circle", "red", 1, "ein roter Kreis"),
        ("de", "square", "orange", 1, "ein orangefarbenes Quadrat"),
        ("de", "diamond", "blue", 1, "eine blaue Raute"),
        ("de", "crescent", "pink", 3, "drei rosa Mondsicheln"),
        ("de", "star", "yellow", 2, "zwei gelbe Sterne"),
        ("fr", "star", "green", 1, "une étoile verte"),
        ("fr", "ring", "white", 4, "quatre anneaux blancs"),
        ("fr", "cross", "purple", 2, "deux croix violettes"),
        ("fr", "heart", "brown", 1, "un cœur marron"),
        ("es", "arrow", "red", 3, "tres flechas rojas"),
        ("es", "crescent", "black", 1, "una media luna negra"),
        ("es", "heart", "brown", 2, "dos corazones marrones"),
        ("it", "heart", "red", 2, "due cuori rossi"),
        ("it", "star", "white", 5, "cinque stelle bianche"),
        ("it", "hexagon", "blue", 1, "un esagono blu"),
        ("pt", "ring", "blue", 2, "dois anéis azuis"),
        ("pt", "star", "red", 1, "uma estrela vermelha"),
        ("nl", "heart", "red", 1, "een rood hart"),
        ("nl", "circle", "red", 1, "een rode cirkel"),
        ("nl", "heart", "yellow", 2, "twee gele harten"),
        ("ru", "star", "red", 1, "красная звезда"),
        ("ru", "heart", "blue", 1, "синее сердце"),
        ("uk", "circle", "blue", 1, "синє коло"),
        ("ja", "circle", "red", 1, "赤い円"),
        ("ko", "star", "red", 1, "빨간 별"),
        ("zh", "star", "red", 1, "红色五角星"),
        ("hi", "circle", "red", 1, "लाल वृत्त"),
    ],
)
def test_shapes_agree_with_their_colour_and_number(language, shape, colour, count, text):
    assert told(language, shape, colour, count) == text


def test_german_endings():
    articles = {"m": ("ein", "einem"), "n": ("ein", "einem"), "f": ("eine", "einer")}
    endings = {"m": "er", "n": "es", "f": "e"}
    for shape, (gender, one, several) in zip(SHAPES, TONGUES["de"].shapes, strict=True):
        for colour in COLOURS:
            article, adjective, noun = told("de", shape, colour).split(" ")
            assert (article, noun) == (articles[gender][0], one)
            dative = told("de", shape, colour, oblique=True).split(" ")
            if colour in ("purple", "pink"):  # lila and rosa never change
                assert dative == [articles[gender][1], adjective, one]
                continue
            assert adjective.endswith(endings[gender])
            stem = adjective.removesuffix(endings[gender])
            assert dative == [articles[gender][1], stem + "en", one]
            assert told("de", shape, colour, 3) == f"drei {stem}e {several}"


def test_romance_genders():
    """Feminine shapes take "una" and an adjective in -a, masculine ones "un" and -o, where the adjective changes."""
    for language, article in (("es", "una"), ("it", "una"), ("pt", "uma")):
        for shape, (gender, _, _) in zip(SHAPES, TONGUES[language].shapes, strict=True):
            text = told(language, shape, "red").split(" ")
            assert text[0] == (article if gender == "f" else article[:2])
            assert text[-1][-1] == ("a" if gender == "f" else "o")
            assert told(language, shape, "red", 2)[-2:] in (("as", "se") if gender == "f" else ("os", "si"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language):
    tongue = TONGUES[language]
    words = [told(language, s, c) for s in SHAPES for c in COLOURS]
    assert len(set(words)) == 121
    assert len(set(tongue.noun_colours)) == 11
    if tongue.numbers:
        assert len({told(language, s, c, n) for s in SHAPES for c in COLOURS for n in range(2, 7)}) == 605
    assert "" not in {w for shape in tongue.shapes for w in shape[1:2]}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Apfel in Rot"),
        ("fr", "Apfel en rouge"),
        ("es", "Apfel de color rojo"),
        ("it", "Apfel di colore rosso"),
        ("pt", "Apfel de cor vermelha"),
        ("nl", "Apfel (rood)"),
        ("ru", "Apfel красного цвета"),
        ("ja", "赤いApfel"),
        ("ko", "빨간 Apfel"),
        ("zh", "红色的Apfel"),
        ("hi", "Apfel (लाल रंग)"),
        ("uk", "Apfel червоного кольору"),
    ],
)
def test_nothing_agrees_with_a_sprite_of_unknown_gender(language, text):
    fact = GroupFact(1, "Apfel", concept="APPLE", colour="red")
    assert _thing(fact, TONGUES[language], Dice(1, 1, Draw.TEST)) == text
    several = _thing(GroupFact(3, "Apfel", concept="APPLE"), TONGUES[language], Dice(1, 1, Draw.TEST))
    assert several in ("3 × Apfel", "3x Apfel")


def test_sides_are_told_from_either_end():
    """Two shapes get a relation with its case, a shape and a sprite each get their side."""
    sprites = make_sprites(("turtle",), ("noto",))
    groups = tuple(
        Group(look, (Box(x, 0.5, 0.3),))
        for look, x in ((Look(shape="circle", colour="red"), 0.3), (Look(shape="diamond", colour="blue"), 0.7))
    )
    scene = Scene(Ground("plain", "white"), groups, (Link("left of", (0, 1)),))
    mixed = Scene(Ground("night"), (groups[0], Group(Look(sprite=0), groups[1].boxes)), scene.links)
    texts, others = set[str](), set[str]()
    for index in range(300):
        for where, some in ((scene, texts), (mixed, others)):
            found = foreign_caption(where, sprites, Dice(2, index, Draw.CAPTION))
            if found is not None and found[1].language in ("de", "fr") and found[1].links:
                some.add(found[0].split(" auf ")[0].split(" vor ")[0].split(" sur ")[0])
    assert {"ein roter Kreis links von einer blauen Raute", "eine blaue Raute rechts von einem roten Kreis"} <= texts
    assert {"un cercle rouge à gauche d’un losange bleu", "un losange bleu à droite d’un cercle rouge"} <= texts
    assert {
        "ein roter Kreis links, Schildkröte rechts bei Nacht",
        "Schildkröte rechts, ein roter Kreis links",
    } <= others
