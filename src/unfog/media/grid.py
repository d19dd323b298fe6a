"""A sheet of pictures with their captions, for training samples and documentation.

Small pictures are enlarged by a whole factor without smoothing (a 32-pixel picture stays judgeable pixel by pixel);
captions are wrapped below their picture and cut with an ellipsis. The font is the one inside Pillow, so a sheet looks
the same on every machine; it has Latin letters only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from unfog.media.image import picture_of, pixels_of
from unfog.media.png import encode

MARGIN = 8
FONT_PX = 12
LINE_PX = 15
MAX_LINES = 3
INK, PAPER = (32, 32, 32), (255, 255, 255)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def sheet(
    pixels: UInt8[Tensor, "n c h w"],
    captions: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    cell: int = 128,
) -> UInt8[Tensor, "3 height width"]:
    """Pictures in rows, each above its caption, on white.

    Args:
        pixels: n >= 1 pictures of 1, 3 or 4 channels.
        captions: one per picture, or None for pictures only.
        columns: pictures per row; None gives the squarest sheet.
        cell: smallest width of a picture on the sheet in pixels; smaller ones are enlarged by a whole factor.

    Raises:
        ValueError: no picture, or another number of captions.
    """
    n, _, h, w = pixels.shape
    if n == 0 or (captions is not None and len(captions) != n):
        raise ValueError(f"a sheet needs pictures and one caption each, got {n} pictures and captions {captions!r:.80}")
    columns = min(n, columns or math.isqrt(n - 1) + 1)
    factor = max(1, -(-cell // w))
    font = ImageFont.load_default(FONT_PX)
    texts = [wrapped(text, font, w * factor) for text in captions] if captions is not None else [[] for _ in range(n)]
    text_height = LINE_PX * max(len(lines) for lines in texts)
    step_x, step_y = w * factor + MARGIN, h * factor + text_height + MARGIN
    rows = -(-n // columns)
    page = Image.new("RGB", (columns * step_x + MARGIN, rows * step_y + MARGIN), PAPER)
    pen = ImageDraw.Draw(page)
    for k in range(n):
        left, top = MARGIN + k % columns * step_x, MARGIN + k // columns * step_y
        picture = picture_of(pixels[k]).resize((w * factor, h * factor), Image.Resampling.NEAREST)
        page.paste(picture.convert("RGB"), (left, top))
        for number, line in enumerate(texts[k]):
            pen.text((left, top + h * factor + number * LINE_PX + 1), line, font=font, fill=INK)
    return pixels_of(page)


def sheet_png(
    pixels: UInt8[Tensor, "n c h w"],
    captions: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    cell: int = 128,
) -> bytes:
    """``sheet`` as a PNG file."""
    return encode(sheet(pixels, captions, columns=columns, cell=cell))


def wrapped(text: str, font: Font, width: int) -> list[str]:
    """``text`` in at most three lines no wider than ``width`` pixels; a word too long for a line is cut."""
    lines = list[str]()
    rest = " ".join(text.split())
    while rest and len(lines) < MAX_LINES:
        fits = _prefix(rest, font, width)
        at = len(rest) if fits == len(rest) else rest.rfind(" ", 0, fits + 1)
        at = at if at > 0 else fits
        lines.append(rest[:at])
        rest = rest[at:].lstrip()
    if rest:
        keep = _prefix(lines[-1], font, width - int(font.getlength("...") + 1))
        lines[-1] = lines[-1][:keep].rstrip() + "..."
    return lines


def _prefix(text: str, font: Font, width: int) -> int:
    """How many characters of ``text`` fit into ``width`` pixels, at least 1."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width else (low, middle - 1)
    return low
