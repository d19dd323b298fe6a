"""How synthetic copies are written: in the layout of their originals, with all that is known of where they are from.

    DIR/<subfolder>/<name>-synthetic-<k>.png    and .txt, where the original has one
    DIR/metadata.jsonl                          the others: file_name, text, source, strength, seed, licence, ...
    DIR/manifest.json                           the request, the model, what was left out, a sha256 per file

with k from 1. Licences and attributions of the originals are carried along, and so is their licence file.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from jaxtyping import UInt8
from torch import Tensor

from unfog.data.licence import LICENCE_FILES, UNKNOWN
from unfog.data.scan import LICENCE_BYTES
from unfog.jobs.augment_data import Source
from unfog.jobs.data import TABLE
from unfog.jobs.events import Picture
from unfog.media.recipe import picture_file


@dataclass(frozen=True)
class Copy:
    """A copy that is kept: its picture and what belongs to it."""

    source: Source
    picture: Picture
    caption: str
    strength: float
    seed: int
    small: UInt8[Tensor, "3 side side"]


class Writer:
    """Writes copies into a folder in the layout of their originals. Call ``finish`` in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows, self.taken, self.licences = list[dict[str, Any]](), dict[str, str](), Counter[str]()

    def write(self, copy: Copy, k: int) -> None:
        """One picture file with its recipe and, beside it or in the table, its caption."""
        found, recipe = copy.source.found, copy.picture.recipe
        name = f"{self.stem(found.path)}-synthetic-{k + 1}"
        path = self.folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture_file(copy.picture.pixels, recipe, copy.picture.profile))
        licence = found.licence or UNKNOWN
        self.licences[licence] += 1
        if found.sidecar:
            (self.folder / f"{name}.txt").write_text(copy.caption + "\n", encoding="utf-8")
        if found.sidecar and not (found.attribution or found.split_group or found.columns):
            return
        row = dict(found.columns) | {"file_name": f"{name}.png"} | ({} if found.sidecar else {"text": copy.caption})
        row |= {"source": found.path, "strength": copy.strength, "seed": copy.seed, "licence": licence}
        named = {"attribution": found.attribution, "split_group": found.split_group}
        self.rows.append(row | {key: value for key, value in named.items() if value})

    def stem(self, path: str) -> str:
        """Path of a picture without its ending; with it, where another picture has the same path without."""
        pure = PurePosixPath(path)
        stem = pure.with_suffix("").as_posix()
        if self.taken.setdefault(stem, path) == path:
            return stem
        return f"{stem}{pure.suffix.replace('.', '-')}"

    def finish(self, root: Path) -> None:
        """Write the table, if anything belongs into it, and the licence of the originals."""
        if self.rows:
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows]
            (self.folder / TABLE).write_text("".join(lines), encoding="utf-8", newline="\n")
        for file in sorted(root.iterdir()):
            fits = file.name.lower() in LICENCE_FILES and file.is_file() and not file.is_symlink()
            if fits and file.stat().st_size <= LICENCE_BYTES:
                shutil.copyfile(file, self.folder / file.name)
