"""How words lie to each other in a text space: all cosines, and a map of two dimensions.

The map shows the two directions in which the vectors differ most, their principal components (Pearson 1901): with U the
(n, d) unit vectors less their mean, and U = P S Q^T its singular value decomposition,

    (x, y)_k = (P S)_k,1..2        share shown = (S_1^2 + S_2^2) / sum S^2
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

WIDTH, HEIGHT = 720, 520  # of the drawing, pixels
EDGE = 70  # around the points
LINE = 18  # least distance of two labels that would overlap, pixels
LETTER = 8.5  # width of a letter, pixels
STYLE = (
    "rect{fill:#fbfbf9}circle{fill:#c2410c}path{stroke:#c9c9c4;fill:none}"
    "text{fill:#1c1c1e;font:15px system-ui,sans-serif}.about{fill:#6e6e73;font-size:12px}"
)
COLUMNS, ROWS = 76, 20  # of the map in a terminal


class Map(NamedTuple):
    """Places of words on the map, and how much of the differences between their vectors it shows."""

    places: list[tuple[float, float]]
    share: float


def cosines(vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n n"]:
    """Cosine of every pair of unit vectors."""
    return vectors @ vectors.T


def flattened(vectors: Float[Tensor, "n d"]) -> Map:
    """The map of at least one vector (see the module docstring); the largest part of each axis points right or up."""
    p, s, _ = torch.linalg.svd((vectors - vectors.mean(0)).double(), full_matrices=False)
    at = torch.zeros(len(vectors), 2, dtype=torch.float64)
    found = (p * s)[:, :2]
    if found.numel():
        sign = torch.where(found.gather(0, found.abs().argmax(0, keepdim=True)) < 0, -1.0, 1.0)
        at[:, : found.shape[1]] = found * sign
    total = s.square().sum().item()
    share = s[:2].square().sum().item() / total if total > 1e-12 else 1.0
    return Map([(x, y) for x, y in at.tolist()], share)


def spread(places: Sequence[tuple[float, float]], width: float, height: float) -> list[tuple[float, float]]:
    """The places as points of a box whose origin is at its top left, in true proportions, in the middle."""
    xs, ys = [x for x, _ in places], [y for _, y in places]
    sides = max(xs) - min(xs), max(ys) - min(ys)
    unit = min((room / side for room, side in zip((width, height), sides, strict=True) if side > 1e-9), default=1.0)
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    return [(width / 2 + (x - middle[0]) * unit, height / 2 - (y - middle[1]) * unit) for x, y in places]


def table(words: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    """The cosines as text, words by numbers above their columns."""
    longest = max(map(len, words)) + 4
    head = " " * longest + "".join(f"{k:>7}" for k in range(1, len(words) + 1))
    rows = [
        f"{k:>2} {word:<{longest - 3}}" + "".join(f"{value:>7.2f}" for value in row)
        for k, (word, row) in enumerate(zip(words, values, strict=True), 1)
    ]
    return "\n".join([head, *rows])


def text_map(words: Sequence[str], places: Sequence[tuple[float, float]]) -> str:
    """The map in ``COLUMNS`` x ``ROWS`` characters; a word stands behind its dot, on the next free line if need be."""
    lines = [[" "] * (COLUMNS + max(map(len, words)) + 2) for _ in range(ROWS)]
    for word, (x, y) in zip(words, spread(places, COLUMNS - 1, ROWS - 1), strict=True):
        mark, column = f"·{word} ", round(x)
        free = [k for k, line in enumerate(lines) if all(c == " " for c in line[column : column + len(mark)])]
        row = min(free, key=lambda k, y=y: abs(k - y), default=round(y))
        lines[row][column : column + len(mark)] = mark
    text = ["".join(line).rstrip() for line in lines]
    shown = [k for k, line in enumerate(text) if line]
    return "\n".join(text[shown[0] : shown[-1] + 1])


def svg_map(words: Sequence[str], found: Map, title: str) -> str:
    """The map as a drawing that needs nothing but itself."""
    dots = spread(found.places, WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE)
    taken, parts = list[tuple[float, float, float]](), list[str]()
    for word, (x, y) in sorted(zip(words, dots, strict=True), key=lambda item: item[1][1]):
        left, base = x + 8, y
        while any(abs(base - b) < LINE and left < right and x0 < left + len(word) * LETTER for x0, right, b in taken):
            base += LINE / 2
        taken.append((left, left + len(word) * LETTER, base))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
        if base - y > LINE:
            parts.append(f'<path d="M{x:.1f} {y:.1f}L{left:.1f} {base:.1f}"/>')
        parts.append(f'<text x="{left:.1f}" y="{base + 4:.1f}">{escape(word)}</text>')
    about = f"{escape(title)}: cosines flattened to two dimensions, which hold {found.share:.0%} of the differences"
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>', f"<style>{STYLE}</style>"]
    head += ['<rect width="100%" height="100%"/>', f'<g transform="translate({EDGE // 2} {EDGE})">']
    foot = ["</g>", f'<text class="about" x="{EDGE // 2}" y="{HEIGHT - 20}">{about}</text>', "</svg>\n"]
    return "\n".join([*head, *parts, *foot])
