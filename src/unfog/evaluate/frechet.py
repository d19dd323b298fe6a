"""The Frechet distance of two sets of feature vectors.

Each is taken for a normal distribution with mean m and covariance C:

    d^2 = |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a^(1/2) C_b C_a^(1/2))^(1/2))

(Dowson & Landau 1982; on pictures: Heusel et al. 2017). Only with the Inception features of that paper is it called
FID; here it bears the name of its own features. Its bias grows with the number of features and shrinks with that of
samples, so two values compare only with equally many samples, and beside the value of real against real.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def frechet(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> float:
    """The squared distance of two sets of at least two vectors, each one row; 0 or more."""
    (m_a, c_a), (m_b, c_b) = moments(a), moments(b)
    root = square_root(c_a)
    cross = torch.linalg.eigvalsh(root @ c_b @ root).clamp(min=0).sqrt().sum()
    return max(0.0, ((m_a - m_b).square().sum() + c_a.trace() + c_b.trace() - 2 * cross).item())


def moments(x: Float[Tensor, "n d"]) -> tuple[Float[Tensor, " d"], Float[Tensor, "d d"]]:
    """Mean and unbiased covariance, in double precision.

    Raises:
        ValueError: fewer than two vectors.
    """
    if len(x) < 2:
        raise ValueError(f"a covariance needs at least 2 vectors, got {len(x)}")
    x = x.double()
    mean = x.mean(dim=0)
    return mean, (x - mean).T @ (x - mean) / (len(x) - 1)


def square_root(c: Float[Tensor, "d d"]) -> Float[Tensor, "d d"]:
    """The positive root of a covariance."""
    values, vectors = torch.linalg.eigh(c)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T
