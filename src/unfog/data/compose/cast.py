"""What scenes are cast from: tables over a set of sprites that drawing a scene looks up instead of searching.

Which concepts training may show, who can wear, hold or ride what, and on which grounds a sprite can
be seen. All are pure functions of the sprites, made once per set (0.3 s for 7,000).

A sprite can be seen on a ground if at least ``SEEN`` of its area is farther than ``CLEAR`` (delta E) from each of the
ground's tones, measured on its colours in 6 x 6 cells. The answers are bits: bit k is ``BACKDROPS[k]``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Bool
from torch import Tensor

from unfog.data.compose.backdrops import BACKDROPS, LIGHTER
from unfog.data.compose.hold import TRIPLES, held_colour_shape, unseen_family
from unfog.data.compose.scene import SHAPES
from unfog.data.compose.sprites import Sprite, Sprites
from unfog.data.compose.tones import tones
from unfog.data.scenes_palette import COLOURS, lab

CELLS = 6
SEEN, CLEAR = 0.4, 18.0
OPAQUE = 32  # of 255: what counts as seen when a silhouette is measured
Frame = tuple[float, float, float, float]  # left, top, right, bottom of what is seen, in shares of the sprite's side
Rows = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Cast:
    """Tables over sprites; a concept is the tuple of its rows, one for each style.

    Attributes:
        usual: concepts that training shows; ``unseen``: those it never does.
        parts: concepts of ``usual`` by what they can be: the roles and anchors of a sprite, e.g. "hat", "head".
        fits: for each row, on which backdrops it can be seen; fits_grey: when all colours are gone.
        frames: where a row's opaque part is.
        edits: whether a row may be given another colour and still be called by its name.
    """

    table: tuple[Sprite, ...]
    usual: tuple[Rows, ...]
    unseen: tuple[Rows, ...]
    parts: dict[str, tuple[Rows, ...]]
    fits: tuple[int, ...]
    fits_grey: tuple[int, ...]
    frames: tuple[Frame, ...]
    edits: tuple[bool, ...]


@lru_cache(maxsize=4)
def cast_of(sprites: Sprites) -> Cast:
    """The tables of a set of sprites."""
    table = sprites.table
    concepts = [sprites.of(concept) for concept in sprites.concepts]
    unseen = tuple(rows for rows in concepts if unseen_family(table[rows[0]].family))
    usual = tuple(rows for rows in concepts if rows not in set(unseen) and not _held_shape(table[rows[0]].name))
    seen = sprites.pixels[:, 3] > OPAQUE
    return Cast(
        table,
        usual,
        unseen,
        _parts(table, usual),
        *_fits(sprites),
        _frames(seen),
        tuple(map(_can_be_recoloured, table)),
    )


@lru_cache(maxsize=4)
def cast_of_triples(cast: Cast) -> Cast:
    """The same tables with only the concepts of the held-out triples to draw from."""
    wanted = frozenset[str]().union(*TRIPLES)
    few = tuple(rows for rows in cast.usual if cast.table[rows[0]].concept in wanted)
    return replace(cast, usual=few, parts=_parts(cast.table, few))


def _held_shape(name: str) -> bool:
    """Whether a sprite is one of the coloured shapes that training must not show: "green heart"."""
    words = set(name.replace("grey", "gray").split())
    return any(held_colour_shape(colour, shape) for colour in words & set(COLOURS) for shape in words & set(SHAPES))


def _can_be_recoloured(sprite: Sprite) -> bool:
    """Not if a name says a colour ("red apple"), or a shape: that would get round the held-out coloured shapes."""
    words = {word for name in (sprite.name, *sprite.synonyms) for word in name.replace("grey", "gray").split()}
    return sprite.recolour and words.isdisjoint(COLOURS) and words.isdisjoint(SHAPES)


def _parts(table: tuple[Sprite, ...], concepts: tuple[Rows, ...]) -> dict[str, tuple[Rows, ...]]:
    out: dict[str, list[Rows]] = {}
    for rows in concepts:
        able: dict[str, list[int]] = {}
        for row in rows:
            parts = {*table[row].roles, *table[row].anchors}
            if "head" in parts and _has_body(table[row]):
                parts.add("rider")
            for part in sorted(parts):
                able.setdefault(part, []).append(row)
        for part, some in able.items():
            out.setdefault(part, []).append(tuple(some))
    return {part: tuple(concepts) for part, concepts in out.items()}


def _has_body(sprite: Sprite) -> bool:
    """Whether it can sit on something: a living thing, and not a face alone."""
    alive = sprite.group == "" or sprite.group.startswith(("animals", "people"))
    return alive and not sprite.name.endswith((" face", " head"))


def _fits(sprites: Sprites) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For every row the backdrops on which enough of it differs from every tone, in colour and in lightness alone."""
    pieces = [F.adaptive_avg_pool2d(some.float() / 255, CELLS).flatten(2) for some in sprites.pixels.split(256)]
    cells = torch.cat(pieces)  # (n, 4, 36)
    alpha = cells[:, 3]
    colours = lab((cells[:, :3] / alpha.clamp(min=1e-3)[:, None]).clamp(0, 1).transpose(1, 2))  # (n, 36, 3)
    area = alpha.sum(dim=1).clamp(min=1e-3)
    coloured, grey = torch.zeros(2, len(sprites.table), dtype=torch.int64)
    for k, ground in enumerate(BACKDROPS):
        every = lab(torch.tensor(tones(ground) or ((-1e3,) * 3,)) / 255)  # nothing is near a transparent ground
        away = torch.cdist(colours, every).amin(dim=-1)  # (n, 36)
        lighter = (colours[..., :1] - every[:, 0]).abs().amin(dim=-1)
        coloured |= ((alpha * (away > CLEAR)).sum(dim=1) >= SEEN * area).long() << k
        grey |= ((alpha * (lighter > LIGHTER)).sum(dim=1) >= SEEN * area).long() << k
    return tuple(coloured.tolist()), tuple(grey.tolist())


def _frames(seen: Bool[Tensor, "n side side"]) -> tuple[Frame, ...]:
    side = seen.shape[-1]
    columns, rows = seen.any(dim=1).int(), seen.any(dim=2).int()  # (n, side)
    first = [v.argmax(dim=1) / side for v in (columns, rows)]
    last = [1 - v.flip(1).argmax(dim=1) / side for v in (columns, rows)]
    return tuple(zip(*(v.tolist() for v in (*first, *last)), strict=True))
