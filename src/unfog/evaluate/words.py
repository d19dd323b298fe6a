"""Are words ordered as people would order them? Triples (a, b, c) that say "a is nearer b than c".

A triple is right if cos(a, b) > cos(a, c) in the model's text space. Half would be right by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from unfog.evaluate.faithfulness import Share, wilson
from unfog.util.errors import DataError

BENCHMARK = Path(__file__).resolve().parents[1] / "assets" / "word_triples.txt"
MOST = 10_000  # triples of a file
LARGEST = 2**20  # bytes of it


class Triple(NamedTuple):
    """``word`` is nearer ``near`` than ``far``."""

    word: str
    near: str
    far: str


class Ordered(NamedTuple):
    """A triple and the two cosines."""

    triple: Triple
    near: float
    far: float

    @property
    def right(self) -> bool:
        return self.near > self.far


def read_triples(path: Path) -> list[Triple]:
    """The triples of a file: a line "king: man, woman" each, "#" begins a remark.

    Raises:
        DataError: there is no such file, or a line of it is no triple; it is named.
    """
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise DataError(f"{path} is no file of triples; write lines like 'king: man, woman' into one")
    out = list[Triple]()
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        word, _, rest = text.partition(":")
        near, _, far = rest.partition(",")
        found = Triple(word.strip(), near.strip(), far.strip())
        if text and (not all(found) or "," in far):
            raise DataError(f"{path}, line {number}: {text[:60]!r} is no triple; write 'king: man, woman'")
        out += [found] if text else []
    if not 0 < len(out) <= MOST:
        raise DataError(f"{path} has {len(out)} triples; 1 to {MOST} are read")
    return out


def order(triples: Sequence[Triple], vectors: Mapping[str, Float[Tensor, " d"]]) -> list[Ordered]:
    """Every triple with its cosines; ``vectors`` are unit vectors of all its words."""
    return [
        Ordered(t, (vectors[t.word] @ vectors[t.near]).item(), (vectors[t.word] @ vectors[t.far]).item())
        for t in triples
    ]


def share_right(found: Sequence[Ordered]) -> Share:
    """How many are right, with the interval."""
    return wilson(sum(one.right for one in found), len(found))
