"""Numbers that belong to the steps of a grid, for wrappers that must know the step they are called in.

The factor of the clean estimate in a first-order step from t to s, x_s = ... + alpha_s (1 - w) D, with
w = (alpha_t/alpha_s)(sigma_s/sigma_t), turns what a method does to x_s into what it must do to D. A multistep sampler
would extrapolate that, and one with several evaluations per step would mix those of different steps.
"""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.util.errors import UsageError

FIRST_ORDER = ("ddim", "euler")  # without fresh noise


def stepwise(
    name: str, value: Callable[[Tensor], Tensor], process: Process, ts: Float64[Tensor, " nodes"], sampler: str
) -> Callable[[Tensor], Tensor]:
    """t -> ``value`` of the step of the grid that starts there.

    Args:
        name: of the method, for errors.
        value: from w of every step, in [0, 1), to one number each.
        ts: the decreasing grid that the sampler will walk over.
        sampler: its name.

    Raises:
        UsageError: another than a first-order sampler; when called: a time that is no start of a step.
    """
    if sampler not in FIRST_ORDER:
        raise UsageError(
            f"{name} changes a first-order step, which the step of {sampler!r} cannot express:"
            f" use the sampler {' or '.join(FIRST_ORDER)}, or another method"
        )
    steps = ts[:-1] > ts[1:]  # repeated nodes are none
    a, b = ts[:-1][steps], ts[1:][steps]
    values = value(process.alpha(a) * process.sigma(b) / (process.alpha(b) * process.sigma(a)))

    def at(t: Tensor) -> Tensor:
        here = t[:, None] == a.to(t)  # samplers call at the nodes themselves, in the dtype of x
        if not bool(here.any(1).all()):
            raise UsageError(f"{name} was given another grid than the sampler's: t = {float(t[0]):g} starts no step")
        return values.to(t)[here.int().argmax(1)]

    return at
