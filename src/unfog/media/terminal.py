"""Pictures in a terminal: two pixels per character, the upper one as the ink and the lower one as the paper of "▀".

With 24-bit colour, with the 256-colour palette (a 6 x 6 x 6 cube and 24 greys), or without any colour as characters of
growing blackness, which a log file or a screen reader can hold.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

Depth = Literal["true", "256", "none"]

RAMP = " .:-=+*#%@"  # from black to white, as light text on a dark screen
RESET = "\x1b[0m"
CLEAR_LINE, CLEAR_BELOW = "\x1b[K", "\x1b[J"
SPARE_ROWS = 2  # of the terminal, below a moving picture
GAP = 2  # columns between pictures
PLAIN_WIDTH, PLAIN_HEIGHT = 80, 24  # columns and rows when there is no terminal to ask


class Stream(Protocol):
    """What is asked of an output stream."""

    def isatty(self) -> bool: ...

    def fileno(self) -> int: ...

    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...


def colour_depth(stream: Stream, environment: Mapping[str, str]) -> Depth:
    """What ``stream`` can show: no colour if it is no terminal, if NO_COLOR is set or the terminal is a dumb one."""
    if not stream.isatty() or environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return "none"
    if environment.get("COLORTERM") in ("truecolor", "24bit") or "WT_SESSION" in environment:
        return "true"
    return "true" if environment.get("TERM", "").endswith(("-direct", "-truecolor", "kitty")) else "256"


def width_of(stream: Stream) -> int:
    """Columns of the terminal behind ``stream``; 80 if there is none, or it does not say."""
    return (os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0) or PLAIN_WIDTH


def height_of(stream: Stream) -> int:
    """Rows of the terminal behind ``stream``; 24 if there is none, or it does not say."""
    return (os.get_terminal_size(stream.fileno()).lines if stream.isatty() else 0) or PLAIN_HEIGHT


def moves(stream: Stream, environment: Mapping[str, str]) -> bool:
    """Whether the cursor can be moved on ``stream``, so that a picture can be painted over another."""
    return stream.isatty() and environment.get("TERM", "dumb") != "dumb"


def inside(width: int, height: int, *, columns: int, rows: int) -> int:
    """Most columns that a picture of ``width`` x ``height`` pixels may take to fit a terminal in height, too."""
    return min(columns, max(1, width * 2 * max(1, rows - SPARE_ROWS) // height))


def repainted(text: str, lines: int) -> str:
    """``text`` written over the last ``lines`` lines, with what was longer wiped out; it ends on a new line."""
    up = f"\x1b[{lines}A\r" if lines else ""
    body = "".join(f"{line}{CLEAR_LINE}\n" for line in text.split("\n")) if text else ""
    return f"{up}{body}{CLEAR_BELOW if lines else ''}"


def paint(pictures: Sequence[UInt8[Tensor, "_c _h _w"]], *, columns: int, depth: Depth) -> str:
    """Pictures side by side, as many per row as ``columns`` hold; wider ones are scaled down, none is enlarged.

    Args:
        pictures: of 1 or 3 channels, values 0..255.
        columns: width of the terminal in characters.
        depth: colours to use.
    """
    fitted = [fit(picture, columns) for picture in pictures]
    if not fitted:
        return ""
    per_row = max(1, (columns + GAP) // (max(p.shape[2] for p in fitted) + GAP))
    blocks = [lines(picture, depth) for picture in fitted]
    out = list[str]()
    for first in range(0, len(blocks), per_row):
        row = blocks[first : first + per_row]
        height = max(map(len, row))
        blank = [" " * picture.shape[2] for picture in fitted[first : first + per_row]]
        padded = [block + [empty] * (height - len(block)) for block, empty in zip(row, blank, strict=True)]
        out += [(" " * GAP).join(parts).rstrip(" ") for parts in zip(*padded, strict=True)]
        out.append("")
    return "\n".join(out)


def fit(picture: UInt8[Tensor, "c h w"], columns: int) -> UInt8[Tensor, "3 rows width"]:
    """RGB, at most ``columns`` wide and an even number of rows high (the last row is repeated)."""
    rgb = picture.expand(3, -1, -1) if picture.shape[0] == 1 else picture[:3]
    _, h, w = rgb.shape
    if w > columns:
        size = (max(1, round(h * columns / w)), columns)
        rgb = F.interpolate(rgb[None].float(), size, mode="area")[0].round().to(torch.uint8)
    return torch.cat([rgb, rgb[:, -1:]], dim=1) if rgb.shape[1] % 2 else rgb


def lines(picture: UInt8[Tensor, "3 rows width"], depth: Depth) -> list[str]:
    """One text line per two rows of pixels."""
    rows: list[list[list[int]]] = picture.permute(1, 2, 0).tolist()
    out = list[str]()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        if depth == "none":
            out.append("".join(blackness(a, b) for a, b in zip(upper, lower, strict=True)))
            continue
        cells = "".join(
            f"\x1b[{colour(38, a, depth)};{colour(48, b, depth)}m▀" for a, b in zip(upper, lower, strict=True)
        )
        out.append(cells + RESET)
    return out


def colour(layer: int, rgb: Sequence[int], depth: Depth) -> str:
    """The escape parameters of a colour; ``layer`` is 38 (ink) or 48 (paper)."""
    return f"{layer};2;{rgb[0]};{rgb[1]};{rgb[2]}" if depth == "true" else f"{layer};5;{palette(rgb)}"


def palette(rgb: Sequence[int]) -> int:
    """Nearest of the 216 colours of the cube (six levels per channel) and the 24 greys (8, 18, ... 238)."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [min(range(6), key=lambda k, v=v: abs(levels[k] - v)) for v in rgb]
    grey = min(23, max(0, round((sum(rgb) / 3 - 8) / 10)))
    distance = sum((levels[k] - v) ** 2 for k, v in zip(cube, rgb, strict=True))
    if sum((8 + 10 * grey - v) ** 2 for v in rgb) < distance:
        return 232 + grey
    return 16 + 36 * cube[0] + 6 * cube[1] + cube[2]


def blackness(upper: Sequence[int], lower: Sequence[int]) -> str:
    """A character as light as the mean of two pixels (Rec. 601 luma)."""
    luma = sum(w * (a + b) / 2 for w, a, b in zip((0.299, 0.587, 0.114), upper, lower, strict=True))
    return RAMP[min(len(RAMP) - 1, int(luma / 256 * len(RAMP)))]
