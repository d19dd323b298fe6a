"""Guidance that grows as the picture clears (Wang et al. 2024, on schedules of the guidance weight).

    scale(t) = 1 + 2 (mean - 1)(1 - u),    u = sigma/(alpha + sigma), the time of rectified flow

0 extra at pure noise, where strong guidance collapses the composition, twice the mean at the end. Published as a line
in the number of the step; on nodes evenly spaced in u this is the same, and it survives a change of sampler, grid or
schedule, because u depends on the noise level alone.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.process import Process
from unfog.guidance.cfg import Dial


def increasing(mean: float, process: Process) -> Dial:
    """A scale for ``cfg`` that rises with t -> 0 and is ``mean`` on average."""

    def scale(t: Tensor) -> Tensor:
        alpha = process.alpha(t)
        return 1 + 2 * (mean - 1) * alpha / (alpha + process.sigma(t))

    return scale
