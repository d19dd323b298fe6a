"""Linear measurements y = A x0 + sigma_y n: what restoring knows of a picture.

    forward   A x
    adjoint   A^T y
    function  f(A A^T) v for a function f of the eigenvalues of A A^T

From the last follow both inverses that the methods need,

    solve     (r2 A A^T + s2)^+ v
    pinv      A^+ y = A^T (A A^T)^+ y        the smallest x with A x = y; A A^+ = 1 where A loses only detail

Known pixels, means over blocks and over channels stand here; A A^T is diagonal in the pixels. Blur is diagonal in
frequencies (core/blur.py). A chain of them has no such basis in general, so its functions are found by Lanczos
(core/krylov.py). All of them are made for ``(b, c, *space)`` and any number of space axes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.krylov import Spectrum, function_of
from unfog.util.errors import UsageError

Batch = Float[Tensor, "b *shape"]
Seen = Float[Tensor, "b *seen"]
PerSample = Float[Tensor, " #b"]

EMPTY = 1e-6  # eigenvalues of A A^T below this share of the largest count as 0


class Operator(Protocol):
    """A linear map that acts on every sample alike."""

    def forward(self, x: Tensor) -> Tensor:
        """A x."""
        ...

    def adjoint(self, y: Tensor) -> Tensor:
        """A^T y."""
        ...

    def function(self, f: Spectrum, v: Tensor) -> Tensor:
        """f(A A^T) v; ``f`` is elementwise and gets eigenvalues ``(b or 1, ...)``."""
        ...


def solve(operator: Operator, v: Seen, r2: PerSample | float, s2: PerSample | float) -> Seen:
    """(r2 A A^T + s2)^+ v, variances per sample or for all; where it is singular the smallest solution."""

    def inverse(e: Tensor) -> Tensor:
        sizes = (-1, *(1 for _ in e.shape[1:]))
        r, s = (torch.as_tensor(c, dtype=e.dtype, device=e.device).reshape(sizes) for c in (r2, s2))
        largest = e.flatten(1).amax(1).reshape(sizes)
        total = r * e.clamp(min=0) + s
        return torch.where(total > torch.where(s > 0, 0, EMPTY * r * largest), 1 / total, 0)

    return operator.function(inverse, v)


def pinv(operator: Operator, y: Seen) -> Batch:
    """A^+ y."""
    return operator.adjoint(solve(operator, y, 1.0, 0.0))


@dataclass(frozen=True)
class Known:
    """y = mask x: pixels that are known (1) or not (0); any other weights are allowed.

    Fields:
        mask: broadcasts against one sample, for example ``(1, h, w)``.
    """

    mask: Float[Tensor, "*shape"]

    def forward(self, x: Batch) -> Batch:
        """The known pixels, 0 elsewhere."""
        return self.mask.to(x) * x

    def adjoint(self, y: Batch) -> Batch:
        """The same."""
        return self.forward(y)

    def function(self, f: Spectrum, v: Batch) -> Batch:
        """f(mask^2) v."""
        return f(self.mask.to(v).expand(v.shape[1:])[None] ** 2) * v


@dataclass(frozen=True)
class Downsample:
    """y = the mean of every block of ``factor`` pixels along each space axis.

    Raises:
        UsageError: a factor below 1; when applied: a side that is no multiple of it.
    """

    factor: int

    def __post_init__(self) -> None:
        if self.factor < 1:
            raise UsageError(f"the factor of a smaller picture must be 1 or more, got {self.factor}")

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b c *small"]:
        """Smaller by ``factor``."""
        space = x.shape[2:]
        if any(side % self.factor for side in space):
            raise UsageError(f"sides must be multiples of {self.factor} to be made smaller by it, got {tuple(space)}")
        blocks = x.reshape(*x.shape[:2], *(n for side in space for n in (side // self.factor, self.factor)))
        return blocks.mean(tuple(range(3, blocks.ndim, 2)))

    def adjoint(self, y: Float[Tensor, "b c *small"]) -> Float[Tensor, "b c *space"]:
        """Every pixel divided among its block."""
        for axis in range(2, y.ndim):
            y = y.repeat_interleave(self.factor, axis) / self.factor
        return y

    def function(self, f: Spectrum, v: Float[Tensor, "b c *small"]) -> Float[Tensor, "b c *small"]:
        """All eigenvalues are 1/(pixels of a block)."""
        return f(v.new_full((1,) * v.ndim, 1 / self.factor ** (v.ndim - 2))) * v


@dataclass(frozen=True)
class Grey:
    """y = the mean over ``channels`` channels: what colourising is given."""

    channels: int = 3

    def forward(self, x: Float[Tensor, "b c *space"]) -> Float[Tensor, "b 1 *space"]:
        """One channel."""
        return x.mean(1, keepdim=True)

    def adjoint(self, y: Float[Tensor, "b 1 *space"]) -> Float[Tensor, "b c *space"]:
        """The channel divided among all."""
        return y.repeat_interleave(self.channels, 1) / self.channels

    def function(self, f: Spectrum, v: Float[Tensor, "b 1 *space"]) -> Float[Tensor, "b 1 *space"]:
        """All eigenvalues are 1/channels."""
        return f(v.new_full((1,) * v.ndim, 1 / self.channels)) * v


@dataclass(frozen=True)
class Chain:
    """y = A_n ... A_1 x.

    Fields:
        parts: in the order in which they happen to a picture: (A_1, ..., A_n).
        iterations: of Lanczos.
    """

    parts: tuple[Operator, ...]
    iterations: int = 24

    def forward(self, x: Tensor) -> Tensor:
        """One after the other."""
        for part in self.parts:
            x = part.forward(x)
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        """Back through all of them."""
        for part in reversed(self.parts):
            y = part.adjoint(y)
        return y

    def function(self, f: Spectrum, v: Tensor) -> Tensor:
        """By Lanczos; exact for one part."""
        if len(self.parts) == 1:
            return self.parts[0].function(f, v)
        return function_of(lambda u: self.forward(self.adjoint(u)), f, v, self.iterations)


def matrix_of(linear: Callable[[Tensor], Tensor], shape: tuple[int, ...], *, dtype: torch.dtype) -> Tensor:
    """The columns of a small linear map of samples of this shape, ``(numbers out, numbers in)``: for tests."""
    units = torch.eye(prod(shape), dtype=dtype).reshape(-1, *shape)
    return linear(units).flatten(1).mT
