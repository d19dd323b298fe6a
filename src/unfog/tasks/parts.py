"""What stands apart from the ground of a picture: its connected parts, and each of them shown as if it were alone.

Ground is whatever has a colour of the picture's border. A picture of one part shows a model what it would have to paint
for words that name this part and nothing else (``tasks/wherever.py``).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from unfog.core.pull_push import filled
from unfog.core.regions import grown, labelled
from unfog.tasks.arrange import ALONE
from unfog.tasks.layers import nothing

APART = 0.25  # difference in a channel, of values in [-1, 1], from every colour of the border
ALIKE = 0.125  # colours of the border that differ by less count once
LEAST = 0.004  # share of a picture that is no speck
MOST = 8  # parts, the largest first


def parts_of(x: Float[Tensor, "1 c h w"]) -> Bool[Tensor, "n h w"]:
    """The parts of a picture, the largest first; none where all has colours of the border."""
    around = torch.cat([x[0, :, 0], x[0, :, -1], x[0, :, :, 0], x[0, :, :, -1]], dim=1)
    border = (around / ALIKE).round().unique(dim=1) * ALIKE
    away = torch.full_like(x[0, 0], torch.inf)
    for colour in border.unbind(1):
        away = torch.minimum(away, (x[0] - colour[:, None, None]).abs().amax(0))
    labels = labelled((away > APART)[None])[0]
    numbers, areas = labels[labels > 0].unique(return_counts=True)
    kept = areas.argsort(descending=True)[:MOST]
    return labels == numbers[kept[areas[kept] >= LEAST * labels.numel()]][:, None, None]


def in_place(x: Float[Tensor, "1 c h w"], part: Bool[Tensor, "h w"], parts: Bool[Tensor, "n h w"]) -> Tensor:
    """The picture with the ground instead of its other parts."""
    own, ground = grown(part[None], 1)[:, None], ~grown(parts.any(0)[None], 1)[:, None]
    return x.where(own | ground, filled(x * ground, ground.to(x)))


def by_itself(x: Float[Tensor, "1 4 h w"], part: Bool[Tensor, "h w"], side: int) -> Float[Tensor, "1 4 side side"]:
    """One part on nothing, as large as a picture of one thing shows it."""
    own = grown(part[None], 1)[0]
    (top, bottom), (left, right) = ((int(n[0]), int(n[-1]) + 1) for n in (own.any(axis).nonzero() for axis in (1, 0)))
    cut = x.where(own, nothing((1, 1)).to(x))[..., top:bottom, left:right]
    scale = ALONE * side / max(cut.shape[2:])
    size = [max(1, round(n * scale)) for n in cut.shape[2:]]
    cut = F.interpolate(cut, size=size, mode="bilinear", antialias=True, align_corners=False)
    out = nothing((side, side)).to(x)
    above, before = (side - size[0]) // 2, (side - size[1]) // 2
    out[..., above : above + size[0], before : before + size[1]] = cut
    return out
