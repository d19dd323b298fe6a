"""Captions against their scenes, and the simplest wording against a reader that shares no word list with the writer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from tests.support.compose_sprites import GERMAN, make_sprites

from unfog.data.compose.caption import BARE, FULL, TRAIN, Wording, caption
from unfog.data.compose.facts import Facts
from unfog.data.compose.layout import draw_scene
from unfog.data.compose.scene import Box, Ground, Group, Link, Look, Scene
from unfog.data.compose.sight import COLOURLESS
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes import dice_of
from unfog.util.random import Dice, Draw

N = 800
ENGLISH = replace(TRAIN, foreign=0, typos=0)
SINGULAR = {  # every name there is here, one and several
    "turtle": "turtles", "cat": "cats", "dog": "dogs", "ox": "oxen", "bear face": "bear faces", "apple": "apples",
    "umbrella": "umbrellas", "grapes": "bunches of grapes", "bacon": "strips of bacon", "top hat": "top hats",
    "crown": "crowns", "glasses": "pairs of glasses", "mountain": "mountains", "stop sign": "stop signs",
    "small airplane": "small airplanes", "volleyball": "volleyballs", "red envelope": "red envelopes",
    "circle": "circles", "square": "squares", "triangle": "triangles", "star": "stars", "heart": "hearts",
    "cross": "crosses", "ring": "rings", "diamond": "diamonds", "hexagon": "hexagons", "crescent": "crescents",
    "arrow": "arrows",
}  # fmt: skip
SHAPES = list(SINGULAR)[17:]
HUES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray")
HUE = "|".join((*HUES, "grey", "violet"))
HOW_MANY = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
BY_LENGTH = sorted([*SINGULAR, *SINGULAR.values()], key=len, reverse=True)
NOUN = re.compile(rf"\b(?:(an?|two|three|four|five|six) )?(?:({HUE}) )?({'|'.join(BY_LENGTH)})\b")
LEFT, ABOVE = "left of", "above"
SKELETONS: dict[str, list[tuple[str, int, int]]] = {  # what stands between the nouns, and what it says
    **{f"0 {w} 1": [(LEFT, 0, 1)] for w in ("left of", "to the left of", "on the left of")},
    **{f"0 {w} 1": [(LEFT, 1, 0)] for w in ("right of", "to the right of", "on the right of")},
    **{f"0 {w} 1": [(ABOVE, 0, 1)] for w in ("above", "over")},
    **{f"0 {w} 1": [(ABOVE, 1, 0)] for w in ("below", "under", "beneath")},
    **{f"0 with 1 to {w} right": [(LEFT, 0, 1)] for w in ("its", "their")},
    **{f"0 with 1 to {w} left": [(LEFT, 1, 0)] for w in ("its", "their")},
    **{f"0 with 1 below {w}": [(ABOVE, 0, 1)] for w in ("it", "them")},
    **{f"0 with 1 above {w}": [(ABOVE, 1, 0)] for w in ("it", "them")},
    "0 on the left and 1 on the right": [(LEFT, 0, 1)],
    "0 on the right and 1 on the left": [(LEFT, 1, 0)],
    "0 at the top and 1 at the bottom": [(ABOVE, 0, 1)],
    "0 at the bottom and 1 at the top": [(ABOVE, 1, 0)],
    **{f"0 {w} 1": [("inside", 0, 1)] for w in ("inside", "within")},
    "0 in 1": [("in", 0, 1)],
    "0 with 1 inside": [("inside", 1, 0)],
    "0 around 1": [("inside", 1, 0)],
    "0 wearing 1": [("wearing", 0, 1)],
    "0 on 1": [("wearing", 1, 0)],
    **{f"0 {w} 1": [("holding", 0, 1)] for w in ("holding", "held")},
    "0 carrying 1": [("carrying", 0, 1)],
    "0 held by 1": [("holding", 1, 0)],
    **{f"0 {w} 1": [("riding", 0, 1)] for w in ("riding", "riding on", "sitting on")},
    "0 with 1 on its back": [("riding", 1, 0)],
    **{f"0 {w} 1": [("with", 0, 1)] for w in ("with", "next to", "beside")},
    "0 and 1 side by side": [("with", 0, 1)],
    **{f"0 {w} 1 and 2": [("between", 0, 1), ("between", 0, 2)] for w in ("between", "in between")},
    "0 and 1 with 2 between them": [("between", 2, 0), ("between", 2, 1)],
    "from left to right: 0, 1, 2": [(LEFT, 0, 1), (LEFT, 1, 2)],
    "0, 1 and 2 from left to right": [(LEFT, 0, 1), (LEFT, 1, 2)],
    "from top to bottom: 0, 1, 2": [(ABOVE, 0, 1), (ABOVE, 1, 2)],
    "0, 1 and 2 from top to bottom": [(ABOVE, 0, 1), (ABOVE, 1, 2)],
    **{f"0 {w} 1 {w} 2": [(LEFT, 0, 1), (LEFT, 1, 2)] for w in ("left of", "to the left of")},
    **{f"0 {w} 1 {w} 2": [(LEFT, 1, 0), (LEFT, 2, 1)] for w in ("right of", "to the right of")},
    "0 above 1 above 2": [(ABOVE, 0, 1), (ABOVE, 1, 2)],
    "0 below 1 below 2": [(ABOVE, 1, 0), (ABOVE, 2, 1)],
    **{f"0 {w} 1 next to 2": [("wearing", 0, 1), ("with", 0, 2)] for w in ("wearing", "in")},
    **{f"0 {w} 1 beside 2": [("wearing", 0, 1), ("with", 0, 2)] for w in ("wearing", "in")},
    **{
        f"0 {w} 1 with 2 to {p} {s}": [("wearing", 0, 1), (LEFT, *of)]
        for w in ("wearing", "in")
        for p in ("its", "their")
        for s, of in (("right", (0, 2)), ("left", (2, 0)))
    },
    **{
        f"0 {w} 1, with 2 on the {s}": [("wearing", 0, 1), (LEFT, *of)]
        for w in ("wearing", "in")
        for s, of in (("right", (0, 2)), ("left", (2, 0)))
    },
    **{
        f"0 {r} 1 {w} 2": [("wearing", 1, 2), (LEFT, *of)]
        for w in ("wearing", "in")
        for side, of in (("left", (0, 1)), ("right", (1, 0)))
        for r in (f"{side} of", f"to the {side} of", f"on the {side} of")
    },
    "0": [],
}  # fmt: skip
Thing = tuple[int, str | None, str]


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return make_sprites()


@pytest.fixture(scope="module")
def scenes(sprites) -> list[Scene]:
    return [draw_scene(dice, sprites) for dice in dice_of(23, range(N), Draw.SCENE)]


@pytest.fixture(scope="module")
def told(scenes, sprites) -> Callable[..., list[tuple[Scene, str, Facts]]]:
    """Every scene with its caption in a wording, and with another seed."""
    return cache(lambda wording, seed=23: captioned(scenes, sprites, wording, seed))


def captioned(
    scenes: list[Scene], sprites: Sprites, wording: Wording, seed: int = 23
) -> list[tuple[Scene, str, Facts]]:
    dice = dice_of(seed, range(len(scenes)), Draw.CAPTION)
    return [(s, *caption(s, sprites, d, wording)) for s, d in zip(scenes, dice, strict=True)]


def read(text: str) -> tuple[list[Thing], set[tuple[str, Thing, Thing]]]:
    """Things and relations of a bare caption, by its words."""
    things = list[Thing]()
    for noun in NOUN.finditer(text):
        word = noun[3]
        name = next(one for one, several in SINGULAR.items() if word in (one, several))
        count = HOW_MANY[noun[1] or "a"]
        assert (word == name) == (count == 1 or SINGULAR[name] == name), text
        things.append((count, {"grey": "gray", "violet": "purple"}.get(noun[2], noun[2]), name))
    numbers = iter(range(9))
    skeleton = NOUN.sub(lambda _: str(next(numbers)), text)
    relations = set[tuple[str, Thing, Thing]]()
    for word, a, b in SKELETONS[skeleton]:
        relation = word
        if word == "in":
            relation = "inside" if things[b][2] in SHAPES else "wearing"
        relations.add((relation, things[a], things[b]))
    return things, relations


def stated(facts: Facts) -> tuple[list[Thing], set[tuple[str, Thing, Thing]]]:
    """The same of the facts; right and below turned into left and above."""
    things = [(g.count, g.colour, str(g.name)) for g in facts.groups]
    relations = set[tuple[str, Thing, Thing]]()
    for link in facts.links:
        for other in link.of[1:]:
            a, b, relation = things[link.of[0]], things[other], str(link.relation)
            if relation in ("right of", "below"):
                a, b, relation = b, a, {"right of": LEFT, "below": ABOVE}[relation]
            relations.add((relation, a, b))
    return things, relations


def test_bare_captions_say_what_their_facts_say(told):
    skeletons = set[str]()
    for scene, text, facts in told(BARE):
        if not scene.groups:
            continue
        things, relations = read(text)
        known, said = stated(facts)
        if any(r == "carrying" for r, _, _ in relations):  # a mount carries its rider, an owner what it holds
            ((_, a, b),) = relations
            relations = {("riding", b, a)} if any(r == "riding" for r, _, _ in said) else {("holding", a, b)}
        if any(r == "with" for r, _, _ in said) and len(known) == 2:  # either way round
            relations, said = ({(r, *sorted(p, key=str)) for r, *p in some} for some in (relations, said))
        assert sorted(things, key=str) == sorted(known, key=str), text
        assert relations == said, text
        numbers = iter(range(9))
        skeletons.add(NOUN.sub(lambda _, n=numbers: str(next(n)), text))
    assert len(skeletons) > 45


def test_the_reader_of_this_test_can_tell_lies(told):
    bare = [(text, facts) for s, text, facts in told(BARE) if len(s.groups) == 2]
    same = [read(a)[1] == stated(facts)[1] for (a, _), (_, facts) in pairwise(bare)]
    assert sum(same) < 0.02 * len(same)


@pytest.mark.parametrize(
    "wording", [TRAIN, FULL, BARE, replace(TRAIN, foreign=1)], ids=["train", "full", "bare", "foreign"]
)
def test_facts_are_true_of_the_scene(told, sprites, wording):
    for scene, text, facts in told(wording):
        assert len(facts.groups) == len(scene.groups), text
        for group, fact in zip(scene.groups, facts.groups, strict=True):
            look = group.look
            sprite = None if look.sprite is None else sprites.table[look.sprite]
            assert fact.count == len(group.boxes)
            assert fact.shape in (None, look.shape)
            assert fact.concept == (sprite.concept if sprite else None)
            assert fact.colour in (None, look.colour)
            assert fact.size in (None, look.size)
            assert fact.turn in (None, look.turn)
            assert fact.style in (None, sprite.style if sprite else None)
            assert fact.place in (None, scene.place)
            if scene.style in COLOURLESS:
                assert fact.colour is None
        for link in facts.links:
            company = Link("with", (0, 2)) if len(scene.groups) == 3 and scene.links[0].relation == "wearing" else None
            assert link in (*scene.links, company)
        assert facts.ground in (None, scene.ground.kind)
        assert facts.ground_colour in (None, scene.ground.colour)
        assert facts.ground is not None or facts.ground_colour is None
        assert facts.style in (None, scene.style)
        if scene.style in COLOURLESS:
            assert facts.ground_colour is None
            assert facts.ground != "plain"


def test_full_captions_leave_nothing_out(told, sprites):
    for scene, text, facts in told(FULL):
        lit = scene.style not in COLOURLESS
        for group, fact in zip(scene.groups, facts.groups, strict=True):
            assert fact.name is not None
            if lit and scene.style != "neon":
                assert fact.colour == group.look.colour, text
            assert (fact.turn or "upright") == group.look.turn
            worn = any(link.relation in ("wearing", "holding", "riding", "with") for link in scene.links)
            if not worn and fact.name != "small airplane":
                assert (fact.size or "medium") == group.look.size, text
            if group.look.sprite is not None:
                assert fact.style == sprites.table[group.look.sprite].style
        assert len(facts.links) == len(scene.links)
        assert facts.style == (None if scene.style == "plain" else scene.style)
        assert scene.place is None or facts.groups[0].place == scene.place
        if lit:
            assert (facts.ground, facts.ground_colour) == (scene.ground.kind, scene.ground.colour)


SAID = {  # words that state a fact; one of them is in the caption if and only if the fact is stated
    "tiny": "tiny|very small|teeny|miniature",
    "small": "(?<!very )small(?! airplane)|little",
    "big": "(?<!very )big|large",
    "giant": "giant|huge|very big|enormous",
    "tilted": "tilted|slanted|at an angle",
    "upside down": "upside.down|inverted",
    "gradient": "gradient",
    "striped": "stripe[sd]",
    "checkered": "checker",
    "dotted": "dot(s|ted)?",
    "paper": "paper(?! clip)",
    "sky": "sky|clouds",
    "night": "night|star(s|ry)",
    "grass": "grass|meadow|lawn",
    "beach": "beach|sea|sand|seaside",
    "transparent": "transparent|(no|without a) background",
    "pixel art": "pixel|8-bit",
    "outline": "outline|line (art|drawing)",
    "sketch": "sketch|pencil",
    "watercolor": "watercolou?r",
    "neon": "neon",
    "sepia": "sepia",
    "mosaic": "mosaic",
    "black and white": "black and white|grayscale",
    "embroidery": "embroider|stitch",
    "sticker": "sticker",
    "blueprint": "blueprint",
    "noto": "noto",
    "3d": "3d",
    "flat": "flat",
}


@pytest.mark.parametrize("wording", [ENGLISH, FULL, replace(ENGLISH, tags=1)], ids=["train", "full", "tags"])
def test_words_and_facts_agree_both_ways(told, wording):
    for scene, text, facts in told(wording):
        told_of = {facts.ground, facts.style, *(v for g in facts.groups for v in (g.size, g.turn, g.style))} - {
            None,
            "plain",
        }
        plain = re.sub(r"[:,.]", "", text.lower())
        stars = any(g.look.shape == "star" for g in scene.groups)  # the shape is not the sky
        for word, pattern in SAID.items():
            if word == "night" and stars:
                continue
            if word == "sky" and facts.ground in ("night", "grass"):
                continue
            if word == "beach" and facts.ground == "grass":
                continue
            found = re.search(rf"\b(?:{pattern})", plain) is not None
            assert found == (word in told_of), (word, text)
        hued = plain.replace("black and white", "").replace("red envelope", "")
        hues = re.findall(rf"\b(?:{HUE})\b", hued)
        hues = [str({"grey": "gray", "violet": "purple"}.get(h, h)) for h in hues]
        known = [*(g.colour for g in facts.groups), facts.ground_colour]
        extra = {"sky": "blue", "grass": "green"}.get(facts.ground or "")  # "under a blue sky"
        wanted = Counter(c for c in known if c is not None)
        assert wanted <= Counter(hues), text
        if len(facts.links) < 2:  # else a list of tags names a thing twice
            assert Counter(hues) - Counter([extra, "blue"] if extra else list[str]()) <= wanted, text


def test_articles_spaces_and_plurals_are_right(told):
    for _, text, facts in told(ENGLISH):
        low = text.lower()
        assert not re.search(r"\ba [aeiou8]|\ban [^aeiou8]|  |^ | $| ,|,,|\{|\}|None", low), text
        assert not re.search(r"\b(an?|one|1) (grapes|bacon|glasses)\b", low), text
        for fact in facts.groups:
            name = str(fact.name or "shape")
            several = SINGULAR.get(name) or {"shape": "shapes", "brolly": "brollies"}[name]
            assert (several if fact.count > 1 else name) in low, text


def test_usual_captions_vary(told):
    texts = [text for seed in (23, 24, 25) for _, text, _ in told(ENGLISH, seed)]
    for words in (
        r"^[A-Z]",
        r"\.$",
        r"^a picture of",
        r"(?i)\bthere are\b",
        r"\bgrey\b",
        r"\b2\b",
        r"\ba pair of\b",
        r"\bbrolly\b",
        r"\bon the left and\b",
        r" emoji of ",
        r" style: ",
        r"^on a .*, ",
        r"^at night, ",
        r", [a-z ]+, [a-z ]+$",
        r"\bshapes?\b",
    ):
        assert any(re.search(words, text) for text in texts), words
    assert len(set(texts)) > 0.97 * N
    assert max(len(text.split()) for text in texts) <= 45


def test_shares_of_the_ways_to_speak(told, scenes, sprites):
    """Foreign captions and typos as often as the wording says, where they can be."""
    shapes = [s for s in scenes if s.groups and all(g.look.sprite is None for g in s.groups)] * 4
    facts = [f for _, _, f in captioned(shapes, sprites, TRAIN)]
    assert abs(sum(f.language != "en" for f in facts) / len(facts) - 0.1) < 4 * (0.09 / len(facts)) ** 0.5
    plain = replace(FULL, varied=True)
    with_typos = [b != a for (_, a, _), (_, b, _) in zip(told(plain), told(replace(plain, typos=0.05)), strict=True)]
    assert abs(sum(with_typos) / N - 0.05) < 4 * (0.0475 / N) ** 0.5
    lists = [not re.search(r"\b(an?|the|with|and)\b", t) and "," in t for _, t, _ in told(ENGLISH)]
    assert 0.12 < sum(lists) / N < 0.25


def test_partial_captions_say_about_half(told):
    sizes = {}
    for name, wording in (
        ("dense", replace(ENGLISH, partial=0, tags=0)),
        ("partial", replace(ENGLISH, partial=1, tags=0)),
    ):
        some = [(s, f) for s, _, f in told(wording) if s.ground.kind in ("night", "beach", "grass")]
        sizes[name] = sum(f.ground is not None for s, f in some if s.groups) / sum(bool(s.groups) for s, _ in some)
    assert abs(sizes["dense"] - 0.93) < 0.08
    assert abs(sizes["partial"] - 0.465) < 0.13


def test_foreign_captions_name_everything(scenes, sprites):
    languages = Counter[str]()
    for scene, text, facts in captioned(scenes * 2, sprites, replace(TRAIN, foreign=1, loose=0, typos=0)):
        if facts.language == "en":
            continue
        languages[facts.language] += 1
        for group, fact in zip(scene.groups, facts.groups, strict=True):
            if group.look.sprite is not None:
                assert str(fact.name) in text
            if group.look.sprite is not None and facts.language == "de":
                assert fact.name == GERMAN[sprites.table[group.look.sprite].name]
            assert (fact.size, fact.turn, fact.style) == (None, None, None)
    assert set(languages) == {"de", "fr", "es", "it", "pt", "nl", "ru", "uk", "ja", "ko", "zh", "hi"}
    assert languages["de"] > languages["es"]  # the sprites have German names, and no Spanish ones


def test_a_caption_depends_on_its_dice_only(scenes, sprites):
    for index, scene in enumerate(scenes[:40]):
        alone = caption(scene, sprites, Dice(5, index, Draw.CAPTION))
        (together,) = [caption(scene, sprites, d) for d in dice_of(5, [index, 7], Draw.CAPTION)][:1]
        assert alone == together


def test_shapes_that_a_style_makes_alike_are_not_told_apart_by_colour():
    """Neon has no black and no brown; the other style words do not add colours."""
    boxes = (Box(0.3, 0.5, 0.3), Box(0.7, 0.5, 0.3))
    looks = (Look(shape="circle", colour="brown"), Look(shape="star", colour="red"))
    groups = tuple(Group(look, (box,)) for look, box in zip(looks, boxes, strict=True))
    scene = Scene(Ground("plain", "black"), groups, (Link("left of", (0, 1)),), style="neon")
    for index in range(20):
        text, facts = caption(scene, make_sprites(()), Dice(1, index, Draw.CAPTION), FULL)
        assert [g.colour for g in facts.groups] == [None, "red"]
        assert "brown" not in text
