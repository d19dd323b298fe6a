"""Paint the things of a batch of scenes on a transparent canvas, one layer of all scenes at a time.

Colours are premultiplied by alpha, 0..1, so that a thing T over a canvas C is ``T + (1 - alpha_T) C`` (Porter and Duff,
"Compositing digital images", SIGGRAPH 1984) and averaging pixels is right at soft edges.

* Shape: with ``d`` the signed distance in pixels, the share of a pixel that is covered is ``clamp(1/2 - d, 0, 1)``.
* Sprite: bilinear samples of one level of its mip pyramid (64, 32, 16, 8, each the mean of 2 x 2 pixels of the level
  before), the last level that the thing reduces by less than 2, so no pixel of a sprite is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.data.compose.outlines import OUTLINES
from unfog.data.compose.recolour import halve, recolour
from unfog.data.compose.scene import Scene
from unfog.data.compose.windows import Thing, addresses, coordinates, things_of
from unfog.data.scenes_palette import PALETTE

SMALLEST = 4  # pixels a side of the last level of a pyramid


def paint(
    scenes: Sequence[Scene], sprites: UInt8[Tensor, "n 4 side side"], size: int, device: torch.device
) -> Float[Tensor, "b 4 size size"]:
    """Canvases with the things of scenes, premultiplied, 0..1; row k depends on ``scenes[k]`` only.

    Raises:
        ValueError: a look without a sprite of the table and without a known shape and colour.
    """
    things = things_of(scenes, size)
    for thing in things:
        _check(thing, sprites.shape[0])
    things.sort(key=lambda t: (t.window, t.layer))
    by_window: dict[int, list[Thing]] = defaultdict(list)
    for thing in things:
        by_window[thing.window].append(thing)
    painted = {w: torch.empty(len(some), 4, w, w, device=device) for w, some in by_window.items()}
    _sprites(by_window, painted, sprites)
    _shapes(by_window, painted)
    canvas = torch.zeros(len(scenes), 4, size, size, device=device)
    for layer in range(1 + max((t.layer for t in things), default=-1)):
        for w, some in by_window.items():
            at = [k for k, t in enumerate(some) if t.layer == layer]  # neighbours: sorted by layer
            if at:
                _cover(canvas, some[at[0] : at[-1] + 1], painted[w][at[0] : at[-1] + 1])
    return canvas


def _cover(canvas: Float[Tensor, "b 4 size size"], things: list[Thing], over: Float[Tensor, "n 4 w w"]) -> None:
    """Lay painted windows over a canvas, in place; at most one of every scene, all of one size."""
    size = canvas.shape[-1]
    if things[0].window == size:
        where, flat = torch.tensor([t.row for t in things], device=canvas.device), canvas
    else:
        where, flat, over = addresses(things, size, canvas.device), canvas.view(-1), over.flatten(2)
    flat[where] = over if things[0].layer == 0 else flat[where].mul_(1 - over[:, 3:]).add_(over)


def _check(thing: Thing, count: int) -> None:
    look = thing.look
    if look.sprite is not None and look.shape is None:
        if not 0 <= look.sprite < count:
            raise ValueError(f"sprite {look.sprite} is not in the table of {count} sprites")
    elif look.sprite is not None or look.shape not in OUTLINES or look.colour not in PALETTE:
        raise ValueError(
            f"a thing is a sprite, or a shape (one of {', '.join(OUTLINES)}) with a colour (one of"
            f" {', '.join(PALETTE)}), got sprite {look.sprite}, shape {look.shape}, colour {look.colour}"
        )
    if look.colour is not None and look.colour not in PALETTE:
        raise ValueError(f"unknown colour '{look.colour}': choose from {', '.join(PALETTE)}")


def level_of(side: int, pixels: float) -> int:
    """Level of the pyramid of a sprite of ``side`` pixels that is to be ``pixels`` wide: reduced by less than 2."""
    level = 0
    while side / pixels >= 2 and side // 2 >= SMALLEST:
        side, level = side // 2, level + 1
    return level


def _sprites(
    by_window: dict[int, list[Thing]], painted: dict[int, Tensor], sprites: UInt8[Tensor, "n 4 side side"]
) -> None:
    """Fill in the windows of sprites, those of one level and one size of window together."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)  # (window, level) -> numbers in the window
    for w, some in by_window.items():
        for k, thing in enumerate(some):
            if thing.look.sprite is not None:
                groups[w, level_of(sprites.shape[-1], thing.pixels)].append(k)
    edits = [(w, k) for (w, _), numbers in groups.items() for k in numbers if by_window[w][k].look.colour is not None]
    edited = _edited([by_window[w][k] for w, k in edits], sprites)
    for (w, level), numbers in groups.items():
        some, device = [by_window[w][k] for k in numbers], painted[w].device
        source = sprites[torch.tensor([t.look.sprite for t in some], device=sprites.device)].float()
        for n, k in enumerate(numbers):
            if (w, k) in edits:
                source[n] = edited[edits.index((w, k))]
        for _ in range(level):
            source = halve(source)
        source = source.to(device).div_(255)
        painted[w][numbers] = F.grid_sample(source, coordinates(some, device), align_corners=False)


def _edited(things: list[Thing], sprites: UInt8[Tensor, "n 4 side side"]) -> Float[Tensor, "m 4 side side"]:
    """The sprites of things in their colours, 0..255."""
    if not things:
        return sprites[:0].float()
    chosen = torch.tensor([t.look.sprite for t in things], device=sprites.device)
    return recolour(sprites[chosen].float().div_(255), [str(t.look.colour) for t in things]).mul_(255)


def _shapes(by_window: dict[int, list[Thing]], painted: dict[int, Tensor]) -> None:
    """Fill in the windows of shapes, one shape and size of window at a time."""
    for w, some in by_window.items():
        for shape, outline in OUTLINES.items():
            numbers = [k for k, t in enumerate(some) if t.look.shape == shape]
            if not numbers:
                continue
            device = painted[w].device
            u, v = coordinates([some[k] for k in numbers], device).unbind(-1)
            radius = torch.tensor([some[k].pixels / 2 for k in numbers], device=device)[:, None, None]
            covered = (0.5 - outline(u, v) * radius).clamp(0, 1)
            colours = torch.tensor([(*PALETTE[str(some[k].look.colour)], 255.0) for k in numbers], device=device) / 255
            painted[w][numbers] = covered[:, None] * colours[:, :, None, None]
