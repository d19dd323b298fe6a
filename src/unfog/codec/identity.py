"""The trivial codec: the model works on the picture itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor


class Codec(Protocol):
    """Between files' tensors in [-1, 1] and the tensors the denoiser works on."""

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...

    def shape(self, channels: int, space: Sequence[int]) -> tuple[int, ...]:
        """Shape of the latents of one picture."""
        ...


class Identity:
    """Pixels are the latents."""

    def encode(self, x: Tensor) -> Tensor:
        return x

    def decode(self, z: Tensor) -> Tensor:
        return z

    def shape(self, channels: int, space: Sequence[int]) -> tuple[int, ...]:
        return channels, *space
