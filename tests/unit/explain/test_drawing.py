"""Drawings, charts, the space of colours, formulas."""

from __future__ import annotations

import io
import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from unfog.explain.chart import Axis, Curve, chart
from unfog.explain.drawing import DARK, LIGHT, SMOOTH, Dot, Drawing, Path, Words, dashes, head, png, svg, tiled
from unfog.explain.formula import mathml
from unfog.explain.page import ASSETS
from unfog.explain.space import Walk, hexadecimal, seen, turnable, view, walk_drawing

STYLE = (ASSETS / "page.css").read_text(encoding="utf-8")
SHEET = Drawing(
    40,
    30,
    (
        Path(((0, 10), (40, 10)), "accent", 4),
        Path(((0, 20), (9, 20), (9, 30), (0, 30)), "#00ff00", filled=True),
        Dot((30, 22), "#0000ff", 5),
        Words((2, 5), "a <b> & c", "ink", 4),
        Path(((20, 15), (20, 28)), "soft", arrow=True, dashed=True),
    ),
    'says "this" & that',
)


def test_a_png_has_every_mark_where_it_belongs():
    with Image.open(io.BytesIO(png(SHEET))) as picture:
        at = picture.convert("RGB")
        assert picture.size == (40 * SMOOTH, 30 * SMOOTH)
        found = [at.getpixel((x * SMOOTH, y * SMOOTH)) for x, y in ((20, 10), (4, 25), (30, 22), (38, 2))]
    assert found == [tuple(bytes.fromhex(c[1:])) for c in (LIGHT["accent"], "#00ff00", "#0000ff", LIGHT["paper"])]
    assert png(SHEET) == png(SHEET)


def test_an_svg_is_well_formed_and_its_colours_are_those_of_the_page():
    drawn = svg(tiled([SHEET, SHEET, SHEET], 2, SHEET.alt))
    root = ET.fromstring(drawn)
    assert root.get("aria-label") == SHEET.alt
    assert root.get("viewBox") == "0 0 80 60"
    assert [t.text for t in root.iter("text")] == ["a <b> & c"] * 3
    circles = [(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in root.iter("circle")]
    assert circles == [(30, 22), (70, 22), (30, 52)]
    for name in set(re.findall(r'class="((?:fill|stroke)-\w+)"', drawn)):
        assert f".{name} {{" in STYLE
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)", 1)
    for name in ("ink", "soft", "line", "fill", "accent", "second", "third"):
        assert all(f".{what}-{name} {{" in STYLE for what in ("fill", "stroke"))
        assert f"--{name}: {LIGHT[name]}" in light
        assert f"--{name}: " in dark
    assert all(f"--{name}: {DARK[name]}" in STYLE for name in ("ink", "soft", "accent"))


def test_dashes_are_half_of_the_line():
    pieces = dashes([(0, 0), (30, 0), (30, 40)], 5)
    lengths = [sum(math.dist(a, b) for a, b in pairwise(p)) for p in pieces]
    assert lengths == pytest.approx([5] * 7)
    assert dashes([(0, 0), (3, 0)], 5) == [[(0, 0), (3, 0)]]


def test_an_arrow_ends_where_its_line_ends():
    tip, left, right = head(Path(((0, 0), (0, 100)), width=2))
    assert tip == (0, 100)
    assert left[1] == right[1] < 100
    assert left[0] == -right[0]
    assert head(Path(((3, 4), (3, 4)))) == ((3, 4),) * 3


def test_a_chart_puts_values_where_its_axes_say():
    x, y = Axis(0, 10, "x", ((0, "none"), (10, "ten"))), Axis(-1, 1, "y", ((0, "zero"),))
    drawn = chart([Curve(((0, -1), (5, 0), (10, 5)), "accent", "up")], x, y, "alt")
    (curve,) = [m for m in drawn.marks if isinstance(m, Path) and len(m.points) == 3]
    (x0, y0), (x1, y1), (x2, y2) = curve.points
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert y0 - y1 == pytest.approx(y1 - y2)  # what leaves the range stays on its edge
    assert {m.text for m in drawn.marks if isinstance(m, Words)} == {"none", "ten", "zero", "x", "y", "up"}


def test_the_view_of_space_is_a_projection():
    """Of three unit axes at right angles an orthographic view shows squares that add up to 2; up is up, right right."""
    axes = [seen(axis, 1, 0) for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    origin = seen((0, 0, 0), 1, 0)
    ways = [(x - origin[0], origin[1] - y) for x, y in axes]
    assert sum(x * x + y * y for x, y in ways) == pytest.approx(2)
    assert sum(x * y for x, y in ways) == pytest.approx(0)
    assert ways[0][0] > 0
    assert ways[2][1] > 0
    assert ways[2][0] == pytest.approx(0)


def test_colours_of_arrows_can_be_seen_on_black():
    assert hexadecimal((1, -1, -1)) == "#ff0000"
    assert hexadecimal((-1, -1, -1), 0.5) == "#808080"
    assert hexadecimal((3, 9, 2), 0.5) == "#ffffff"


def test_a_walk_has_an_arrow_per_step_and_knows_its_points():
    spots = ((1.0, -1.0, -1.0), (0.5, 0.1, -0.2), (0.0, 2.0, 0.3))
    walk = Walk("pixel 3,4", spots, spots)
    arrows = [m for m in walk_drawing([walk], "").marks if isinstance(m, Path) and m.arrow]
    unit, middle = view([walk], 470)
    assert [m.space for m in arrows] == [spots[:2], spots[1:]]
    assert [m.step for m in arrows] == [1, 2]
    assert arrows[0].colour == hexadecimal(spots[0], 0.32)
    assert arrows[1].points == (seen(spots[1], unit, middle), seen(spots[2], unit, middle))
    page = turnable([walk], ["start", "one", "two"], "seen", start=1)
    root = ET.fromstring(re.sub(r" hidden>", ">", re.sub(r"<input([^>]*)>", r"<input\1/>", page)))
    heads = [e for e in root.iter("polygon") if e.get("data-head")]
    assert [e.get("data-step") for e in heads] == ["1", "2"]
    assert root.get("data-unit") == f"{unit:.4f}"


@pytest.mark.parametrize(
    ("source", "inner"),
    [
        ("x_t", "<msub><mi>x</mi><mi>t</mi></msub>"),
        (r"\sigma_t^2", "<msubsup><mi>σ</mi><mi>t</mi><mn>2</mn></msubsup>"),
        ("a^{t-1}", "<msup><mi>a</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msup>"),
        (
            r"\frac{1}{\sqrt{π}}",
            "<mfrac><mrow><mn>1</mn></mrow><mrow><msqrt><mrow><mi>π</mi></mrow></msqrt></mrow></mfrac>",
        ),
        (r"\hat{x}_0", '<msub><mover accent="true"><mrow><mi>x</mi></mrow><mo>^</mo></mover><mn>0</mn></msub>'),
        (
            "(1)^2",
            '<msup><mrow><mo stretchy="false">(</mo><mn>1</mn><mo stretchy="false">)</mo></mrow><mn>2</mn></msup>',
        ),
        (r"[\frac 1 2]", "<mrow><mo>[</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>]</mo></mrow>"),
        ('"a < b" < 10.5', "<mtext>a &lt; b</mtext><mo>&lt;</mo><mn>10.5</mn>"),
    ],
)
def test_formulas(source, inner):
    made = mathml(source)
    assert f">{inner}</math>" in made
    assert ET.fromstring(made).get("alttext") == source


@pytest.mark.parametrize("source", [r"\frac{a}", "x_", "{a", "(a", r"\unknown", "a^"])
def test_formulas_that_are_none(source):
    with pytest.raises(ValueError, match=r"formula"):
        mathml(source)
