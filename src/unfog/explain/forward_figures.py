"""The drawings of a fogging picture: curves of the schedule, histograms, and the walk of pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from unfog.explain.chart import HEIGHT, Axis, Curve, chart
from unfog.explain.drawing import Drawing, Spot, tiled
from unfog.explain.fog import BIN, BINS, normal_density
from unfog.explain.forward import MOST_ARROWS, Fog, Shown, spread, told_apart
from unfog.explain.space import Walk

TIME = Axis(0.0, 1.0, "time t", ((0.0, "0 picture"), (0.5, "0.5"), (1.0, "1 noise")))
VALUES = Axis(-3.4, 3.4, "value of a pixel", ((-3.0, "-3"), (-1.0, "-1 black"), (1.0, "1 white"), (3.0, "3")))
GRID = 200  # intervals of a curve over t
SNR_LIMIT = 50.0  # decibels
TALLEST = 1.6  # of the bars that are shown whole
LOW = 225  # height of a histogram among others
FLAT = 1e-5  # no bell is drawn for a variance below
CHANNELS = (("red", "accent"), ("green", "third"), ("blue", "second"))


def over_time(of: Callable[[torch.Tensor], torch.Tensor]) -> tuple[tuple[float, float], ...]:
    """(t, value) of a function of time on a fine grid."""
    ts = torch.linspace(0, 1, GRID + 1, dtype=torch.float64)
    return tuple(zip(ts.tolist(), of(ts).tolist(), strict=True))


def scales(fog: Fog) -> Drawing:
    """alpha and sigma over time."""
    alpha, sigma = over_time(fog.process.alpha), over_time(fog.process.sigma)
    top = max(value for _, value in (*alpha, *sigma))
    y = Axis(0.0, top, "", tuple((top * part, f"{top * part:.3g}") for part in (0.0, 0.5, 1.0)))
    curves = [Curve(alpha, "second", "picture (alpha)"), Curve(sigma, "accent", "noise (sigma)")]
    alt = f"Two curves over time: alpha falls from 1 to {alpha[-1][1]:.2g}, sigma rises from 0 to {sigma[-1][1]:.3g}."
    return chart(curves, TIME, y, alt)


def ratio(fog: Fog) -> Drawing:
    """The signal-to-noise ratio over time, in decibels, and the line at which both are as strong."""
    ts = torch.linspace(0, 1, GRID + 1, dtype=torch.float64)[1:]
    decibels = (20 / torch.log(torch.tensor(10.0)) * fog.process.lam(ts)).tolist()
    points = tuple(zip(ts.tolist(), decibels, strict=True))
    y = Axis(-SNR_LIMIT, SNR_LIMIT, "decibels", ((-40.0, "-40"), (0.0, "0"), (40.0, "40")))
    curves = [
        Curve(((0.0, 0.0), (1.0, 0.0)), "soft", "as much noise as picture", dashed=True),
        Curve(points, "accent"),
    ]
    alt = (
        f"A falling curve: the signal-to-noise ratio is {at_least(points[4][1])} at t = {points[4][0]:.2f}"
        f" and {at_least(points[-1][1])} at t = 1."
    )
    return chart(curves, TIME, y, alt)


def at_least(decibels: float) -> str:
    """Decibels in words; those without end are said to be."""
    if abs(decibels) == float("inf"):
        return "no noise at all" if decibels > 0 else "no picture at all"
    return f"{decibels:.0f} decibels"


def added(fog: Fog) -> Drawing:
    """beta of every step, as stairs."""
    betas = [level.beta for level in fog.levels[1:]]
    top, n = max(betas), len(betas)
    stairs = tuple(point for k, beta in enumerate(betas) for point in ((float(k), beta), (k + 1.0, beta)))
    x = Axis(0.0, float(n), "step", ((0.0, "1"), (float(n), str(n))))
    y = Axis(0.0, top, "", tuple((top * part, f"{top * part:.2g}") for part in (0.0, 0.5, 1.0)))
    alt = f"Stairs of {n} steps: the variance added by the first is {betas[0]:.2g}, by the last {betas[-1]:.2g}."
    return chart([Curve(stairs, "accent", "variance added (beta)", area=True)], x, y, alt)


def tallest(frames: Sequence[Shown]) -> float:
    """The height that all histograms are drawn to."""
    bars = (bar for frame in frames for some_bars in (frame.bars, *frame.channels) for bar in some_bars)
    return min(TALLEST, max(0.5, 1.05 * max(bars)))


def histogram(frame: Shown, picture: Shown, top: float, *, names: bool = True) -> Drawing:
    """How often each value occurs, in all and in each colour, and the bell curve that the schedule predicts.

    Args:
        frame: the moment.
        picture: the moment without noise.
        top: height of the chart.
        names: draw the legend; without it the time stands there.
    """
    edges = [(k - BINS / 2) * BIN for k in range(BINS + 1)]
    stairs = tuple(
        point
        for k, bar in enumerate(frame.bars)
        for point in ((edges[k], min(bar, top)), (edges[k + 1], min(bar, top)))
    )
    curves = [Curve(stairs, "fill", "all values" if names else "", area=True)]
    for (_, colour), bars in zip(CHANNELS, frame.channels, strict=True):
        centres = ((k - BINS / 2 + 0.5) * BIN for k in range(BINS))
        curves.append(Curve(tuple(zip(centres, bars, strict=True)), colour, width=1.2))
    mean, variance = frame.level.bell(picture.mean, picture.variance)
    if variance > FLAT:
        bell = zip(edges, normal_density(mean, variance, edges), strict=True)
        curves.append(Curve(tuple(bell), "ink", "bell curve" if names else "", dashed=True))
    y = Axis(0.0, top, "" if names else f"t = {frame.level.t:.2f}", ((0.0, ""),))
    alt = (
        f"Histogram of the values at t = {frame.level.t:.2f}: mean {frame.mean:.2f}, standard deviation"
        f" {frame.variance**0.5:.2f}; the formula predicts {mean:.2f} and {variance**0.5:.2f}."
    )
    return chart(curves, VALUES, y, alt, names=names, height=HEIGHT if names else LOW)


def some(fog: Fog) -> list[Shown]:
    """The moments of a strip."""
    steps = told_apart(fog.levels)
    return [frame for frame in fog.frames if frame.level.step in steps]


def histograms(fog: Fog) -> Drawing:
    """The histograms of the moments of a strip, side by side."""
    top = tallest(fog.frames)
    return tiled([histogram(frame, fog.frames[0], top, names=False) for frame in some(fog)], 3, "histograms")


def walked(fog: Fog) -> list[int]:
    """The states between which arrows are drawn."""
    return spread(fog.steps, MOST_ARROWS)


def walks(fog: Fog, names: Sequence[str]) -> list[Walk]:
    """The followed pixels as paths through the space of colours, as they are shown."""
    states, start = walked(fog), fog.walk[0].tolist()
    out = list[Walk]()
    for number, name in enumerate(names):
        spots = [spot(fog.walk[k, number].tolist(), 1 / fog.levels[k].reach) for k in states]
        pull = [spot(start[number], fog.levels[k].alpha / fog.levels[k].reach) for k in states]
        out.append(Walk(name, tuple(spots), tuple(pull)))
    return out


def spot(values: Sequence[float], factor: float) -> Spot:
    """Three values, each times ``factor``."""
    red, green, blue = (value * factor for value in values)
    return red, green, blue


def channels(fog: Fog) -> Drawing:
    """Red, green and blue of the first followed pixel over time, and where each would be without chance."""
    reach = torch.tensor([level.reach for level in fog.levels])
    values = (fog.walk[:, 0] / reach[:, None]).tolist()
    far = max(1.5, 1.08 * max(abs(v) for row in values for v in row))
    y = Axis(-far, far, "value", ((-1.0, "-1"), (0.0, "0"), (1.0, "1")))
    curves = list[Curve]()
    for c, (name, colour) in enumerate(CHANNELS):
        start = values[0][c]
        pull = tuple((one.t, start * one.alpha / one.reach) for one in fog.levels)
        path = tuple((one.t, row[c]) for one, row in zip(fog.levels, values, strict=True))
        curves += [Curve(pull, colour, dashed=True), Curve(path, colour, name)]
    alt = (
        "Three jagged curves over time, the red, green and blue value of the first pixel: they start at "
        + ", ".join(f"{v:.2f}" for v in values[0])
        + " and wander; dashed curves, where they would be without chance, run smoothly towards 0."
    )
    return chart(curves, TIME, y, alt)
