"""Multistep in the angle of TrigFlow: what a Gaussian of the data's deviation does is exact, the rest is interpolated.

With c = sigma_data, m^2 = sigma^2 + c^2 alpha^2, theta = atan(sigma/(c alpha)), z = x/m and EDM's network output F
(Karras et al. 2022; Lu & Song 2024, "TrigFlow"), the probability flow is

    dz/dtheta = -F,    F = (D - c^2 alpha x/m^2) m/(c sigma)

F = 0 for N(0, c^2), sin(theta) for a constant estimate, -cos(theta) for constant noise; it stays of size 1 from theta =
pi/2, pure noise, to 0, and alpha = 0 is a node like any other. A step integrates the combination of

    1 value: sin(theta)    2: sin, cos    3: sin, cos, 1    4: and theta    5: and theta^2

through the newest F's (trigonometrically fitted Adams methods, Gautschi 1961), is predicted from ``order`` of them and
corrected, with one more, when the next is there: one call per step, as in UniPC (Zhao et al. 2023). Lower order at both
ends; the last step returns the estimate.

On the nodes of the grid ``learned``, what each further value adds is trusted as much as was learned with these nodes
(core/learned.py): early more than all of it, less where it is decided what a sample becomes. Learned solvers, with
other weights and another loss: S4S (Frankel et al. 2025). Any trust leaves exact what is exact with one value.

Made for few steps without guidance: exact estimates are followed to a third of the error of UniPC, a network's to two
thirds. Guided estimates bend too sharply for it, and UniPC is nearer (docs/samplers.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.learned import Learned, learned_at
from unfog.core.process import Process
from unfog.samplers.step import Node, NoiseSource, Step, nodes, numbers
from unfog.util.errors import UsageError

VALUES = 5  # the most that are gone through


@dataclass(frozen=True)
class Slope:
    """F, and the angle where it was found."""

    angle: float
    value: Tensor


@dataclass(frozen=True)
class Trust:
    """How much counts what the 2nd, 3rd, ... value adds: 1 all of it, none listed for those that are not used.

    Fields:
        correct: of the correction of a node, by [the one before, itself, older ones].
        predict: of the prediction from there, by [itself, older ones].
        follow: how much F, found where the prediction ended, is taken to change per change of z by the correction.
    """

    correct: Sequence[float]
    predict: Sequence[float]
    follow: float = 0.0


@torch.no_grad()
def trig_multistep(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 3,
    sigma_data: float = 0.5,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, one call per step; ``noise`` is not used.

    ``Step.x`` is the prediction; it is corrected at the beginning of the next step.

    Args:
        order: values of a prediction, 1 to 3.
        sigma_data: deviation of the data; what is off costs only accuracy. Other than the defaults, what was learned
            is not used.

    Raises:
        UsageError: another order, or a deviation of 0 or less.
    """
    if order not in (1, 2, 3) or not sigma_data > 0:
        raise UsageError(f"trig_multistep has order 1, 2 or 3 and sigma_data above 0, got {order} and {sigma_data}")
    passed = nodes(process, ts)
    found = learned_at([node.rho for node in passed]) if (order, sigma_data) == (3, 0.5) else None
    trust = even(len(passed) - 1, order) if found is None else trusts(found)
    known = list[Slope]()
    before: tuple[Tensor, list[Slope]] | None = None  # z at the start of the step taken, and what was known there
    for i, ((a, b), much) in enumerate(zip(pairwise(passed), trust, strict=True)):
        x0 = denoise(x, a.batch(x))
        if b.sigma == 0:
            yield Step(i, x0, x0, a.t, b.t)
            return
        new = Slope(angle(a, sigma_data), slope(x, x0, a, sigma_data))
        z = predicted = x / size(a, sigma_data)
        if before is not None:
            last, then = before
            z = moved(last, [then[0], new, *then[1:]], new.angle, much.correct)
            if much.follow:
                new = Slope(new.angle, new.value + much.follow * (z - predicted))
        known = [new, *known][:VALUES]
        before = z, known
        x = moved(z, known, angle(b, sigma_data), much.predict) * size(b, sigma_data)
        yield Step(i, x, x0, a.t, b.t)


def even(steps: int, order: int) -> list[Trust]:
    """All of what so many values add; fewer at the end, where two are exact if neither estimate nor noise change."""
    left = [max(2, steps - i) for i in range(steps)]
    return [Trust([1.0] * min(order, k + 1), [1.0] * (min(order, k) - 1)) for k in left]


def trusts(found: Learned) -> list[Trust]:
    """What was learned, node by node."""
    return [Trust(*row) for row in zip(found.correct, found.predict, found.follow, strict=True)]


def angle(node: Node, c: float) -> float:
    """theta: pi/2 at pure noise, 0 at none."""
    return math.atan2(node.sigma, c * node.alpha)


def size(node: Node, c: float) -> float:
    """m: the deviation of x."""
    return math.hypot(node.sigma, c * node.alpha)


def slope(x: Tensor, x0: Tensor, node: Node, c: float) -> Tensor:
    """F."""
    m = size(node, c)
    return (x0 - (c**2 * node.alpha / m**2) * x) * (m / (c * node.sigma))


def moved(z: Tensor, by: Sequence[Slope], end: float, trust: Sequence[float]) -> Tensor:
    """z at the angle ``end``, from where the first value was found, by as many values as are trusted."""
    by = by[: 1 + len(trust)]
    theta, stop = (torch.tensor(v, dtype=torch.float64) for v in ([entry.angle for entry in by], end))
    for weight, entry in zip(numbers(trusted(theta, stop, trust)), by, strict=True):
        z = z - weight * entry.value
    return z


def trusted(
    angles: Float64[Tensor, " n"], end: Float64[Tensor, ""], trust: Sequence[float] | Float64[Tensor, " k"]
) -> Float64[Tensor, " n"]:
    """Of values at ``angles``: the integral from the first of them to ``end``, as far as what each adds is trusted.

    ``trust`` has an entry for every value but the first, at least; more are not used.
    """
    n = len(angles)
    kept = [1.0, *(trust[k] for k in range(n - 1)), 0.0]
    total = angles.new_zeros(n)
    for k in range(1, n + 1):
        if isinstance(trust, Tensor) or kept[k - 1] != kept[k]:
            total[:k] += (kept[k - 1] - kept[k]) * weights(angles[:k], end)
    return total


def weights(angles: Float64[Tensor, " n"], end: Float64[Tensor, ""]) -> Float64[Tensor, " n"]:
    """Of up to 5 values at ``angles``: their combination's integral from the first of them to ``end``.

    For three and more the functions are 1, sin v/h, 2 (1 - cos v)/h^2, 6 (v - sin v)/h^3, 24 (v^2/2 - 1 + cos v)/h^4
    with v = theta - start, h the step: the same span, and well apart however small the step is.
    """
    n, start = len(angles), angles[0]
    h, v = end - start, angles - start
    if n == 1:
        return ((start.cos() - end.cos()) / start.sin()).reshape(1)
    sin, versed, late = v.sin(), 2 * (v / 2).sin() ** 2, 2 * (h / 2).sin() ** 2
    if n == 2:
        rows, integrals = [1 - versed, sin / h], [h.sin(), late / h]
    else:
        rows = [torch.ones_like(v), sin / h, 2 * versed / h**2, 6 * arc(v) / h**3, 24 * sag(v) / h**4]
        integrals = [h, late / h, 2 * arc(h) / h**2, 6 * sag(h) / h**3, 24 * (h**3 / 6 - arc(h)) / h**4]
    found: object = torch.linalg.solve(torch.stack(rows[:n]), torch.stack(integrals[:n]))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return cast("Tensor", found)


def arc(v: Float64[Tensor, "*n"]) -> Float64[Tensor, "*n"]:
    """v - sin v, to all its digits."""
    series = v**3 / 6 * (1 - v**2 / 20 * (1 - v**2 / 42 * (1 - v**2 / 72)))
    return torch.where(v.abs() < 0.3, series, v - v.sin())


def sag(v: Float64[Tensor, "*n"]) -> Float64[Tensor, "*n"]:
    """v^2/2 - 1 + cos v, to all its digits."""
    series = v**4 / 24 * (1 - v**2 / 30 * (1 - v**2 / 56 * (1 - v**2 / 90)))
    return torch.where(v.abs() < 0.3, series, v**2 / 2 - 2 * (v / 2).sin() ** 2)
