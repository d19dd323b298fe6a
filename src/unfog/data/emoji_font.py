"""A colour-emoji font of this machine: where it is, what may be done with it, and one glyph of it as a picture.

HarfBuzz does all of it, the same on every system: it turns a sequence (man + joiner + laptop) into the one glyph that
the font has for it, gives the stored PNG of a bitmap font (tables CBDT and sbix, the largest strike), and paints the
layers and gradients of a vector font (table COLR, versions 0 and 1). Pictures stored as SVG are not drawn: that would
take a browser. A glyph becomes a square over white, centred, so that relative sizes are kept; it is painted large and
reduced with Lanczos.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from unfog.data.licence import UNKNOWN, all_free, identify
from unfog.media.image import decode, decode_rgba
from unfog.util.errors import DataError

ENDINGS = frozenset({".ttf", ".otf", ".ttc", ".otc"})
NAME_PARTS = ("moji", "seguiemj", "joypixels")  # what file names of such fonts contain: NotoColorEmoji, OpenMoji, ...
COPYRIGHT, FAMILY, VERSION, LICENCE, LICENCE_ADDRESS = 0, 1, 5, 13, 14  # name ids of OpenType's table "name"
OVERSAMPLING = 4
LEAST_PAINTED = 256  # pixels
INSTALL = (
    "install one (Debian, Ubuntu: fonts-noto-color-emoji; Fedora: google-noto-color-emoji-fonts; "
    "Arch: noto-fonts-emoji; macOS and Windows come with one), or name its file with --font"
)


@dataclass(frozen=True)
class ColourFont:
    """An opened font. ``licence`` is an SPDX name, "proprietary" or "unknown"; ``notice`` the copyright line."""

    path: Path
    name: str
    version: str
    licence: str
    notice: str
    font: Any  # uharfbuzz.Font
    harfbuzz: Any  # the module uharfbuzz

    def glyph(self, text: str) -> int | None:
        """The one coloured glyph for a sequence of characters; None if the font has none.

        The selector U+FE0F asks for colour, and not every font knows it. Any other invisible character left over means
        that the font lacks the sequence: the flag of England would be a black flag followed by unseen letters.
        """
        face, hb = self.font.face, self.harfbuzz
        for spelling in (text, text.replace("\ufe0f", "")):
            buffer = hb.Buffer()
            buffer.flags = hb.BufferFlags.PRESERVE_DEFAULT_IGNORABLES
            buffer.add_str(spelling)
            buffer.guess_segment_properties()
            hb.shape(self.font, buffer, {})
            ids: list[int] = [info.codepoint for info in buffer.glyph_infos]
            if len(ids) != 1 or ids[0] == 0:
                continue
            if self._png(ids[0]) or face.glyph_has_color_paint(ids[0]) or face.get_glyph_color_layers(ids[0]):
                return ids[0]
        return None

    def picture(self, glyph: int, size: int) -> Image.Image:
        """A glyph as a square RGB picture, at least ``size`` pixels wide unless the font stores a smaller one.

        Raises:
            DataError: the font's data is damaged.
        """
        png = self._png(glyph)
        if png:
            stored = decode(png, name=f"glyph {glyph} of {self.path}")
            side = max(stored.size)
            square = Image.new("RGB", (side, side), "white")
            square.paste(stored, ((side - stored.width) // 2, (side - stored.height) // 2))
            return square
        rgba = self._painted(glyph, max(LEAST_PAINTED, OVERSAMPLING * size))
        return Image.fromarray(rgba[..., :3] + (255 - rgba[..., 3:]))

    def sticker(self, glyph: int, size: int) -> Image.Image:
        """A glyph with its transparency (RGBA), otherwise as ``picture``, but no squarer than it is.

        Raises:
            DataError: the font's data is damaged.
        """
        png = self._png(glyph)
        if png:
            return decode_rgba(png, name=f"glyph {glyph} of {self.path}")
        rgba = self._painted(glyph, max(LEAST_PAINTED, OVERSAMPLING * size))
        return Image.frombytes("RGBa", rgba.shape[:2], rgba.tobytes()).convert("RGBA")

    def _png(self, glyph: int) -> bytes:
        blob = self.font.get_glyph_color_png(glyph)
        return b"" if blob is None else bytes(blob.data)

    def _painted(self, glyph: int, side: int) -> UInt8[np.ndarray, "side side 4"]:
        """The layers of a vector glyph, in the square round its box of advance, ascender and descender.

        Colours (RGB) are premultiplied by alpha.
        """
        hb = self.harfbuzz
        font = hb.Font(self.font.face)
        vertical, advance = font.get_font_extents("ltr"), font.get_glyph_h_advance(glyph)
        box = max(advance, vertical.ascender - vertical.descender, 1)
        scale = round(self.font.face.upem * side / box)  # pixels per em
        font.scale = (scale, scale)
        middle_x, middle_y = advance / 2, (vertical.ascender + vertical.descender) / 2
        left, bottom = (round(middle * side / box - side / 2) for middle in (middle_x, middle_y))
        paint = hb.RasterPaint()
        paint.extents = hb.RasterExtents(left, bottom, side, side, 4 * side)
        painted = paint.paint_glyph_or_fail(font, glyph) and paint.render()
        if not painted:
            raise DataError(f"glyph {glyph} of {self.path} cannot be drawn; choose another font with --font")
        bgra = np.frombuffer(painted.buffer, dtype=np.uint8).reshape(side, side, 4)[::-1]  # rows go upwards
        return np.ascontiguousarray(bgra[..., [2, 1, 0, 3]])


def open_font(path: Path) -> ColourFont:
    """A font file, the first of a collection.

    Raises:
        DataError: it is missing, no font, without colours, or its pictures are of a kind that is not drawn.
    """
    hb = extra("uharfbuzz")
    try:
        face = hb.Face(hb.Blob(path.read_bytes()), 0)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); give a font file") from error
    tables = set(face.table_tags)
    if "cmap" not in tables:
        raise DataError(f"{path} is not a font; give a TrueType or OpenType file")
    if not tables & {"CBDT", "sbix", "COLR"}:
        kind = "stores its pictures as SVG, which is not drawn here" if "SVG " in tables else "has no colours"
        raise DataError(f"{path} {kind}; a font with a table CBDT, sbix or COLR is needed: {INSTALL}")
    names = {number: " ".join((face.get_name(number) or "").split()) for number in range(LICENCE_ADDRESS + 1)}
    stated = (identify(names[number]) for number in (LICENCE, LICENCE_ADDRESS, COPYRIGHT))
    licence = next((name for name in stated if name is not None), UNKNOWN)
    return ColourFont(path, names[FAMILY] or path.stem, names[VERSION], licence, names[COPYRIGHT], hb.Font(face), hb)


def find_font(folders: Sequence[Path] | None = None, *, probe: str = "\N{GRINNING FACE}") -> ColourFont:
    """The best colour-emoji font in ``folders`` (the usual places of this system if None), freely licensed ones first.

    Fonts are known by their file names; one that has no picture for ``probe`` is passed over.

    Raises:
        DataError: there is none; the error says what was found instead, and where was looked.
    """
    places = font_folders() if folders is None else list(folders)
    candidates = sorted({path for place in places for path in font_files(place)})
    usable, reasons = list[ColourFont](), list[str]()
    for path in candidates:
        try:
            font = open_font(path)
        except DataError as error:
            reasons.append(str(error).partition(";")[0])
            continue
        if font.glyph(probe) is not None:
            usable.append(font)
        else:
            reasons.append(f"{path} has no emoji")
    if usable:
        return min(usable, key=lambda font: (not all_free([font.licence]), candidates.index(font.path)))
    found = f" ({'; '.join(reasons)})" if reasons else f" in {', '.join(map(str, places))}"
    raise DataError(f"no colour-emoji font was found{found}; {INSTALL}")


def font_folders() -> list[Path]:
    """Where the fonts of this system and this person lie."""
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    if sys.platform == "win32":
        system, person = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA")
        return [Path(system) / "Fonts", *([Path(person) / "Microsoft/Windows/Fonts"] if person else [])]
    data = [os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")]
    data += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [home / ".fonts", *(Path(folder) / "fonts" for folder in data if folder)]


def font_files(folder: Path) -> list[Path]:
    """Files below a folder that are emoji fonts by their name; none if there is no such folder."""
    return [
        Path(place) / name
        for place, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in ENDINGS and any(part in name.lower() for part in NAME_PARTS)
    ]


def extra(module: str) -> Any:
    """A module of the extra ``emoji``.

    Raises:
        DataError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DataError(f'emoji need the package {module}, which is missing: pip install "unfog[emoji]"') from error
