"""Fit the nodes of a sampler to one denoiser: the few places where it should look.

A sampler with n steps ends at x_n(ts), the probability flow at x*. The inner nodes are moved, one at a time, by a share
of the gap to a neighbour, and what brings x_n nearer to x* stays; the share is halved when nothing helps any more
(coordinate search). Compare Sabour et al. 2024 ("align your steps") and Chen et al. 2024 (GITS), which minimise bounds;
here the distance itself is small enough to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jaxtyping import Float64
from torch import Tensor

from unfog.core.denoiser import Denoise

FIRST, LEAST = 0.4, 0.03  # shares of a gap by which a node moves
MOST = 64  # estimates that are remembered


def fit(
    error: Callable[[Tensor], float], starts: Sequence[Float64[Tensor, " nodes"]], tries: int
) -> tuple[Float64[Tensor, " nodes"], float]:
    """The best grid that was found and its error.

    Args:
        error: of a grid; at least 0.
        starts: grids to begin with, decreasing from 1 to 0; the best of them is improved.
        tries: grids looked at in all, at least one for every start.
    """
    left = tries - len(starts)
    least, best = min(((error(ts), k) for k, ts in enumerate(starts)), key=lambda pair: pair[0])
    ts, share = starts[best], FIRST
    while share >= LEAST and left > 0:
        stuck = True
        for node in range(1, len(ts) - 1):
            for towards in (node - 1, node + 1):
                if left == 0:
                    return ts, least
                moved = ts.clone()
                moved[node] += share * (ts[towards] - ts[node])
                left -= 1
                if (found := error(moved)) < least:
                    ts, least, stuck = moved, found, False
                    break
        if stuck:
            share /= 2
    return ts, least


class Remembering:
    """A denoiser that need not be asked again for what a grid has in common with the one before it."""

    def __init__(self, denoise: Denoise) -> None:
        self.denoise, self.known = denoise, dict[float, tuple[Tensor, Tensor]]()

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        """The estimate for ``x``, all of it at the time ``t[0]``."""
        at = t[0].item()
        if at not in self.known or not self.known[at][0].equal(x):
            self.known[at] = x, self.denoise(x, t)
            if len(self.known) > MOST:
                self.known.pop(next(iter(self.known)))
        return self.known[at][1]
