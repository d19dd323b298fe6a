"""Cosines and the map of words."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest
import torch

from unfog.explain.words import COLUMNS, ROWS, cosines, flattened, spread, svg_map, table, text_map

ANGLES = torch.tensor([0.0, 0.3, 2.0, 2.5, 4.0])
FLAT = (
    torch.stack([ANGLES.cos(), ANGLES.sin(), torch.zeros(5)], dim=1)
    @ torch.linalg.qr(torch.tensor([[2.0, 1, 0], [0, 1, 3], [1, 1, 1]])).Q
)
WORDS = ["king", "man", "woman", "<b>&", "turtle"]


def test_a_plane_is_shown_without_loss():
    """Vectors that lie in a plane keep all their distances on the map."""
    found = flattened(FLAT)
    places = torch.tensor(found.places)
    torch.testing.assert_close(torch.cdist(places, places), torch.cdist(FLAT, FLAT), atol=1e-5, rtol=0)
    assert found.share == pytest.approx(1)
    torch.testing.assert_close(cosines(FLAT), (ANGLES[:, None] - ANGLES).cos(), atol=1e-6, rtol=0)


def test_what_the_map_leaves_out():
    """n orthogonal vectors differ equally in n - 1 directions, of which the map shows two."""
    assert flattened(torch.eye(3)).share == pytest.approx(1)
    assert flattened(torch.eye(5)).share == pytest.approx(0.5)
    assert flattened(torch.ones(2, 3) / math.sqrt(3)) == ([(0.0, 0.0)] * 2, 1.0)


def test_places_keep_their_proportions():
    points = spread([(0.0, 0.0), (2.0, 0.0), (0.0, 1.0)], 100, 100)
    assert points == [(0.0, 75.0), (100.0, 75.0), (0.0, 25.0)]
    assert spread([(3.0, 3.0)], 10, 20) == [(5.0, 10.0)]


def test_the_table():
    lines = table(["a", "long word"], [[1.0, -0.25], [-0.25, 1.0]]).splitlines()
    assert [line.split() for line in lines] == [
        ["1", "2"],
        ["1", "a", "1.00", "-0.25"],
        ["2", "long", "word", "-0.25", "1.00"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_the_map_in_a_terminal_shows_every_word_once():
    text = text_map([*WORDS, "same", "place"], [*flattened(FLAT).places, (0.0, 0.0), (0.0, 0.0)])
    for word in (*WORDS, "same", "place"):
        assert text.count(f"·{word}") == 1
    assert len(text.splitlines()) <= ROWS
    assert max(map(len, text.splitlines())) <= COLUMNS + 8


def test_the_drawing_is_well_formed_and_labels_do_not_cover_each_other():
    crowd = [f"word {k}" for k in range(12)]
    drawn = svg_map([*WORDS, *crowd], flattened(torch.cat([FLAT, FLAT[:1].expand(12, 3)])), "words of <x>")
    root = ET.fromstring(drawn)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {*WORDS, *crowd} < set(texts)
    bases = [float(y) for y in re.findall(r'y="([\d.]+)">word ', drawn)]
    assert min(b - a for a, b in zip(sorted(bases), sorted(bases)[1:], strict=False)) >= 9
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
