"""Is a seam to be seen? How much neighbouring pixels differ across the edge of a mask, beside how much they should.

    ratio = mean over pairs across the edge of |x_i - x_j|, of the picture that was painted
            / the same of a picture as it should be

Pairs are horizontal and vertical neighbours of which one is white in the mask (painted) and one is not; differences are
root mean squares over the channels. 1 is no seam. Where the true picture is plain along the edge, all that was painted
there counts as seam, even what belongs there; so there is a ratio within the picture that was painted, too:

    prominence = mean over pairs across the edge of |x_i - x_j| / the same of the pairs next to them, on either side

1 if nothing is seen at the edge that is not seen beside it.
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def across(x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]) -> float:
    """Sum of the differences across the edge of a mask."""
    return sum(float(apart[edge].sum()) for apart, edge in pairs(x, mask))


def beside(x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]) -> float:
    """Sum of the differences of the pairs next to those, in the same direction: the mean of both sides, if both are."""
    total = 0.0
    for apart, edge in pairs(x, mask):
        plain = F.pad((~edge).float(), (0, 0, 1, 1))
        near = F.pad(apart, (0, 0, 1, 1)) * plain
        ways = plain[:-2] + plain[2:]
        total += float(((near[:-2] + near[2:]) / ways.clamp(min=1))[edge].sum())
    return total


def pairs(
    x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]
) -> list[tuple[Float[Tensor, "n m"], Bool[Tensor, "n m"]]]:
    """Differences of neighbours along the first axis of what is returned, and which of them cross the edge."""
    found = list[tuple[Tensor, Tensor]]()
    for turned, painted in ((x, mask > 0), (x.mT, mask.mT > 0)):
        found.append((turned.diff(dim=1).square().mean(0).sqrt(), painted[1:] != painted[:-1]))
    return found


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
