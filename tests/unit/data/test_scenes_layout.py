"""The laws every scene keeps, measured from centres and diameters alone."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import pytest
import torch

from unfog.data.scenes import dice_of
from unfog.data.scenes_layout import BORDER, DIAMETER, GAP, SHAPES, SIDE, WOBBLE, Scene, draw_scene
from unfog.data.scenes_palette import BACKGROUNDS, COLOURS, MARGIN, PALETTE, lab, tones
from unfog.data.scenes_render import coverage
from unfog.util.random import Draw

N = 2000
EXACT = 1e-9


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(dice) for dice in dice_of(17, range(N), Draw.SCENE)]


def boxes(scene: Scene) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of every object."""
    return [
        (x - g.diameter / 2, y - g.diameter / 2, x + g.diameter / 2, y + g.diameter / 2)
        for g in scene.groups
        for x, y in g.centres
    ]


def test_every_object_keeps_off_the_border(scenes):
    ends = [end for s in scenes for box in boxes(s) for end in box]
    assert min(ends) >= BORDER - EXACT
    assert max(ends) <= SIDE - BORDER + EXACT


def test_every_two_objects_keep_a_gap(scenes):
    """Two boxes are apart by the larger of their distances along x and along y."""
    gaps = [
        max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3]) for s in scenes for a, b in combinations(boxes(s), 2)
    ]
    assert len(gaps) > N
    assert min(gaps) >= GAP - EXACT


def test_objects_never_cover_the_same_pixel(scenes):
    for scene in [s for s in scenes if sum(g.count for g in s.groups) > 3][:60]:
        covered = torch.cat(
            [coverage(g.shape, torch.tensor(g.centres), torch.full((g.count,), g.diameter), 32) for g in scene.groups]
        )
        assert covered.sum(dim=0).max() <= 1.0
        assert (covered > 0).sum(dim=0).max() == 1


def test_relations_are_true_of_every_pair_of_objects(scenes):
    """On the relation's axis all boxes are apart, and it is the axis along which the groups are farther apart."""
    seen = Counter[str]()
    for scene in scenes:
        if scene.relation is None:
            continue
        seen[scene.relation] += 1
        first, second = scene.groups
        reach = (first.diameter + second.diameter) / 2
        axis, sign = {"left of": (0, 1), "right of": (0, -1), "above": (1, 1), "below": (1, -1)}[scene.relation]
        for a, b in product(first.centres, second.centres):
            assert sign * (b[axis] - a[axis]) - reach >= GAP - EXACT
        middles = [[sum(c[k] for c in g.centres) / g.count for k in (0, 1)] for g in scene.groups]
        apart = [abs(middles[0][k] - middles[1][k]) for k in (0, 1)]
        assert apart[axis] > 2 * apart[1 - axis]
    assert len(seen) == 4


def test_places_are_true_and_far_from_the_limits_between_them(scenes):
    """Below 10 is left or top, above 22 right or bottom, 14.5 to 17.5 the middle."""
    seen = set[tuple[str, str]]()
    for scene in scenes:
        if scene.place is None:
            continue
        seen.add(scene.place)
        ((x, y),) = scene.groups[0].centres
        for value, word, (low, middle, high) in (
            (x, scene.place[1], ("left", "center", "right")),
            (y, scene.place[0], ("top", "middle", "bottom")),
        ):
            assert word == (low if value < 10 else high if value > 22 else middle)
            assert value < 10 or value > 22 or 14.5 <= value <= 17.5
    assert len(seen) == 9


def test_sizes_are_what_they_are_called(scenes):
    groups = [g for s in scenes for g in s.groups]
    assert {g.size for g in groups} == {"small", "medium", "large"}
    for group in groups:
        low, high = DIAMETER[group.size]
        assert low <= group.diameter <= high


def test_every_object_stands_out_from_its_background(scenes):
    """In CIELAB from both tones, with both colours as they are drawn; the wobble takes up to 2.5 units each."""
    assert max(abs(w) for s in scenes for g in s.groups for w in g.wobble) <= WOBBLE
    pairs = [
        (
            [p + w for p, w in zip(PALETTE[g.colour], g.wobble, strict=True)],
            [t + w for t, w in zip(tone, s.background.wobble, strict=True)],
        )
        for s in scenes
        for g in s.groups
        for tone in tones(s.background.kind, s.background.colour)
    ]
    colours, grounds = torch.tensor(pairs).div(255).clamp(0, 1).unbind(dim=1)
    away = (lab(colours) - lab(grounds)).norm(dim=-1)
    assert away.min() > MARGIN - 5


def test_two_groups_never_look_the_same(scenes):
    pairs = [s.groups for s in scenes if len(s.groups) == 2]
    assert all((a.colour, a.shape) != (b.colour, b.shape) for a, b in pairs)
    assert any(a.colour == b.colour for a, b in pairs)
    assert any(a.shape == b.shape for a, b in pairs)


def test_the_mixture_is_balanced(scenes):
    """Every share is within four standard deviations of what the module says."""
    counts = [tuple(g.count for g in s.groups) for s in scenes]
    near(sum(c == (1,) for c in counts), N, 0.20)
    near(sum(c == (1, 1) for c in counts), N, 0.35)
    near(sum(len(c) == 1 and c[0] > 1 for c in counts), N, 0.30)
    near(sum(len(c) == 2 and max(c) > 1 for c in counts), N, 0.15)
    near(sum((s.background.kind, s.background.colour) == ("plain", "white") for s in scenes), N, 0.37, slack=0.02)
    groups = [g for s in scenes for g in s.groups]
    for colour in COLOURS:
        near(sum(g.colour == colour for g in groups), len(groups), 1 / 11)
    for shape in SHAPES:
        near(sum(g.shape == shape for g in groups), len(groups), 1 / 8)
    related = [s.relation for s in scenes if s.relation is not None]
    for relation in set(related):
        near(related.count(relation), len(related), 1 / 4)
    single = [s.place for s in scenes if len(s.groups) == 1 and s.groups[0].count == 1]
    near(sum(p is not None for p in single), len(single), 0.5)
    assert {(s.background.kind, s.background.colour) for s in scenes} == set(BACKGROUNDS)


def near(found: int, n: int, share: float, *, slack: float = 0.0) -> None:
    assert abs(found / n - share) <= 4 * (share * (1 - share) / n) ** 0.5 + slack
