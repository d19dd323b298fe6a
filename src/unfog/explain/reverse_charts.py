"""The curves of a picture that comes out of noise: where its steps lie, and how wrong the guess is at each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from unfog.core.process import Process
from unfog.explain.chart import Axis, Curve, chart
from unfog.explain.drawing import Drawing
from unfog.explain.forward_figures import GRID, SNR_LIMIT, TIME
from unfog.explain.reverse import Moment


def decibels(moment: Moment) -> float:
    """10 log10 of the signal-to-noise ratio; -inf where there is no picture at all."""
    return 10 * math.log10(moment.snr) if moment.snr > 0 else -math.inf


def places(process: Process, moments: Sequence[Moment]) -> Drawing:
    """The signal-to-noise ratio over time, a line up to it for every step that is shown."""
    ts = torch.linspace(0, 1, GRID + 1, dtype=torch.float64)[1:]
    values = (20 / math.log(10) * process.lam(ts)).tolist()
    y = Axis(-SNR_LIMIT, SNR_LIMIT, "decibels", ((-40.0, "-40"), (0.0, "0"), (40.0, "40")))
    stems = [Curve(((one.t, -SNR_LIMIT), (one.t, decibels(one))), "second") for one in moments]
    line = Curve(tuple(zip(ts.tolist(), values, strict=True)), "accent", "signal-to-noise ratio")
    even = Curve(((0.0, 0.0), (1.0, 0.0)), "soft", dashed=True)
    alt = (
        "The signal-to-noise ratio falls from left, the picture, to right, pure noise. Upright lines mark the steps,"
        f" from t = {moments[0].t:.2f} to t = {moments[-1].t:.2f}."
    )
    return chart([even, *stems, line], TIME, y, alt)


def errors(moments: Sequence[Moment], distances: Sequence[float], steps: int) -> Drawing:
    """How far the guess is from the finished picture, step by step."""
    top = max(*distances, 1e-6)
    x = Axis(1.0, float(max(steps, 2)), "step", ((1.0, "1"), (float(max(steps, 2)), str(steps))))
    y = Axis(0.0, top, "", tuple((top * part, f"{top * part:.2g}") for part in (0.0, 0.5, 1.0)))
    points = tuple((one.index + 1.0, d) for one, d in zip(moments, distances, strict=True))
    stems = [Curve(((k, 0.0), (k, d)), "second") for k, d in points]
    alt = f"The distance of the guess from the finished picture goes from {distances[0]:.2f} to {distances[-1]:.2f}."
    return chart([*stems, Curve(points, "accent", "distance from the finished picture")], x, y, alt)
