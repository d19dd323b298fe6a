"""Blur as a linear measurement: convolution with a known kernel, diagonal in the frequencies of the discrete transform.

    A = F^-1 diag(K) F,    K = F kernel,    A A^T = F^-1 diag(|K|^2) F

At the borders the picture either goes on at the other side ("circular") or is mirrored, its outermost pixel repeated
("mirror": d c b a | a b c d). Mirroring doubles the picture, where the convolution is circular again; that A is
diagonal (in the cosine transform, DCT-II) needs a kernel which is its own mirror image along every axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.krylov import Spectrum
from unfog.util.errors import UsageError

REACH = 4.0  # deviations at which a Gaussian kernel is cut


@dataclass(frozen=True)
class Blur:
    """y = kernel * x, along the last axes of x, as many as the kernel has.

    Fields:
        kernel: its middle (at n // 2 of n) stays in place; may be larger than the picture.

    Raises:
        UsageError: a kernel that "mirror" cannot have.
    """

    kernel: Tensor
    boundary: Literal["circular", "mirror"] = "mirror"

    def __post_init__(self) -> None:
        if self.boundary == "mirror" and not symmetric(self.kernel):
            raise UsageError(
                f"a kernel of shape {tuple(self.kernel.shape)} that is not symmetric along every axis (odd sides)"
                " cannot blur with mirrored borders: use boundary 'circular'"
            )

    def forward(self, x: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Blurred."""
        return self._filtered(x, self._response(x))

    def adjoint(self, y: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Blurred with the kernel turned round."""
        return self._filtered(y, self._response(y).conj())

    def function(self, f: Spectrum, v: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
        """Frequency by frequency."""
        return self._filtered(v, f(self._response(v).abs().square()))

    def _axes(self) -> list[int]:
        return list(range(-self.kernel.ndim, 0))

    def _response(self, x: Tensor) -> Tensor:
        """K, with axes of length 1 before those of space."""
        times = 2 if self.boundary == "mirror" else 1
        sides = [times * x.shape[axis] for axis in self._axes()]
        places = [
            (torch.arange(n, device=x.device) - n // 2) % side for n, side in zip(self.kernel.shape, sides, strict=True)
        ]
        whole = x.new_zeros(sides).index_put(torch.meshgrid(*places, indexing="ij"), self.kernel.to(x), accumulate=True)
        response = _frequencies(whole, self._axes())
        return response.reshape(*(1 for _ in range(x.ndim - self.kernel.ndim)), *response.shape)

    def _filtered(self, x: Tensor, response: Tensor) -> Tensor:
        sides = [x.shape[axis] for axis in self._axes()]
        if self.boundary == "mirror":
            for axis in self._axes():
                x = torch.cat([x, x.flip(axis)], axis)
        shape = [x.shape[axis] for axis in self._axes()]
        x = _places(_frequencies(x, self._axes()) * response, shape, self._axes())
        for axis, side in zip(self._axes(), sides, strict=True):
            x = x.narrow(axis, 0, side)
        return x


def gaussian(deviation: float, axes: int = 2) -> Float[Tensor, "..."]:
    """A Gaussian kernel of sum 1 and this standard deviation in pixels, float64.

    Raises:
        UsageError: ``deviation`` is not positive.
    """
    if not deviation > 0:
        raise UsageError(f"the deviation of a Gaussian blur must be positive, got {deviation}")
    radius = max(1, round(REACH * deviation))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, dtype=torch.float64) / deviation) ** 2)
    return outer([taps / taps.sum()] * axes)


def outer(factors: Sequence[Float[Tensor, " n"]]) -> Float[Tensor, "..."]:
    """The product kernel of one row of taps per axis."""
    kernel = factors[0]
    for taps in factors[1:]:
        kernel = kernel[..., None] * taps
    return kernel


def symmetric(kernel: Tensor) -> bool:
    """Symmetric about its middle along every axis."""
    return all(n % 2 for n in kernel.shape) and all(
        torch.allclose(kernel, kernel.flip(axis)) for axis in range(kernel.ndim)
    )


def _frequencies(x: Tensor, axes: list[int]) -> Tensor:
    found: object = torch.fft.rfftn(x, dim=axes)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("Tensor", found)


def _places(x: Tensor, shape: list[int], axes: list[int]) -> Tensor:
    found: object = torch.fft.irfftn(x, s=shape, dim=axes)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("Tensor", found)
