"""Seamless tiles: pictures that continue at the opposite edge.

    D(x, t) <- roll^-1(D(roll(x), t))        rolled by another part of the canvas at every noise level

What is an edge to the network at one step lies in the middle at others, so no edge is left. The offset is a pure
function of the noise level: the golden ratio spreads them evenly, whatever the grid.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.core.strength import noise_share

GOLDEN = 0.6180339887498949
LEVELS = 997  # noise levels are told apart in so many parts


def tiled(denoise: Denoise, process: Process) -> Denoise:
    """``denoise`` on a canvas without edges; any number of spatial axes, one time for all samples."""

    def rolled(x: Tensor, t: Tensor) -> Tensor:
        level = round(float(noise_share(process, t[:1])) * LEVELS)
        axes = tuple(range(2, x.ndim))
        offsets = [int((level * (k + 1) * GOLDEN) % 1 * x.shape[axis]) for k, axis in enumerate(axes)]
        return denoise(x.roll(offsets, axes), t).roll([-offset for offset in offsets], axes)

    return rolled
