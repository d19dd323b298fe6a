"""CFG++ (Chung et al. 2024): the guided estimate, noised again with the unconditional noise.

    x_s = alpha_s D + sigma_s eps_u,    D = D_u + strength (D_c - D_u),    eps_u = (x_t - alpha_t D_u)/sigma_t

A first-order step is x_s = (sigma_s/sigma_t) x_t + alpha_s (1 - w) D', w = alpha_t sigma_s/(alpha_s sigma_t), so giving
it D' = (D - w D_u)/(1 - w) makes exactly that step; and this is

    D' = D_u + strength/(1 - w) (D_c - D_u)

CFG with a scale that depends on the step: ``strength`` (0 to 1) in the step to t = 0, more in short steps. Hence it
needs the grid, holds for the samplers whose step has that form, and what they show as ``x0`` is D'. A multistep sampler
would extrapolate D', and one with several evaluations per step would mix those of different steps.
"""

from __future__ import annotations

from jaxtyping import Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.guidance.cfg import Dial
from unfog.util.errors import UsageError

EXACT = ("ddim", "euler")


def cfgpp(strength: float, process: Process, ts: Float64[Tensor, " nodes"], sampler: str) -> Dial:
    """The scale for ``cfg`` that makes CFG++ of ``strength`` on the grid ``ts``; 0 is unconditional.

    Args:
        ts: the decreasing grid that the sampler will walk over.
        sampler: its name; ``ddim`` only without fresh noise (eta = 0).

    Raises:
        UsageError: another sampler, for which this is not CFG++; when called: a time that is no start of a step.
    """
    if sampler not in EXACT:
        raise UsageError(
            f"CFG++ renoises with the unconditional estimate, which the step of {sampler!r} cannot express:"
            f" use the sampler {' or '.join(EXACT)}, or plain guidance"
        )
    steps = ts[:-1] > ts[1:]  # repeated nodes are none
    a, b = ts[:-1][steps], ts[1:][steps]
    w = process.alpha(a) * process.sigma(b) / (process.alpha(b) * process.sigma(a))
    scales = strength / (1 - w)

    def scale(t: Tensor) -> Tensor:
        here = t[:, None] == a.to(t)  # samplers call at the nodes themselves, in the dtype of x
        if not bool(here.any(1).all()):
            raise UsageError(f"CFG++ was given another grid than the sampler's: t = {float(t[0]):g} starts no step")
        return scales.to(t)[here.int().argmax(1)]

    return scale
