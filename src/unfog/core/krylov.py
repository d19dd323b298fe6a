"""Functions of a large symmetric matrix that can only be applied (Lanczos 1950; Higham 2008, "Functions of Matrices").

    f(M) v ~ |v| Q f(T) e_1,    Q an orthonormal basis of span{v, M v, ..., M^(n-1) v},    T = Q^T M Q, tridiagonal

With f(e) = 1/(r e + s) this is what the method of conjugate gradients finds; it is exact as soon as n reaches the
number of different eigenvalues of M that v has a share of. Every row of the batch has a matrix of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

Spectrum = Callable[[Tensor], Tensor]  # eigenvalues (b or 1, ...) -> as many numbers, elementwise

LOST = 1e-6  # a direction of which rounding left less than this share (float32 keeps 1e-7)


def function_of(
    matrix: Callable[[Tensor], Tensor], f: Spectrum, v: Float[Tensor, "b *shape"], iterations: int
) -> Float[Tensor, "b *shape"]:
    """f(M) v; ``matrix`` applies M to a tensor shaped like ``v`` and is called at most ``iterations`` times."""
    b, flat = v.shape[0], v.flatten(1)
    size, tiny = _length(flat), torch.finfo(v.dtype).tiny
    n = min(iterations, flat.shape[1])
    basis = [flat / size.clamp(min=tiny)[:, None]]
    tri = v.new_zeros(b, n, n)
    for j in range(n):
        image = matrix(basis[j].view_as(v)).flatten(1)
        alive = _length(basis[j]) > 0.5
        # a basis that ended early goes on with zeros: its rows of T are cut off, and hold a value that f is finite at
        tri[:, j, j] = torch.where(alive, (basis[j] * image).sum(1), tri[:, 0, 0])
        if j + 1 == n:
            break
        reach = _length(image)
        for _ in range(2):  # against all before: rounding soon ruins the three-term recurrence
            for q in basis:
                image = image - (q * image).sum(1, keepdim=True) * q
        left = _length(image)
        left = torch.where(left > LOST * reach, left, 0)
        tri[:, j, j + 1] = tri[:, j + 1, j] = left
        basis.append(torch.where(left[:, None] > 0, image / left.clamp(min=tiny)[:, None], 0))
    found: object = torch.linalg.eigh(tri)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    values, vectors = cast("tuple[Tensor, Tensor]", found)
    shares = (vectors * (f(values) * vectors[:, 0])[:, None]).sum(-1)  # (b, n): f(T) e_1
    return ((torch.stack(basis, -1) * shares[:, None]).sum(-1) * size[:, None]).view_as(v)


def _length(v: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
    return v.square().sum(1).sqrt()
