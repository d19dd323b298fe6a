"""Watching a picture turn into noise: what is kept of the chain to be shown (``explain/fog.py`` has the numbers)."""

from __future__ import annotations

import io
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.core.process import Process
from unfog.explain.fog import Level, chain, density, leap, levels, times
from unfog.media.image import picture_of, to_uint8
from unfog.util.random import Draw, Noise

MOST_FRAMES = 20  # besides the picture itself
STRIP = 5  # likewise, in one row
MOST_ARROWS = 40
LEAP = 0  # number of the noise that leaps; the steps of the chain count from 1
WEBP_QUALITY = 88


@dataclass(frozen=True)
class Shown:
    """One moment: the picture as a screen shows it, and mean and variance of its values.

    Args:
        level: what the schedule says about the moment.
        pixels: the picture, 0..255.
        bars: of the histogram of all values.
        channels: likewise of red, green and blue alone.
        mean: of all values.
        variance: likewise.
    """

    level: Level
    pixels: UInt8[Tensor, "3 h w"]
    bars: list[float]
    channels: list[list[float]]
    mean: float
    variance: float


@dataclass(frozen=True)
class Fog:
    """A picture on its way to noise.

    Args:
        process: the forward process.
        levels: of all T + 1 states.
        frames: those that are shown, the picture first, noise last.
        walk: values of the followed pixels in all states, in the order of ``places``.
        places: rows and columns of the followed pixels.
        leap: a state of the chain, reached at once.
        met: the same state as the chain has it.
    """

    process: Process
    levels: list[Level]
    frames: list[Shown]
    walk: Float[Tensor, "states pixels 3"]
    places: list[tuple[int, int]]
    leap: Shown
    met: Shown

    @property
    def steps(self) -> int:
        return len(self.levels) - 1


def watch(
    process: Process, x0: Float[Tensor, "3 h w"], *, steps: int, seed: int, places: Sequence[tuple[int, int]]
) -> Generator[tuple[int, int], None, Fog]:
    """Run the chain once and keep what is shown; yields (steps done, steps).

    Args:
        process: the forward process.
        x0: the picture, [-1, 1].
        steps: T.
        seed: of all noise.
        places: rows and columns of the pixels that are followed.
    """
    ts = times(steps)
    all_levels, noise = levels(process, ts), Noise((seed,), tuple(x0.shape))
    kept, even = {*spread(steps, MOST_FRAMES), *told_apart(all_levels)}, balanced(all_levels)
    frames, walk, met = list[Shown](), list[Tensor](), None
    rows, columns = [row for row, _ in places], [column for _, column in places]
    for k, x in enumerate(chain(process, x0, ts, lambda k: noise(k, Draw.FOG)[0])):
        walk.append(x[:, rows, columns].T)
        if k in kept:
            frames.append(shown(x, all_levels[k]))
        if k == even:
            met = shown(x, all_levels[k])
        yield k, steps
    at = all_levels[even]
    leapt = shown(leap(process, x0, at.t, noise(LEAP, Draw.FOG)[0]), at)
    assert met is not None
    return Fog(process, all_levels, frames, torch.stack(walk), list(places), leapt, met)


def shown(x: Float[Tensor, "3 h w"], level: Level) -> Shown:
    """A state as it is shown."""
    x = x / level.reach
    exact = x.double()
    return Shown(
        level, to_uint8(x), density(x), [density(c) for c in x], exact.mean().item(), exact.var(correction=0).item()
    )


def spread(last: int, most: int) -> list[int]:
    """At most ``most`` + 1 whole numbers from 0 to ``last``, both included, as even as can be."""
    parts = min(last, most)
    return [round(k * last / parts) for k in range(parts + 1)]


def told_apart(all_levels: Sequence[Level]) -> list[int]:
    """At most ``STRIP`` + 1 states, the ends included, between which an eye sees as much change.

    The angle arctan(sigma / alpha), 0 for a picture and a quarter turn for noise, grows as evenly as can be.
    """
    angles = [math.atan2(level.sigma, level.alpha) for level in all_levels]
    wanted = [angles[-1] * part / STRIP for part in range(STRIP + 1)]
    return sorted({min(range(len(angles)), key=lambda k, a=angle: abs(angles[k] - a)) for angle in wanted})


def balanced(all_levels: Sequence[Level]) -> int:
    """The inner state in which picture and noise are most nearly as strong."""
    return min(range(1, len(all_levels) - 1), key=lambda k: abs(all_levels[k].decibels))


def webp(pixels: UInt8[Tensor, "3 h w"]) -> bytes:
    """A picture as a small file for a page."""
    out = io.BytesIO()
    picture_of(pixels).save(out, format="WEBP", quality=WEBP_QUALITY, method=4)
    return out.getvalue()
