"""Sprites: pictures of single things with transparency, which scenes are composed of.

They come from a captioned folder of RGBA pictures (PNG or WebP, see ``data/scan.py``). Every picture is trimmed,
centred and scaled to one size (``sprite_pixels.py``). What is known of a thing beyond its name (what it is called in
other languages, where a hat goes) is in further columns of ``metadata.jsonl`` (``sprite_columns.py``); without them

    concept = family = name = the first caption    style = the subfolder, if every picture lies in one
    mirror: no    recolour: measured    no anchors, no roles
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.data.compose.sprite_columns import COLUMNS, Columns, parse
from unfog.data.compose.sprite_pixels import SIDE, Fitted, fit, has_one_colour, longest_side
from unfog.data.licence import UNKNOWN
from unfog.data.scan import LAYOUTS, Found, scan
from unfog.media.image import TRAINING, decode_rgba, quiet, read_bytes
from unfog.util.errors import DataError

NAMED = 3  # problems named in an error before "and N more"


@dataclass(frozen=True)
class Sprite:
    """What is known of one picture. Points and lengths are shares of the sprite's side, origin at the top left.

    Attributes:
        concept: identity of the thing in every style, such as its code points.
        family: what nearly the same things share (man and woman, cat and cat face); hold-outs go by it.
        style: as captions name it; "" if the folder has no styles.
        name: English, singular, lower case.
        synonyms: other English names.
        names: names in other languages, by language code.
        group: kind of thing, such as "animals-nature"; "" if unknown.
        mirror: may be turned left to right without becoming wrong (no letters, clocks, maps, hands).
        recolour: another colour makes sense (one hue, or grey).
        anchors: "head" (where a hat sits), "eyes" (middle of glasses), "hand" (where a held thing is), "back" (where a
            rider sits); absent where there is none, or where it wears such a thing already.
        size: longest side of what is not transparent.
        head: how wide the head is at its anchor, for the size of hats and glasses; 0 if unknown.
        roles: what it can be to others: "hat", "glasses", "held", "mount".
    """

    concept: str
    family: str
    style: str
    name: str
    synonyms: tuple[str, ...]
    names: Mapping[str, tuple[str, ...]]
    group: str
    mirror: bool
    recolour: bool
    anchors: Mapping[str, tuple[float, float]]
    size: float
    licence: str
    attribution: str
    roles: tuple[str, ...] = ()
    head: float = 0.0


@dataclass(frozen=True, eq=False)
class Sprites:
    """A table of sprites and their pixels, row by row; colours are premultiplied by alpha, both in 0..255.

    Compared and hashed by identity, so that what follows from a set can be kept beside it (``cast.cast_of``).
    """

    table: tuple[Sprite, ...]
    pixels: UInt8[Tensor, "n 4 side side"]
    rows: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = dict[str, list[int]]()
        for k, sprite in enumerate(self.table):
            rows.setdefault(sprite.concept, []).append(k)
        object.__setattr__(self, "rows", {concept: tuple(at) for concept, at in rows.items()})

    def of(self, concept: str) -> tuple[int, ...]:
        """Rows of a concept in all its styles."""
        return self.rows[concept]

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every concept, in the order of its first row."""
        return tuple(self.rows)

    def fingerprint(self) -> str:
        """``"sha256:..."`` of the pixels and of everything the table says."""
        digest = hashlib.sha256(self.pixels.numpy().tobytes())
        for sprite in self.table:
            line = json.dumps(dataclasses.asdict(sprite), sort_keys=True, ensure_ascii=False)
            digest.update(line.encode() + b"\n")
        return "sha256:" + digest.hexdigest()

    def licences(self) -> dict[str, int]:
        """Number of sprites under each licence, sorted by name."""
        return dict(sorted(Counter(sprite.licence for sprite in self.table).items()))


def load_sprites(folder: Path, side: int = SIDE) -> Sprites:
    """Read a folder of sprites, in the order of their paths, each fitted to ``side`` pixels.

    Raises:
        DataError: no folder, no pictures, or the first files that cannot be used, each with the reason and the fix.
    """
    seen = scan(folder, columns=COLUMNS)
    problems = [f"{problem.path}: {problem.reason}" for problem in seen.problems if problem.kind == "broken"]
    columns = list[Columns]()
    for found in seen.found:
        try:
            columns.append(parse(found.path, found.columns))
        except DataError as error:
            problems.append(str(error))
    _refuse(folder, problems)
    if not seen.found:
        raise DataError(f"{folder} holds no PNG or WebP pictures; {LAYOUTS}")
    unnamed = [found.path for found in seen.found if not found.captions and "name" not in found.columns]
    _refuse(folder, [f"{path}: has no caption; write its name into a .txt file beside it" for path in unnamed])
    with quiet(), ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        read = list(pool.map(lambda found: _read(folder, found.path, side), seen.found))
    _refuse(folder, [item for item in read if isinstance(item, str)])
    good = [item for item in read if not isinstance(item, str)]
    styled = all("/" in found.path and found.split is None for found in seen.found)
    table = tuple(
        _sprite(found, given, item, found.path.partition("/")[0] if styled else "")
        for found, given, item in zip(seen.found, columns, good, strict=True)
    )
    return Sprites(table, torch.stack([item.fitted.pixels for item in good]))


@dataclass(frozen=True)
class _Picture:
    """A sprite and the size of the picture it was made from."""

    fitted: Fitted
    width: int
    height: int


def _read(folder: Path, path: str, side: int) -> _Picture | str:
    """Decode and fit one picture; or what is wrong with it, and the fix."""
    try:
        data = read_bytes(folder / path, name=path, limits=TRAINING)
        picture = decode_rgba(data, name=path, limits=TRAINING)
    except DataError as error:
        return str(error)
    fitted = fit(picture, side)
    if fitted is None:
        return f"{path} is fully transparent; remove it or save it with something to be seen"
    return _Picture(fitted, picture.width, picture.height)


def _sprite(found: Found, given: Columns, picture: _Picture, style: str) -> Sprite:
    """One row of the table: what the columns say, else the defaults."""
    name = given.name or found.captions[0]
    concept = given.concept or name
    fitted = picture.fitted
    return Sprite(
        concept=concept,
        family=given.family or found.split_group or concept,
        style=style if given.style is None else given.style,
        name=name,
        synonyms=given.synonyms,
        names=given.names,
        group=given.group,
        mirror=given.mirror,
        recolour=has_one_colour(fitted.pixels) if given.recolour is None else given.recolour,
        anchors={kind: fitted.share(x * picture.width, y * picture.height) for kind, (x, y) in given.anchors.items()},
        size=longest_side(fitted.pixels),
        licence=found.licence or UNKNOWN,
        attribution=found.attribution or "",
        roles=given.roles,
        head=given.head * picture.width * fitted.scale / fitted.side,
    )


def _refuse(folder: Path, problems: list[str]) -> None:
    """An error that names the first problems, if there are any."""
    if problems:
        more = f" and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise DataError(f"{folder} cannot be used for sprites: {'; '.join(problems[:NAMED])}{more}")
