"""How strong is a seam? The differences of neighbouring pixels across the edge of a mask.

Pairs are horizontal and vertical neighbours of which one is white in the mask (painted) and one is not; differences are
root mean squares over the channels.
"""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor


def across(x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]) -> float:
    """Sum of the differences across the edge of a mask."""
    return sum(float(apart[edge].sum()) for apart, edge in pairs(x, mask))


def pairs(
    x: Float[Tensor, "c h w"], mask: Float[Tensor, "h w"]
) -> list[tuple[Float[Tensor, "n m"], Bool[Tensor, "n m"]]]:
    """Differences of neighbours along the first axis of what is returned, and which of them cross the edge."""
    found = list[tuple[Tensor, Tensor]]()
    for turned, painted in ((x, mask > 0), (x.mT, mask.mT > 0)):
        found.append((turned.diff(dim=1).square().mean(0).sqrt(), painted[1:] != painted[:-1]))
    return found
