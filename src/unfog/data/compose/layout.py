"""Draw a scene: contents first, then places without overlap, then a ground on which everything can be seen.

In shares of all scenes: 46 % one sprite, because to know a thing comes before composing it, most of them bare (plain or
transparent ground, upright, in the middle), so that a name alone gives a clear sticker; 20 % two or three groups in a
relation; 8 % things that belong together (worn, held, ridden, beside their owner); 19 % shapes only, which teach
binding of colour, size and place without the burden of many names; 6 % counts; 1 % empty grounds. Half of the pairs,
rows and groups of equal things stand exactly where such things stand. Global styles: 88 % plain, the others uniform.
Plain white stays below 15 %. Begun from recipes.md 3.2 and turned towards what a small model must know first
(decisions/010).

In training no held-out combination appears: a scene that holds one is drawn again with the same recipe and style, so
the mixture does not shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from unfog.data.compose.backdrops import BACKDROPS, bits_of_kind
from unfog.data.compose.cast import Cast, Rows, cast_of, cast_of_triples
from unfog.data.compose.held import HELD_KINDS, held_kinds
from unfog.data.compose.hold import held_pair
from unfog.data.compose.pick import weighted
from unfog.data.compose.plans import PLANS
from unfog.data.compose.scene import STYLES, Ground, Group, Link, Scene, Style
from unfog.data.compose.sight import FINE, LINED
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.stage import Stage
from unfog.util.random import Dice

MIXTURE: dict[str, float] = {
    "bare": 0.34,
    "one": 0.12,
    "pair": 0.14,
    "inside": 0.02,
    "between": 0.01,
    "row": 0.01,
    "crowd": 0.02,
    "belonging": 0.06,
    "company": 0.02,
    "shapes": 0.19,
    "count": 0.06,
    "ground": 0.01,
}
SHAPES_ONLY: dict[str, float] = {
    "bare": 0.25,
    "one": 0.2,
    "pair": 0.25,
    "count": 0.15,
    "crowd": 0.05,
    "inside": 0.06,
    "row": 0.04,
}
RECIPES = tuple(MIXTURE)
RELATED = "related"  # two shapes in a relation
HELD_FROM = {  # where each kind of held-out combination is found often
    "unseen": ("bare", "one"),
    "held colour shape": ("shapes",),
    "held style": ("one",),
    "held pair": ("pair",),
    "held count": ("count",),
    "held triple": ("row", "between", "company"),
}
EXACT = 0.5  # share of several things that stand exactly where such things stand (``stage``)
PLAIN_STYLE = 0.88
WHITE_KIND, BLACK_KIND = "white", "black"  # plain grounds with a share of their own
BARE_GROUNDS = {WHITE_KIND: 0.18, "plain": 0.47, "transparent": 0.35}
GROUNDS = {
    WHITE_KIND: 0.07,
    "plain": 0.17,
    "gradient": 0.08,
    "striped": 0.07,
    "checkered": 0.07,
    "dotted": 0.06,
    "paper": 0.06,
    "sky": 0.08,
    "night": 0.09,
    "grass": 0.08,
    "beach": 0.07,
    "transparent": 0.10,
}
EMPTY_GROUNDS = {kind: 1.0 for kind in GROUNDS if kind not in (WHITE_KIND, "transparent")}
LINES = {WHITE_KIND: 0.9, "night": 0.1}  # what drawn lines can show of a ground
STYLE_GROUNDS: dict[Style, dict[str, float]] = {  # styles that do not show every ground
    "outline": LINES | {"transparent": 0.2},
    "sketch": LINES,
    "blueprint": LINES,
    "neon": {BLACK_KIND: 0.85, "night": 0.15},
    "sepia": GROUNDS | {"plain": 0.0, WHITE_KIND: 0.12},
    "black and white": GROUNDS | {"plain": 0.0, WHITE_KIND: 0.12},
}
FULL_GROUND: tuple[Style, ...] = ("plain", "pixel art", "watercolor", "mosaic", "embroidery")  # can be empty
ALIKE = ("one", "one", "pair", "row", "count")  # parts of the mixture that show a style well
TRIES, HELD_TRIES = 40, 300


def draw_scene(
    dice: Dice, sprites: Sprites, *, training: bool = True, recipe: str | None = None, relations: float = 0.0
) -> Scene:
    """A scene from a stream of random numbers.

    Args:
        training: never show a held-out combination. Otherwise one may appear by chance.
        recipe: one of ``RECIPES`` fixes the part of the mixture; one of ``HELD_KINDS`` asks for a scene with exactly
            this kind of held-out combination (then ``training`` must be false).
        relations: share of scenes, if no recipe is fixed, that are two shapes in a relation.

    Raises:
        ValueError: an unknown recipe, a held-out one in training, or one that these sprites cannot show.
    """
    cast = cast_of(sprites)
    if recipe in HELD_KINDS:
        return _held_scene(dice, cast, recipe, training=training)
    if recipe is None:
        recipe = RELATED if relations and dice.chance(relations) else weighted(dice, MIXTURE)
    elif recipe not in RECIPES:
        raise ValueError(f"unknown recipe '{recipe}': choose from {', '.join((*RECIPES, *HELD_KINDS))}")
    style = _style(dice, FULL_GROUND if recipe == "ground" else STYLES)
    pool = cast.usual if training else cast.usual + cast.unseen
    for attempt in range(TRIES):
        if attempt == TRIES // 2:  # these sprites cannot do it: nobody has a head, or there are none
            recipe = "pair" if pool else "shapes"
        scene = _draw(dice, Stage(dice, cast, style, pool, held=not training, exact=EXACT * training), recipe)
        if scene is not None and not (training and held_kinds(scene, cast.table)):
            return scene
    return _draw_surely(dice, cast)


def draw_like(dice: Dice, sprites: Sprites, scene: Scene) -> Scene:
    """Another scene in the style of ``scene``: the same global style, and the same hand if it has a sprite.

    A training scene: no held-out combination appears.
    """
    cast = cast_of(sprites)
    hand = next((cast.table[g.look.sprite].style for g in scene.groups if g.look.sprite is not None), None)
    pool = cast.usual if hand is None else by_hand(cast)[hand]
    for _ in range(TRIES):
        made = _draw(dice, Stage(dice, cast, scene.style, pool), dice.choice(ALIKE if pool else ("shapes",)))
        if made is not None and not held_kinds(made, cast.table):
            return made
    return _draw_surely(dice, cast)


@lru_cache(maxsize=4)
def by_hand(cast: Cast) -> dict[str, tuple[Rows, ...]]:
    """The usual concepts by the style of their sprites, each with its rows in that style alone."""
    hands = {sprite.style for sprite in cast.table}
    found = {
        hand: tuple(tuple(row for row in rows if cast.table[row].style == hand) for rows in cast.usual)
        for hand in hands
    }
    return {hand: tuple(rows for rows in concepts if rows) for hand, concepts in found.items()}


def _held_scene(dice: Dice, cast: Cast, kind: str, *, training: bool) -> Scene:
    """A scene with exactly one kind of held-out combination."""
    if training:
        raise ValueError(f"recipe '{kind}' is held out: it is for evaluation, so ask with training=False")
    if kind == "held triple":
        cast = cast_of_triples(cast)
    for _ in range(HELD_TRIES):
        pool = cast.unseen if kind == "unseen" else _held_pair(dice, cast) if kind == "held pair" else cast.usual
        stage = Stage(dice, cast, _style(dice), pool, held=True, shapes=0.0)
        scene = _draw(dice, stage, dice.choice(HELD_FROM[kind]))
        if scene is not None and held_kinds(scene, cast.table) == {kind}:
            return scene
    raise ValueError(f"no scene of recipe '{kind}' in {HELD_TRIES} tries: the {len(cast.table)} sprites are too few")


def _held_pair(dice: Dice, cast: Cast) -> tuple[Rows, ...]:
    """Two concepts that make a held-out pair, if the first one drawn has a partner."""
    if not cast.usual:
        return ()
    first = dice.choice(cast.usual)
    concept = cast.table[first[0]].concept
    others = [rows for rows in cast.usual if held_pair(concept, cast.table[rows[0]].concept)]
    return (first, dice.choice(others)) if others else ()


def _draw_surely(dice: Dice, cast: Cast) -> Scene:
    """One shape on white: when chance (or too small a set of sprites) found nothing else."""
    while True:
        scene = _draw(dice, Stage(dice, cast, "plain", ()), "shapes")
        if scene is not None:
            return scene


def _draw(dice: Dice, stage: Stage, recipe: str) -> Scene | None:
    """A scene of a recipe, whatever it holds; ``None`` if its plan did not work out."""
    grounds = GROUNDS
    if recipe in ("shapes", RELATED):
        stage = Stage(dice, stage.cast, stage.style, (), held=stage.held, shapes=1.0, exact=stage.exact)
        recipe = "pair" if recipe == RELATED else weighted(dice, SHAPES_ONLY)
    elif recipe == "bare":
        grounds = BARE_GROUNDS
    elif recipe == "ground":
        grounds = EMPTY_GROUNDS
    plan = PLANS[recipe](stage)
    if plan is None or (stage.style not in FINE and _too_small(plan.groups, plan.links)):
        return None
    grounds = STYLE_GROUNDS.get(stage.style, grounds)
    ground = ground_for(dice, -1 if stage.style in LINED else plan.fits, grounds)
    return Scene(ground, plan.groups, plan.links, plan.place, stage.style, int(dice.uniform() * 2**31))


def _style(dice: Dice, styles: tuple[Style, ...] = STYLES) -> Style:
    return "plain" if dice.chance(PLAIN_STYLE) else dice.choice(styles[1:])


def ground_for(dice: Dice, fits: int, shares: dict[str, float]) -> Ground:
    """A ground on which everything can be seen: first its kind, then one of its colours."""
    upright = dice.chance(0.5)
    for _ in range(8):
        kind = weighted(dice, shares)
        bits = fits & _bits(kind)
        if bits:
            return _colour(dice, bits, upright=upright)
    bits = fits & (1 << len(BACKDROPS)) - 1
    return _colour(dice, bits or bits_of_kind()["transparent"], upright=upright)


def _too_small(groups: tuple[Group, ...], links: tuple[Link, ...]) -> bool:
    """Whether a tiny sprite stands alone: a coarse style would leave nothing of it. What is worn shows by its place."""
    worn = any(link.relation in ("wearing", "holding", "riding", "with") for link in links)
    return not worn and any(g.look.sprite is not None and g.look.size == "tiny" for g in groups)


@cache
def _bits(kind: str) -> int:
    if kind in (WHITE_KIND, BLACK_KIND):
        return 1 << BACKDROPS.index(Ground("plain", kind))
    return bits_of_kind()[kind]  # type: ignore[index]


def _colour(dice: Dice, bits: int, *, upright: bool) -> Ground:
    options: Sequence[int] = [k for k in range(len(BACKDROPS)) if bits >> k & 1]
    ground = BACKDROPS[dice.choice(options)]
    return ground if upright else Ground(ground.kind, ground.colour, upright)
