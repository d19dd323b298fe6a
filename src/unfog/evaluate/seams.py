"""Is a seam to be seen? How much neighbouring pixels differ across the edge of a mask, beside how much they should.

    ratio = mean over pairs across the edge of |x_i - x_j|, of the picture that was painted
            / the same of a picture as it should be

Pairs are horizontal and vertical neighbours of which one is white in the mask (painted) and one is not; differences are
root mean squares over the channels. 1 is no seam.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def across(x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]) -> float:
    """Sum of the differences across the edge of a mask."""
    painted, total = mask > 0, 0.0
    for axis in (0, 1):
        first, second = (painted.narrow(axis, k, painted.shape[axis] - 1) for k in (0, 1))
        edge = first != second
        apart = x.diff(dim=axis + 1).square().mean(0).sqrt()
        total += float(apart[edge].sum())
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
