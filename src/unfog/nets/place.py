"""Where a cell stands in the whole, told to a transformer core.

Rotary positions (``rope``) tell tokens how far apart they are; "left half or right half" is a fact about one token.
It enters as Fourier features sin(w u), cos(w u) of the coordinate u in [-1, 1] of every axis, w spaced geometrically
from pi/2 to 5.7 pi, so the same place has the same features at every size (Tancik et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unfog.nets.layers import Linear, axes

FREQUENCIES = 8


def place_features(space: Sequence[int], device: torch.device | str = "cpu") -> Tensor:
    """Features ``(cells, 16 n)`` of a flattened grid with n axes."""
    grid = torch.stack(torch.meshgrid(*axes(space, device), indexing="ij"), dim=-1).flatten(0, -2)  # (cells, n)
    phase = grid[..., None] * (math.pi * 2.0 ** (torch.arange(FREQUENCIES, device=device) / 2 - 1))
    return torch.cat([phase.sin(), phase.cos()], dim=-1).flatten(1)


class Place(nn.Module):
    """A vector ``(cells, width)`` for every cell of a grid with ``ndim`` axes."""

    def __init__(self, ndim: int, width: int) -> None:
        super().__init__()
        self.project = Linear(2 * FREQUENCIES * ndim, width)

    def forward(self, space: Sequence[int]) -> Tensor:
        return self.project(place_features(space, self.project.weight.device))
