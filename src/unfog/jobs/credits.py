"""Whose pictures a model was trained on: the text that goes with its weights, as many licences ask.

A folder of sprites may hold ``NOTICE.txt`` (authors, licences, sources with their commits, sha256 of what it was made
from), which is taken as it is; else the attributions in its metadata are counted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from unfog.data.compose.dataset import Compositions
from unfog.data.dataset import Dataset
from unfog.model.store import NOTICE

LIMIT = 2**18  # bytes of a notice that is copied


def notice_of(dataset: Dataset, sprites: str | None) -> str:
    """The notice for a model folder; "" if the pictures ask for none that is known."""
    if not isinstance(dataset, Compositions):
        return ""
    given = Path(sprites or "") / NOTICE
    if sprites is not None and given.is_file() and given.stat().st_size <= LIMIT:
        return given.read_text(encoding="utf-8", errors="replace")
    works = Counter((s.style, s.attribution or "unknown author", s.licence) for s in dataset.sprites.table)
    return "".join(
        f"{style + ': ' if style else ''}{number} pictures, {who}, {licence}\n"
        for (style, who, licence), number in sorted(works.items())
    )
