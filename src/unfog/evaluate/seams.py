"""Is a seam to be seen? How much neighbouring pixels differ across the edge of a mask, beside how much they should.

    ratio = mean over pairs across the edge of |x_i - x_j|, of the picture that was painted
            / the same of a picture as it should be

Pairs and differences are those of ``tasks/seam.py``. 1 is no seam. Where the true picture is plain along the edge, all
that was painted there counts as seam, even what belongs there; so there is a ratio within the picture that was painted,
too:

    prominence = mean over pairs across the edge of |x_i - x_j| / the same of the pairs next to them, on either side

1 if nothing is seen at the edge that is not seen beside it.
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.tasks.seam import across, pairs


def beside(x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]) -> float:
    """Sum of the differences of the pairs next to those, in the same direction: the mean of both sides, if both are."""
    total = 0.0
    for apart, edge in pairs(x, mask):
        plain = F.pad((~edge).float(), (0, 0, 1, 1))
        near = F.pad(apart, (0, 0, 1, 1)) * plain
        ways = plain[:-2] + plain[2:]
        total += float(((near[:-2] + near[2:]) / ways.clamp(min=1))[edge].sum())
    return total


def seam_ratio(
    made: list[Float[Tensor, "c h w"]], true: list[Float[Tensor, "c h w"]], masks: list[Float[Tensor, "h w"]]
) -> float:
    """The ratio over many pictures, each with its mask.

    Raises:
        ValueError: no mask has an edge inside its picture, or the true pictures are flat across all edges.
    """
    sums = [sum(across(x, mask) for x, mask in zip(some, masks, strict=True)) for some in (made, true)]
    if sums[1] == 0:
        raise ValueError("a seam is measured beside the differences of true pictures across it, and there are none")
    return sums[0] / sums[1]


def prominence(made: list[Float[Tensor, "c h w"]], masks: list[Float[Tensor, "h w"]]) -> float:
    """How much more differs across the edge than next to it, over many pictures, each with its mask.

    Raises:
        ValueError: no mask has an edge inside its picture, or the pictures are flat next to all edges.
    """
    at, by = (sum(f(x, mask) for x, mask in zip(made, masks, strict=True)) for f in (across, beside))
    if by == 0:
        raise ValueError("an edge is measured beside the differences next to it, and there are none")
    return at / by
