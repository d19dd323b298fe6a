"""Multistep in the angle of TrigFlow: what a Gaussian of the data's deviation does is exact, the rest is interpolated.

With c = sigma_data, m^2 = sigma^2 + c^2 alpha^2, theta = atan(sigma/(c alpha)), z = x/m and EDM's network output F
(Karras et al. 2022; Lu & Song 2024, "TrigFlow"), the probability flow is

    dz/dtheta = -F,    F = (D - c^2 alpha x/m^2) m/(c sigma)

F = 0 for N(0, c^2), sin(theta) for a constant estimate, -cos(theta) for constant noise; it stays of size 1 from theta =
pi/2, pure noise, to 0, and alpha = 0 is a node like any other. A step integrates the combination of

    1 value: sin(theta)    2: sin, cos    3: sin, cos, 1    4: sin, cos, 1, theta

through the newest F's (trigonometrically fitted Adams methods, Gautschi 1961), is predicted from ``order`` of them and
corrected, with one more, when the next is there: one call per step, as in UniPC (Zhao et al. 2023). Lower order at both
ends; the last step returns the estimate.

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
from unfog.core.process import Process
from unfog.samplers.step import Node, NoiseSource, Step, nodes, numbers
from unfog.util.errors import UsageError


@dataclass(frozen=True)
class Slope:
    """F, and the angle where it was found."""

    angle: float
    value: Tensor


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
        sigma_data: deviation of the data; what is off costs only accuracy.

    Raises:
        UsageError: another order, or a deviation of 0 or less.
    """
    if order not in (1, 2, 3) or not sigma_data > 0:
        raise UsageError(f"trig_multistep has order 1, 2 or 3 and sigma_data above 0, got {order} and {sigma_data}")
    steps, known = list(pairwise(nodes(process, ts))), list[Slope]()
    before: tuple[Tensor, list[Slope]] | None = None  # z at the start of the step taken, and what was known there
    for i, (a, b) in enumerate(steps):
        left = max(2, len(steps) - i)  # two values are exact where neither estimate nor noise change, as at the end
        x0 = denoise(x, a.batch(x))
        new = Slope(angle(a, sigma_data), slope(x, x0, a, sigma_data))
        if before is not None:
            z, then = before
            x = moved(z, then, new.angle, [*then[: min(order, left + 1)], new]) * size(a, sigma_data)
        known = [new, *known][:order]
        z: Tensor = x / size(a, sigma_data)
        before = z, known
        x = (
            x0
            if b.sigma == 0
            else moved(z, known, angle(b, sigma_data), known[: min(order, left)]) * size(b, sigma_data)
        )
        yield Step(i, x, x0, a.t, b.t)


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


def moved(z: Tensor, known: Sequence[Slope], end: float, through: Sequence[Slope]) -> Tensor:
    """z at the angle ``end``, from where the newest of ``known`` was found, by the values to go ``through``."""
    start = known[0].angle
    for weight, entry in zip(weights(start, end, [entry.angle for entry in through]), through, strict=True):
        z = z - weight * entry.value
    return z


def weights(start: float, end: float, angles: Sequence[float]) -> list[float]:
    """Of values at ``angles`` (``start`` among them): their combination's integral from ``start`` to ``end``.

    For three and more the functions are 1, sin v/h, 2 (1 - cos v)/h^2, 6 (v - sin v)/h^3 with v = theta - start, h the
    step: the same span, and well apart however small the step is.
    """
    h = end - start
    if len(angles) == 1:
        return [(math.cos(start) - math.cos(end)) / math.sin(start)]
    v = torch.tensor([theta - start for theta in angles], dtype=torch.float64)
    sin, versed = torch.sin(v), 2 * torch.sin(v / 2) ** 2
    if len(angles) == 2:
        rows, integrals = [1 - versed, sin / h], [math.sin(h), 2 * math.sin(h / 2) ** 2 / h]
    else:
        rows = [torch.ones_like(v), sin / h, 2 * versed / h**2, 6 * arc(v) / h**3]
        late = arc(torch.tensor([h], dtype=torch.float64)).item()
        integrals = [h, 2 * math.sin(h / 2) ** 2 / h, 2 * late / h**2, 6 * (h**2 / 2 - 2 * math.sin(h / 2) ** 2) / h**3]
    n = len(angles)
    wanted = torch.tensor(integrals[:n], dtype=torch.float64)
    found: object = torch.linalg.solve(torch.stack(rows[:n]), wanted)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return numbers(cast("Tensor", found))


def arc(v: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
    """v - sin v, to all its digits."""
    series = v**3 / 6 * (1 - v**2 / 20 * (1 - v**2 / 42 * (1 - v**2 / 72)))
    return torch.where(v.abs() < 0.3, series, v - torch.sin(v))
