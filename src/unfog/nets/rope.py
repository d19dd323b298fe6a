"""Rotary position embedding over any number of axes (Su et al. 2021; axial form for pictures, clips and waves).

The head dimension is split evenly among the axes; inside one axis, pair j is rotated by position * base^(-j/pairs).
Only position differences reach the attention scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BASE = 100.0  # wavelengths from 6 to ~600 cells: the core sees at most a few hundred cells per axis


def angles(space: Sequence[int], head_dim: int, device: torch.device) -> Tensor:
    """Rotation angles ``(cells, head_dim // 2)`` of a flattened grid; trailing pairs that no axis owns stay at 0."""
    pairs = head_dim // (2 * len(space))
    frequency = BASE ** (-torch.arange(pairs, device=device) / max(pairs, 1))
    grid = torch.meshgrid(*[torch.arange(s, device=device) for s in space], indexing="ij")
    turned = torch.cat([axis.reshape(-1, 1) * frequency for axis in grid], dim=1)
    rest = head_dim // 2 - turned.shape[1]
    return torch.cat([turned, turned.new_zeros(turned.shape[0], rest)], dim=1)


def rotate(x: Tensor, angle: Tensor) -> Tensor:
    """Rotate ``x (b, heads, n, head_dim)`` by ``angle (n, head_dim // 2)``, pairing first and second half."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)
