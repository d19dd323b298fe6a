"""The laws every composed scene keeps, measured from its boxes and the sprites' pixels alone."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from itertools import combinations, product

import pytest
import torch
from tests.support.compose_sprites import make_sprites

from unfog.data.compose.boxes import BORDER, EXTENT, GAP, size_of
from unfog.data.compose.held import HELD_KINDS, held_kinds
from unfog.data.compose.hold import held_colour_shape, held_concept_style, held_count, held_pair, unseen_family
from unfog.data.compose.layout import EXACT as SHARE_EXACT
from unfog.data.compose.layout import MIXTURE, PLAIN_STYLE, RECIPES, draw_scene
from unfog.data.compose.outlines import OUTLINES
from unfog.data.compose.scene import GROUND_KINDS, SHAPES, STYLES, Box, Ground, Group, Look, Scene
from unfog.data.compose.sight import COLOURLESS, LINED
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.tones import visible
from unfog.data.scenes import dice_of
from unfog.data.scenes_palette import COLOURS
from unfog.util.random import Dice, Draw

N = 1400
EXACT = 1e-9
WORN = ("wearing", "holding", "riding", "with")
Rectangle = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return make_sprites()


@pytest.fixture(scope="module")
def scenes(sprites) -> list[Scene]:
    return [draw_scene(dice, sprites) for dice in dice_of(17, range(N), Draw.SCENE)]


def seen(sprites: Sprites, look: Look) -> Rectangle:
    """Left, top, right, bottom of what is seen, from the middle of the square, in shares of its side."""
    return (-0.5, -0.5, 0.5, 0.5) if look.sprite is None else opaque(sprites, look.sprite)


@cache
def opaque(sprites: Sprites, row: int) -> Rectangle:
    ys, xs = torch.nonzero(sprites.pixels[row, 3] > 0, as_tuple=True)
    left, top, right, bottom = (
        float(v) / sprites.pixels.shape[-1] - 0.5 for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    )
    return left, top, right, bottom


def point(box: Box, x: float, y: float) -> tuple[float, float]:
    """Where a point of a thing's square lands in the picture: first mirrored, then turned clockwise."""
    x = -x if box.mirror else x
    c, s = math.cos(math.radians(box.angle)), math.sin(math.radians(box.angle))
    return box.x + box.side * (c * x - s * y), box.y + box.side * (s * x + c * y)


def frame(sprites: Sprites, look: Look, box: Box) -> Rectangle:
    """The upright rectangle round what is seen of a thing."""
    left, top, right, bottom = seen(sprites, look)
    corners = [point(box, x, y) for x in (left, right) for y in (top, bottom)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def frames(sprites: Sprites, group: Group) -> list[Rectangle]:
    return [frame(sprites, group.look, box) for box in group.boxes]


def relations(scene: Scene) -> set[str]:
    return {link.relation for link in scene.links}


def near(found: int, n: int, share: float, *, slack: float = 0.0) -> None:
    """Within four standard deviations."""
    assert abs(found / n - share) <= 4 * (share * (1 - share) / n) ** 0.5 + slack, (found / n, share)


def test_everything_is_inside_the_picture(sprites, scenes):
    for scene in scenes:
        for group in scene.groups:
            for left, top, right, bottom in frames(sprites, group):
                assert min(left, top) >= BORDER - EXACT
                assert max(right, bottom) <= 1 - BORDER + EXACT


def test_things_keep_a_gap_unless_they_belong_together(sprites, scenes):
    gaps = list[float]()
    for scene in scenes:
        if relations(scene) & {"inside", *WORN}:
            continue
        every = [f for group in scene.groups for f in frames(sprites, group)]
        gaps += [max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3]) for a, b in combinations(every, 2)]
    assert len(gaps) > N
    assert min(gaps) >= GAP - EXACT


def test_left_right_above_and_below_are_true_of_every_pair_of_things(sprites, scenes):
    found = Counter[str]()
    for scene in scenes:
        for link in scene.links:
            if link.relation not in ("left of", "right of", "above", "below"):
                continue
            found[link.relation] += 1
            axis, first = {"left of": (0, 0), "right of": (0, 1), "above": (1, 0), "below": (1, 1)}[link.relation]
            one, other = (scene.groups[k] for k in (link.of if first == 0 else link.of[::-1]))
            company = "wearing" in relations(scene)  # scaled as one, its gaps with it
            for a, b in product(frames(sprites, one), frames(sprites, other)):
                assert b[axis] - a[axis + 2] >= (0.4 if company else 1) * GAP - EXACT
            if company:
                continue
            middles = [
                [sum(v) / len(g.boxes) for v in zip(*((b.x, b.y) for b in g.boxes), strict=True)] for g in (one, other)
            ]
            apart = [abs(a - b) for a, b in zip(*middles, strict=True)]
            assert apart[axis] > 2 * apart[1 - axis]
    assert len(found) == 4
    for relation in found:
        near(found[relation], found.total(), 0.25, slack=0.02)  # the links of a row go together


def test_between_is_between(scenes):
    checked = 0
    for scene in scenes:
        for link in scene.links:
            if link.relation != "between":
                continue
            (middle,), (one,), (other,) = (scene.groups[k].boxes for k in link.of)
            axis = 0 if abs(one.x - other.x) > abs(one.y - other.y) else 1
            ends = sorted((b.x, b.y)[axis] for b in (one, other))
            assert ends[0] < (middle.x, middle.y)[axis] < ends[1]
            across = [(b.x, b.y)[1 - axis] for b in (one, middle, other)]
            assert max(across) - min(across) < 0.5 * (ends[1] - ends[0])
            checked += 1
    assert checked > 0.6 * MIXTURE["between"] * N


def test_inside_is_inside(sprites, scenes):
    """No point on the rim of the inner thing's frame is outside the shape; a ring's hole is its inside."""
    containers = Counter[str]()
    for scene in scenes:
        if relations(scene) != {"inside"}:
            continue
        inner, outer = (scene.groups[k] for k in scene.links[0].of)
        assert scene.groups.index(inner) > scene.groups.index(outer)  # painted later
        left, top, right, bottom = frame(sprites, inner.look, inner.boxes[0])
        (box,) = outer.boxes
        x = torch.tensor([left + (right - left) * k / 8 for k in range(9)] * 2 + [left, right] * 9)
        y = torch.tensor([top] * 9 + [bottom] * 9 + [top + (bottom - top) * (k // 2) / 8 for k in range(18)])
        u, v = (x - box.x) / (box.side / 2), (y - box.y) / (box.side / 2)
        shape = str(outer.look.shape)
        if shape == "ring":
            assert float((u * u + v * v).sqrt().max()) < 0.46
        else:
            assert float(OUTLINES[shape](u[None, None], v[None, None]).max()) < 0
        containers[shape] += 1
    assert set(containers) == {"circle", "square", "ring", "hexagon", "heart", "diamond"}


def test_what_belongs_to_another_is_at_its_anchor(sprites, scenes):
    found = Counter[str]()
    for scene in scenes:
        if not relations(scene) & set(WORN):
            continue
        (relation, of), *_ = [(link.relation, link.of) for link in scene.links]
        owner, thing = (scene.groups[k] for k in of)
        assert owner.look.sprite is not None
        assert thing.look.sprite is not None
        (mine,), (box,) = owner.boxes, thing.boxes
        left, top, right, bottom = seen(sprites, thing.look)
        anchors, roles = sprites.table[owner.look.sprite].anchors, sprites.table[thing.look.sprite].roles
        if relation == "with":
            assert frame(sprites, owner.look, mine)[3] == pytest.approx(frame(sprites, thing.look, box)[3])
        else:
            if relation == "riding":
                assert "mount" in roles
                anchors, owner, mine, thing, box = sprites.table[thing.look.sprite].anchors, thing, box, owner, mine
                left, top, right, bottom = seen(sprites, thing.look)
            place = {"riding": "back", "holding": "hand"}.get(relation, "head" if "hat" in roles else "eyes")
            target = point(mine, *(v - 0.5 for v in anchors[place]))
            down = {"back": bottom, "head": bottom, "hand": (top + bottom) / 2, "eyes": (top + bottom) / 2}[place]
            away = math.dist(target, point(box, (left + right) / 2, down))
            assert away < 0.05 * mine.side + EXACT
            assert scene.groups.index(thing) > scene.groups.index(owner)  # painted later
            assert 0.2 * mine.side < (right - left) * box.side < 0.8 * mine.side
            relation = place
        found[relation] += 1
    assert set(found) == {"with", "back", "hand", "head", "eyes"}
    for relation in found:
        near(found[relation], found.total(), 0.2, slack=0.1)  # hats and glasses also come with a third thing


def test_places_are_true(scenes):
    places = Counter[tuple[str, str]]()
    for scene in scenes:
        if scene.place is None:
            continue
        ((box,),) = [group.boxes for group in scene.groups]
        row, column = (int(v * 3) for v in (box.y, box.x))
        assert scene.place == (("top", "middle", "bottom")[row], ("left", "center", "right")[column])
        places[scene.place] += 1
    assert len(places) == 9


def test_sizes_are_what_they_are_called(sprites, scenes):
    """The longest side of what is seen is nearer to the range of its size than to the next."""
    sizes = Counter[str]()
    for scene in scenes:
        for group in scene.groups:
            left, top, right, bottom = seen(sprites, group.look)
            extent = max(right - left, bottom - top) * group.boxes[0].side
            assert size_of(extent) == group.look.size
            assert len({box.side for box in group.boxes}) == 1
            sizes[group.look.size] += 1
            assert extent >= EXTENT["tiny"][0] - EXACT or relations(scene) & set(WORN)
    assert set(sizes) == set(EXTENT)


def test_shapes_can_be_seen_on_their_ground(scenes):
    """Every colour is far from every tone of its ground, or of the shape it is in (but not of a ring: its hole)."""
    checked = 0
    for scene in scenes:
        if scene.style in LINED | COLOURLESS:
            continue
        holder = scene.groups[0] if relations(scene) == {"inside"} and scene.groups[0].look.shape != "ring" else None
        for group in scene.groups:
            if group.look.shape is not None:
                ground = scene.ground if holder in (None, group) else Ground("plain", holder.look.colour)
                assert group.look.colour in visible(ground), (group.look, ground)
                checked += 1
    assert checked > 350


def more(sprites: Sprites, recipe: str, n: int) -> list[Scene]:
    """Scenes of one part of the mixture, for what is rare in the whole."""
    return [draw_scene(dice, sprites, recipe=recipe) for dice in dice_of(4, range(n), Draw.SCENE)]


def test_sprites_can_be_seen_on_their_ground(sprites, scenes):
    """A sprite of one colour never stands on a plain ground of nearly that colour."""
    alike = {
        ("apple", "red"),
        ("stop sign", "red"),
        ("top hat", "black"),
        ("glasses", "black"),
        ("volleyball", "white"),
    }
    found = set[tuple[str, str | None]]()
    for scene in [*scenes, *more(sprites, "one", 400)]:
        if scene.ground.kind == "plain" and scene.style not in LINED and relations(scene) != {"inside"}:
            plain = [g.look for g in scene.groups if g.look.sprite is not None and g.look.colour is None]
            found |= {
                (sprites.table[look.sprite].name, scene.ground.colour) for look in plain if look.sprite is not None
            }
    assert not found & alike
    assert {("apple", "white"), ("top hat", "white"), ("volleyball", "black")} <= found


def test_the_mixture_is_what_the_module_says(sprites, scenes):
    def lone_sprite(scene: Scene) -> bool:
        return [len(g.boxes) for g in scene.groups] == [1] and scene.groups[0].look.sprite is not None

    def shapes_only(scene: Scene) -> bool:
        return len(scene.groups) > 0 and all(g.look.shape is not None for g in scene.groups)

    near(sum(map(lone_sprite, scenes)), N, MIXTURE["bare"] + MIXTURE["one"])
    near(sum(not s.groups for s in scenes), N, MIXTURE["ground"])
    near(sum(bool(relations(s) & set(WORN)) for s in scenes), N, MIXTURE["belonging"] + MIXTURE["company"])
    mixed = sum(MIXTURE[k] for k in ("pair", "row", "between", "crowd", "inside"))
    near(sum(shapes_only(s) for s in scenes), N, MIXTURE["shapes"] + mixed * 0.06 + MIXTURE["count"] * 0.25)
    near(
        sum([len(g.boxes) > 1 for g in s.groups] == [True] for s in scenes),
        N,
        MIXTURE["count"] + MIXTURE["shapes"] * 0.2,
    )
    near(sum(s.style == "plain" for s in scenes), N, PLAIN_STYLE)
    styled = [s.style for s in scenes if s.style != "plain" and s.groups]
    for style in STYLES[1:]:
        near(styled.count(style), len(styled), 1 / 11)
    white = sum((s.ground.kind, s.ground.colour) == ("plain", "white") for s in scenes if s.style not in LINED)
    assert 0.05 < white / N < 0.15
    assert {s.ground.kind for s in scenes} == set(GROUND_KINDS)
    counts = Counter(len(s.groups[0].boxes) for s in scenes if len(s.groups) == 1 and len(s.groups[0].boxes) > 1)
    for count in range(2, 7):
        near(counts[count], counts.total(), 0.2, slack=0.07)  # some are held out


def test_colours_shapes_and_concepts_are_uniform(sprites, scenes):
    looks = [g.look for s in scenes for g in s.groups]
    shapes = [(look.colour, look.shape) for look in looks if look.shape is not None]
    free = [(c, s) for c, s in product(COLOURS, SHAPES) if not held_colour_shape(c, s)]
    for k, options in ((0, COLOURS), (1, SHAPES)):
        found = Counter(pair[k] for pair in shapes)
        for option in options:  # contents of a shape and of a ring are chosen by what can be seen
            near(found[option], len(shapes), sum(pair[k] == option for pair in free) / len(free), slack=0.05)
    lone = Counter(
        sprites.table[s.groups[0].look.sprite].concept
        for s in scenes
        if len(s.groups) == 1 and s.groups[0].look.sprite is not None and len(s.groups[0].boxes) == 1
    )
    usual = [c for c in sprites.concepts if not unseen_family(c)]
    assert set(lone) == set(usual)
    for concept in usual:
        near(lone[concept], lone.total(), 1 / len(usual), slack=0.02)  # scenes with a held-out style are drawn again


def test_training_never_shows_a_held_out_combination(sprites, scenes):
    for scene in scenes:
        concepts = [sprites.table[g.look.sprite].concept for g in scene.groups if g.look.sprite is not None]
        assert not any(map(unseen_family, concepts))  # here a family is a concept
        assert not any(held_pair(a, b) for a, b in combinations(concepts, 2))
        for group in scene.groups:
            look = group.look
            if look.sprite is None:
                assert look.colour is not None
                assert look.shape is not None
                assert not held_colour_shape(look.colour, look.shape)
            else:
                sprite = sprites.table[look.sprite]
                assert not held_concept_style(sprite.concept, scene.style)
                assert len(group.boxes) == 1 or not held_count(len(group.boxes), sprite.concept)
        assert held_kinds(scene, sprites.table) == frozenset()


def test_only_what_may_be_changed_is_changed(sprites, scenes):
    recoloured, turned = Counter[str](), Counter[str]()
    for scene in scenes:
        for group in scene.groups:
            look, mirrored = group.look, {box.mirror for box in group.boxes}
            name = str(look.shape) if look.sprite is None else sprites.table[look.sprite].name
            if look.sprite is None:
                assert mirrored == {False}
            else:
                assert mirrored <= {False, sprites.table[look.sprite].mirror}
                recoloured[name] += look.colour is not None
            angles = {box.angle for box in group.boxes}
            assert len(angles) == 1
            angle = abs(angles.pop())
            assert {"upright": angle == 0, "upside down": angle == 180, "tilted": 15 < angle < 33}[look.turn]
            turned[name] += look.turn != "upright"
    assert {name for name, n in recoloured.items() if n} == {"apple", "umbrella", "crown"}  # no "blue red envelope"
    for same in ("circle", "ring", "hexagon", "stop sign"):
        assert turned[same] == 0


def test_colourless_styles_leave_shapes_apart(sprites, scenes):
    checked = 0
    for scene in [*scenes, *more(sprites, "shapes", 800)]:
        shapes = [g.look.shape for g in scene.groups if g.look.shape is not None]
        if scene.style in COLOURLESS and len(shapes) > 1:
            assert len(set(shapes)) == len(shapes)
            checked += 1
    assert checked > 12


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_can_be_asked_for(sprites, recipe):
    some = [draw_scene(dice, sprites, recipe=recipe) for dice in dice_of(3, range(40), Draw.SCENE)]
    counts = {tuple(len(g.boxes) for g in s.groups) for s in some}
    allowed = {
        "bare": {(1,)},
        "one": {(1,)},
        "pair": {(1, 1)},
        "inside": {(1, 1)},
        "belonging": {(1, 1)},
        "company": {(1, 1, 1)},
        "row": {(1, 1, 1)},
        "between": {(1, 1, 1)},
        "ground": {()},
        "count": {(k,) for k in range(2, 7)},
    }
    assert counts <= allowed.get(recipe, counts)
    if recipe == "bare":
        assert all(s.groups[0].look.sprite is not None and s.groups[0].look.turn == "upright" for s in some)


@pytest.mark.parametrize("kind", HELD_KINDS)
def test_a_kind_of_held_out_combination_can_be_asked_for(sprites, kind):
    for dice in dice_of(5, range(12), Draw.SCENE):
        scene = draw_scene(dice, sprites, training=False, recipe=kind)
        assert held_kinds(scene, sprites.table) == {kind}


def test_a_scene_depends_on_its_dice_only(sprites):
    for index in range(50):
        alone = draw_scene(Dice(9, index, Draw.SCENE), sprites)
        (together,) = [draw_scene(d, sprites) for d in dice_of(9, [index, 3], Draw.SCENE)][:1]
        assert alone == together
    assert draw_scene(Dice(9, 1, Draw.SCENE), sprites) != draw_scene(Dice(9, 2, Draw.SCENE), sprites)


def test_few_sprites_are_enough():
    none, single = make_sprites(()), make_sprites(("mountain",), ("",))
    for sprites in (none, single):
        some = [draw_scene(dice, sprites) for dice in dice_of(2, range(150), Draw.SCENE)]
        assert any(s.links for s in some)
    assert all(g.look.sprite is None for s in [draw_scene(Dice(1, 1, Draw.SCENE), none)] for g in s.groups)


def test_wrong_recipes_are_refused(sprites):
    dice = Dice(0, 0, Draw.SCENE)
    with pytest.raises(ValueError, match="unknown recipe 'zoo': choose from bare, one, pair"):
        draw_scene(dice, sprites, recipe="zoo")
    with pytest.raises(ValueError, match=r"'held pair' is held out: .* training=False"):
        draw_scene(dice, sprites, recipe="held pair")
    with pytest.raises(ValueError, match=r"no scene of recipe 'held pair' .* sprites are too few"):
        draw_scene(dice, make_sprites(("cat",)), training=False, recipe="held pair")


@pytest.mark.parametrize(("training", "share"), [(True, SHARE_EXACT), (False, 0.0)])
def test_half_of_the_pairs_of_training_stand_exactly(sprites, training, share):
    """Exactly at half the height or half the width, both of them; chance never puts them so."""
    pairs = [draw_scene(dice, sprites, training=training, recipe="pair") for dice in dice_of(3, range(150), Draw.SCENE)]
    boxes = [[group.boxes[0] for group in scene.groups] for scene in pairs]
    exact = [all(box.x == 0.5 for box in two) or all(box.y == 0.5 for box in two) for two in boxes]
    assert abs(sum(exact) / len(exact) - share) < 0.12
