"""Curves in one picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from unfog.media.curves import HEIGHT, SHARP, STRONG, WIDTH, Curve, Panel, curves_png

LINE = Curve("a", ((5.0, 0.5), (20.0, 0.01)))


def test_panels_stand_side_by_side_and_the_strong_curve_is_seen():
    strong = Curve("mine", ((5.0, 0.3), (20.0, 0.001)), strong=True)
    one, two = (Panel("p", "calls", "error", curves) for curves in ((LINE,), (LINE, strong)))
    data = curves_png([one, two])
    assert data == curves_png([one, two])
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.size == (2 * WIDTH * SHARP, HEIGHT * SHARP)
    left, right = (picture.crop((k * WIDTH * SHARP, 0, (k + 1) * WIDTH * SHARP, HEIGHT * SHARP)) for k in (0, 1))
    counts = [sum(n for n, colour in half.getcolors(1 << 20) or [] if colour == STRONG) for half in (left, right)]
    assert counts[0] == 0
    assert counts[1] >= 500


def test_a_lower_error_stands_lower():
    picture = Image.open(io.BytesIO(curves_png([Panel("", "x", "y", (Curve("", ((1.0, 1.0), (10.0, 0.01))),))])))
    colour, found = (37, 99, 168), picture.convert("RGB").load()
    assert found is not None
    rows = [[y for y in range(picture.height) if found[x, y] == colour] for x in range(picture.width)]
    seen = [sum(column) / len(column) for column in rows if column]
    assert seen[0] < seen[-1]


def test_what_cannot_be_drawn_is_refused():
    for panels in ([], [Panel("", "x", "y", ())], [Panel("", "x", "y", (Curve("a", ((1.0, 0.0),)),))]):
        with pytest.raises(ValueError, match=r"panels with points|no place for zero"):
            curves_png(panels)
