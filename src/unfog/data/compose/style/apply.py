"""Give every scene its style: rows of one style are filtered together, all others stay untouched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.noise import texture
from unfog.data.compose.scene import STYLES, Scene, Style
from unfog.data.compose.style.cells import embroidery, mosaic, pixel_art
from unfog.data.compose.style.drawn import blueprint, outline, sketch
from unfog.data.compose.style.layers import Layers, Rgba
from unfog.data.compose.style.painted import neon, sticker, watercolor
from unfog.data.compose.style.toned import black_and_white, sepia

FINE = 0.45  # side of the smallest thing below which cells and strokes are fine
CELLS: tuple[Style, ...] = ("pixel art", "mosaic")  # the styles that ask
FILTERS: dict[Style, Callable[[Layers], Rgba]] = {
    "pixel art": pixel_art,
    "outline": outline,
    "sketch": sketch,
    "watercolor": watercolor,
    "neon": neon,
    "sepia": sepia,
    "black and white": black_and_white,
    "mosaic": mosaic,
    "embroidery": embroidery,
    "sticker": sticker,
    "blueprint": blueprint,
}


def _fine(scene: Scene) -> bool:
    return min((box.side for group in scene.groups for box in group.boxes), default=1.0) < FINE


def stylise(
    scenes: Sequence[Scene], things: Float[Tensor, "b 4 size size"], ground: Float[Tensor, "b 4 size size"]
) -> Float[Tensor, "b 4 size size"]:
    """Things over their grounds in the scenes' styles, premultiplied; row k depends on row k only.

    The pictures take the place of ``ground``: fresh memory for every step would cost more than the steps.

    Raises:
        ValueError: an unknown style.
    """
    rows: dict[tuple[Style, bool], list[int]] = defaultdict(list)
    for k, scene in enumerate(scenes):
        if scene.style not in STYLES:
            raise ValueError(f"unknown style '{scene.style}': choose from {', '.join(STYLES)}")
        if scene.style != "plain":
            rows[scene.style, scene.style in CELLS and _fine(scene)].append(k)
    styled = [k for at in rows.values() for k in at]
    filtered = []
    if styled:
        drawn = texture([scenes[k].grain for k in styled], 1, things.device)
        for (style, fine), at in rows.items():
            own = drawn.rows([styled.index(k) for k in at])
            filtered.append((at, FILTERS[style](Layers(things[at], ground[at], own, fine))))
    picture = ground.mul_(1 - things[:, 3:]).add_(things)
    for at, some in filtered:
        picture[at] = some.clamp(0, 1)
    return picture
