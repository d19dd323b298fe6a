"""CFG++ (Chung et al. 2024): the guided estimate, noised again with the unconditional noise.

    x_s = alpha_s D + sigma_s eps_u,    D = D_u + strength (D_c - D_u),    eps_u = (x_t - alpha_t D_u)/sigma_t

A first-order step is x_s = (sigma_s/sigma_t) x_t + alpha_s (1 - w) D', w = alpha_t sigma_s/(alpha_s sigma_t), so giving
it D' = (D - w D_u)/(1 - w) makes exactly that step; and this is

    D' = D_u + strength/(1 - w) (D_c - D_u)

CFG with a scale that depends on the step: ``strength`` (0 to 1) in the step to t = 0, more in short steps. Hence it
needs the grid and holds for the samplers whose step has that form (guidance/stepwise.py); what these show as ``x0`` is
D'.
"""

from __future__ import annotations

from jaxtyping import Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.guidance.cfg import Dial
from unfog.guidance.stepwise import FIRST_ORDER, stepwise

EXACT = FIRST_ORDER


def cfgpp(strength: float, process: Process, ts: Float64[Tensor, " nodes"], sampler: str) -> Dial:
    """The scale for ``cfg`` that makes CFG++ of ``strength`` on the grid ``ts``; 0 is unconditional.

    Args:
        ts: the decreasing grid that the sampler will walk over.
        sampler: its name; ``ddim`` only without fresh noise (eta = 0).

    Raises:
        UsageError: another sampler, for which this is not CFG++; when called: a time that is no start of a step.
    """
    return stepwise("CFG++", lambda w: strength / (1 - w), process, ts, sampler)
