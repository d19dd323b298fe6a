"""Paint grounds: what is behind everything in a scene.

Plain, gradient, striped and checkered grounds are those of the procedural scenes; dots stand in a staggered grid, small
enough not to be counted as things; paper has a grain. Scenery (sky, night, grass, beach) is in ``scenery``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data.compose import scenery
from unfog.data.compose.noise import Texture, texture
from unfog.data.compose.scene import Ground, GroundKind
from unfog.data.compose.tones import tones
from unfog.data.scenes_layout import SIDE
from unfog.data.scenes_render import PERIOD, waves

DOT = 0.21  # radius of a dot in periods


def grounds(
    wanted: Sequence[Ground], grains: Sequence[int], size: int, device: torch.device
) -> Float[Tensor, "b 4 size size"]:
    """Pictures of grounds, premultiplied, 0..1; ``grains`` address the textures. Row k depends on row k only.

    Raises:
        ValueError: an unknown kind or colour of ground.
    """
    out = torch.empty(len(wanted), 4, size, size, device=device)
    out[:, 3] = 1
    rows: dict[GroundKind, list[int]] = defaultdict(list)
    for k, ground in enumerate(wanted):
        tones(ground)  # refuses what cannot be painted
        rows[ground.kind].append(k)
    for kind, at in rows.items():
        if kind == "transparent":
            out[at] = 0
        elif kind not in _TEXTURED:
            out[at, :3] = _coloured([wanted[k] for k in at], size, device)
    rough = [k for kind in _TEXTURED for k in rows.get(kind, [])]
    if rough:
        drawn = texture([grains[k] for k in rough], 0, device)
        for kind, paint in _TEXTURED.items():
            at = rows.get(kind, [])
            if at:
                painted = paint(drawn.rows([rough.index(k) for k in at]), [wanted[k] for k in at], size)
                out[at, :3] = painted.clamp(0, 1)
    return out


def _coloured(some: Sequence[Ground], size: int, device: torch.device) -> Float[Tensor, "n 3 size size"]:
    """Grounds of one kind that mix two tones by a fixed map."""
    pair = torch.tensor([(t[0], t[-1]) for t in map(tones, some)], device=device)[..., None, None] / 255
    first, second = pair.unbind(1)  # each (n, 3, 1, 1)
    kind = some[0].kind
    if kind in ("plain", "paper"):
        return first.expand(-1, -1, size, size)
    if kind == "striped":
        wave = waves(size).to(device)
        level, upright = wave[:, None].expand(size, size), wave[None, :].expand(size, size)
        weights = torch.stack([upright if g.upright else level for g in some])[:, None]
    else:
        weights = _pattern(kind, size).to(device)
    return first + weights * (second - first)


def _pattern(kind: GroundKind, size: int) -> Float[Tensor, "size size"]:
    """Weight of the second tone, 0..1, anti-aliased."""
    if kind == "gradient":
        return ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    if kind == "checkered":
        wave = waves(size)
        return wave[:, None] + wave - 2 * wave[:, None] * wave
    unit = size / SIDE
    at = (torch.arange(size) + 0.5) / (unit * PERIOD)
    near = []
    for shift in (0.25, 0.75):  # two square grids of dots, one in the middles of the other
        d = (at - shift).remainder(1) - torch.where((at - shift).remainder(1) > 0.5, 1.0, 0.0)
        near.append(torch.sqrt(d[:, None] * d[:, None] + d * d))
    d = (torch.minimum(*near) - DOT) * (unit * PERIOD)
    return (d + 0.5).clamp(0, 1)  # second tone, the lighter, between the dots


def _paper(drawn: Texture, some: Sequence[Ground], size: int) -> Float[Tensor, "n 3 size size"]:
    """Paper of a colour with fine grain and faint clouds of fibres."""
    grain = 0.022 * drawn.speckle(size) + 0.04 * drawn.smooth(0, 12, 12, size) - 0.035
    return _coloured(some, size, drawn.numbers.device) + grain


_TEXTURED: dict[GroundKind, Callable[[Texture, Sequence[Ground], int], Float[Tensor, "n 3 size size"]]] = {
    "paper": _paper,
    "sky": lambda drawn, _, size: scenery.sky(drawn, size),
    "night": lambda drawn, _, size: scenery.night(drawn, size),
    "grass": lambda drawn, _, size: scenery.grass(drawn, size),
    "beach": lambda drawn, _, size: scenery.beach(drawn, size),
}
