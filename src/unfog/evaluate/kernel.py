"""The kernel distance of two sets of feature vectors.

It is the squared maximum mean discrepancy under a cubic kernel:

    k(x, y) = (x.y / d + 1)^3
    mmd^2 = sum_{i != j} k(a_i, a_j) / n(n - 1) + sum_{i != j} k(b_i, b_j) / m(m - 1) - 2 sum_{ij} k(a_i, b_j) / n m

(Gretton et al. 2012, eq. 3; on pictures: Binkowski et al. 2018, whose KID is this on Inception features). It is
unbiased: around 0, and as often below, for two samples of one distribution.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def kernel_distance(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> float:
    """Of two sets of at least two vectors, each one row.

    Raises:
        ValueError: fewer than two vectors.
    """
    n, m = len(a), len(b)
    if min(n, m) < 2:
        raise ValueError(f"a kernel distance needs at least 2 vectors of each kind, got {n} and {m}")
    a, b = a.double(), b.double()
    within = [(k.sum() - k.diagonal().sum()) / (c * (c - 1)) for k, c in ((cubic(a, a), n), (cubic(b, b), m))]
    return (within[0] + within[1] - 2 * cubic(a, b).mean()).item()


def cubic(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """The kernel of every pair."""
    return (a @ b.T / a.shape[1] + 1) ** 3
