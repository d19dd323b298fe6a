"""Captions in twelve other languages: the things, their colours, sides and ground in short templates.

Sentences are telegraphic where a sprite is concerned, because its gender is unknown: "Schildkröte links, Apfel rechts".
Sizes, turns and what cannot be said this way are left out, and are not among the facts.
"""

from __future__ import annotations

from unfog.data.compose.facts import Facts, GroupFact
from unfog.data.compose.languages import TONGUES, Tongue
from unfog.data.compose.scene import SHAPES, GroundKind, Group, Link, Scene, Style
from unfog.data.compose.sight import is_usual, seen_colour, seen_ground
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes_palette import COLOURS
from unfog.util.random import Dice

LANGUAGES = tuple(TONGUES)
ORDER = ("left of", "right of", "above", "below")
MIRRORED = (1, 0, 3, 2)
SAY_GROUND, SAY_STYLE, SAY_SIDES = 0.8, 0.8, 0.9


def foreign_caption(scene: Scene, sprites: Sprites, dice: Dice) -> tuple[str, Facts] | None:
    """A caption in one of the languages; ``None`` if it has no name for some thing, or there is no thing."""
    if not scene.groups:
        return None
    language = dice.choice(LANGUAGES)
    tongue = TONGUES[language]
    names = [_name(g, sprites, language) for g in scene.groups]
    if None in names:
        return None
    facts = [_fact(g, str(n), sprites, scene.style) for g, n in zip(scene.groups, names, strict=True)]
    text, links = _things(facts, scene, tongue, dice)
    ground, colour, said = _ground(scene, tongue, dice)
    text += said
    style: Style | None = None
    if scene.style in tongue.styles and dice.chance(SAY_STYLE):
        style = scene.style
        text += tongue.comma + tongue.styles[scene.style]
    return text, Facts(tuple(facts), links, ground, colour, style, language)


def _name(group: Group, sprites: Sprites, language: str) -> str | None:
    look = group.look
    if look.sprite is None:
        return TONGUES[language].shapes[SHAPES.index(str(look.shape))][1]
    names = sprites.table[look.sprite].names.get(language)
    return names[0] if names else None


def _fact(group: Group, name: str, sprites: Sprites, style: Style) -> GroupFact:
    look = group.look
    concept = None if look.sprite is None else sprites.table[look.sprite].concept
    return GroupFact(len(group.boxes), name, concept, look.shape, seen_colour(look.colour, style))


def _things(facts: list[GroupFact], scene: Scene, tongue: Tongue, dice: Dice) -> tuple[str, tuple[Link, ...]]:
    """All things, and how two of them stand to each other, where the language has words for it here."""
    said = [_thing(f, tongue, dice) for f in facts]
    link = scene.links[0] if len(scene.links) == 1 else None
    if link is None or link.relation not in ORDER or tongue.sides is None or not dice.chance(SAY_SIDES):
        return tongue.comma.join(said), ()
    at = ORDER.index(link.relation)
    (first, second), back = link.of, MIRRORED[at]
    if dice.chance(0.5):
        first, second, at, back = second, first, back, at
    a, b = facts[first], facts[second]
    if b.shape is not None and a.count == b.count == 1 and tongue.relations is not None and a.shape is not None:
        joint = tongue.relations[at]
        other = _shape(b, tongue, oblique=True)
        return f"{said[first]} {joint}{'' if joint[-1] == '’' else ' '}{other}", (link,)
    return f"{said[first]} {tongue.sides[at]}{tongue.comma}{said[second]} {tongue.sides[back]}", (link,)


def _thing(fact: GroupFact, tongue: Tongue, dice: Dice) -> str:
    if fact.shape is not None and (fact.count == 1 or tongue.numbers):
        return _shape(fact, tongue, oblique=False)
    text = str(fact.name)
    if fact.shape is not None:
        text = _shape(GroupFact(1, fact.name, shape=fact.shape, colour=fact.colour), tongue, oblique=False)
    elif fact.colour is not None:
        text = tongue.of_sprite.format(n=text, c=tongue.noun_colours[COLOURS.index(fact.colour)])
    if fact.count > 1:
        return f"{fact.count} × {text}" if dice.chance(0.5) else f"{fact.count}x {text}"
    return text


def _shape(fact: GroupFact, tongue: Tongue, *, oblique: bool) -> str:
    """A shape with article or number and an adjective that agrees; ``oblique`` after a relation."""
    gender, one, several = tongue.shapes[SHAPES.index(str(fact.shape))]
    many = fact.count > 1
    adjective = ""
    if fact.colour is not None:
        forms = tongue.colours[COLOURS.index(fact.colour)]
        adjective = forms.get("p", forms.get(gender + "p", "")) if many else forms.get(gender, forms.get("m", ""))
        if oblique and tongue.oblique_ending and adjective.endswith(("er", "es", "e")):
            stem = adjective[:-1] if adjective.endswith("e") else adjective[:-2]
            adjective = stem + tongue.oblique_ending
    name = several if many else one
    parts = [name, adjective] if tongue.behind else [adjective, name]
    text = tongue.joint.join(p for p in parts if p)
    if many:
        return f"{tongue.numbers[fact.count - 2]} {text}"
    article = (tongue.oblique if oblique else tongue.articles).get(gender)
    return f"{article} {text}" if article else text


def _ground(scene: Scene, tongue: Tongue, dice: Dice) -> tuple[GroundKind | None, str | None, str]:
    """Kind and colour of the ground, as far as they are said, and the words with what joins them."""
    ground = seen_ground(scene.ground, scene.style)
    if ground is None or ground.kind not in tongue.grounds:
        return None, None, ""
    if not dice.chance(SAY_GROUND * (0.4 if is_usual(ground, scene.style) else 1)):
        return None, None, ""
    template = dice.choice(tongue.grounds[ground.kind])
    if ground.kind != "plain" or ground.colour is None:
        return ground.kind, None, " " + template
    return "plain", ground.colour, " " + template.format(c=tongue.ground_colours[COLOURS.index(ground.colour)])
