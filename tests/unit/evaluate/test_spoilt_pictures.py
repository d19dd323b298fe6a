"""What models get wrong, painted by hand: the grader accepts the right picture of each pair and not the spoilt one."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from tests.support.paintings import AXIS, distance, inside, painted, pixels, rgb
from torch import Tensor

from unfog.data.scenes import Facts
from unfog.data.scenes_caption import GroupFact
from unfog.data.scenes_layout import SHAPES
from unfog.data.scenes_palette import COLOURS, allowed
from unfog.evaluate.faithfulness import grade
from unfog.evaluate.parser import parse
from unfog.evaluate.trust import blurred
from unfog.util.random import Dice, Draw, normal

N = 60


class Draft:
    """One object to be painted well or badly: everything a picture needs, from a seed."""

    def __init__(self, number: int) -> None:
        dice = Dice(40, number, Draw.TEST)
        self.ground = dice.choice(COLOURS)
        self.colour, self.other = dice.shuffled(sorted(allowed("plain", self.ground)))[:2]
        self.shape, self.rival = dice.shuffled(SHAPES)[:2]
        self.x, self.y, self.d = dice.uniform(12, 20), dice.uniform(12, 20), dice.uniform(8, 16)
        self.turn = dice.uniform(0, 2 * math.pi)
        self.number = number

    @property
    def t(self) -> Tensor:
        return inside(self.shape, self.x, self.y, self.d)

    def at(self, reach: float) -> tuple[float, float]:
        """A point so many diameters from the centre."""
        return self.x + reach * self.d * math.cos(self.turn), self.y + reach * self.d * math.sin(self.turn)

    def over(self, t: Tensor) -> Tensor:
        return painted(t, self.colour, self.ground)


def good(d: Draft) -> Tensor:
    return d.over(d.t)


def soft(d: Draft) -> Tensor:
    """A blur of half a pixel, twice."""
    return blurred(blurred(good(d)[None]))[0]


def noisy(d: Draft) -> Tensor:
    return good(d) + 0.03 * normal([d.number], (3, 32, 32), draw=Draw.TEST)[0]


def stretched(d: Draft) -> Tensor:
    """A tenth wider than high."""
    wide = torch.nn.functional.interpolate(d.t[None, None], size=(32, 35), mode="area")[0, 0, :, 1:33]
    return d.over(wide)


def blob(d: Draft) -> Tensor:
    """Round, but for waves of a tenth to a fifth of its radius."""
    dy, dx = (AXIS - d.y)[:, None], AXIS - d.x
    angle, radius = torch.atan2(dy, dx), torch.sqrt(dx * dx + dy * dy)
    waves = 0.2 * torch.cos(2 * angle + d.turn) + 0.15 * torch.cos(3 * angle - d.turn)
    return d.over((0.5 - radius + d.d / 2 * 0.85 * (1 + waves)).clamp(0, 1))


def smear(d: Draft) -> Tensor:
    """No outline at all."""
    square = (AXIS - d.y).square()[:, None] + (AXIS - d.x).square()
    return d.over(torch.exp(-square / (2 * (d.d / 3.5) ** 2)))


def fading(d: Draft) -> Tensor:
    """There on the right, gone on the left."""
    return d.over(d.t * ((AXIS - d.x) / d.d + 0.5).clamp(0, 1))


def half_drawn(d: Draft) -> Tensor:
    """Right of the middle only two fifths as strong."""
    return d.over(d.t * torch.where(d.x > AXIS, 1.0, 0.4))


def bitten(d: Draft) -> Tensor:
    return d.over(
        (0.5 - torch.maximum(distance(d.shape, d.x, d.y, d.d), -distance("circle", *d.at(0.33), d.d * 0.6))).clamp(0, 1)
    )


def merged(d: Draft) -> Tensor:
    """Into an equal one half a diameter away."""
    return d.over(torch.maximum(d.t, inside(d.shape, *d.at(0.6), d.d)))


def overlapped(d: Draft) -> Tensor:
    """By an object of another colour."""
    t = inside(d.rival, *d.at(0.4), d.d)
    return good(d) * (1 - t) + rgb(d.other) * t


def two_coloured(d: Draft) -> Tensor:
    return torch.where(d.x > AXIS, good(d), painted(d.t, d.other, d.ground))


def between_colours(d: Draft) -> Tensor:
    """Half-way to another colour of the palette."""
    return good(d) * 0.5 + painted(d.t, d.other, d.ground) * 0.5


def with_another(d: Draft) -> Tensor:
    """An object more, in a corner."""
    x, y = (6.0 if d.x > 16 else 26.0), (6.0 if d.y > 16 else 26.0)
    t = inside("circle", x, y, 7.6)
    return good(d) * (1 - t) + rgb(d.other) * t


def with_a_ghost(d: Draft) -> Tensor:
    """An object more, at a third of its strength."""
    x, y = (6.0 if d.x > 16 else 26.0), (6.0 if d.y > 16 else 26.0)
    t = 0.34 * inside("square", x, y, 8.0)
    return good(d) * (1 - t) + rgb(d.other) * t


def missing(d: Draft) -> Tensor:
    return d.over(torch.zeros(32, 32))


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return [Draft(k) for k in range(N)]


def accepted(paint: Callable[[Draft], Tensor], drafts: list[Draft]) -> float:
    """Share of pictures accepted for "a COLOUR SHAPE"."""
    pictures = parse(pixels([paint(d).clamp(0, 1) for d in drafts]))
    facts = [Facts((GroupFact(1, d.colour, d.shape),)) for d in drafts]
    return sum(grade(p, f).all for p, f in zip(pictures, facts, strict=True)) / len(drafts)


@pytest.mark.parametrize(("paint", "least"), [(good, 1.0), (soft, 0.98), (noisy, 0.98), (stretched, 0.9)])
def test_good_pictures_are_accepted(drafts, paint, least):
    assert accepted(paint, drafts) >= least


@pytest.mark.parametrize(
    ("paint", "most"),
    [
        (blob, 0.02),
        (smear, 0.02),
        (fading, 0.02),
        (half_drawn, 0.02),
        (bitten, 0.02),
        (merged, 0.02),
        (overlapped, 0.02),
        (two_coloured, 0.02),
        (between_colours, 0.02),
        (with_another, 0.0),
        (with_a_ghost, 0.02),
        (missing, 0.0),
    ],
)
def test_spoilt_pictures_are_not(drafts, paint, most):
    assert accepted(paint, drafts) <= most
