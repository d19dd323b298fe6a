"""Does a model draw something new, or what it was trained on? Distances of its pictures to the training renders.

    d1, d2      distance to the nearest training render, and to the second nearest
    threshold   the 1st percentile of d1 over renders that were held out of training: nearer than chance brings them
    copied      share of pictures with d1 below it: 1 % for a model as new as held-out renders
    ratio       median d1 / d2: far below 1 where one render was copied, near 1 where many are equally far
    authentic   share of pictures farther from their nearest training render than that is from the other renders
                (Alaa et al. 2022, section 3.3)

Distances are taken on pixels (root mean square of means of 4 x 4 pixels, colours and alpha; the smallest over shifts of
up to 2 pixels) and on features (Euclidean). Only the renders searched can be found again: their number belongs
to the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from unfog.evaluate.faithfulness import Share, wilson

CELLS = 16  # a side
SHIFTS = (-2, -1, 0, 1, 2)  # pixels, along both axes
PERCENTILE = 0.01
TOGETHER = 256


@dataclass(frozen=True)
class Nearest:
    """For every picture the distance to its nearest and second nearest training render, and which is the nearest."""

    d1: Float[Tensor, " n"]
    d2: Float[Tensor, " n"]
    at: Int64[Tensor, " n"]


@dataclass(frozen=True)
class Leak:
    """What the distances of a model's pictures say beside those of held-out renders; see the module docstring."""

    copied: Share
    threshold: float
    ratio: float
    ratio_held: float
    authentic: Share
    authentic_held: Share


def cells(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d"]:
    """Pictures as means of cells; the distance of two rows is their root mean square difference."""
    small = F.adaptive_avg_pool2d(x.clamp(-1, 1), CELLS).flatten(1)
    return small / small.shape[1] ** 0.5


def shifted(x: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b d"]]:
    """The cells of pictures under every shift; what moves in repeats the edge."""
    reach = max(SHIFTS)
    h, w = x.shape[2:]
    padded = F.pad(x, (reach,) * 4, mode="replicate")
    return [
        cells(padded[:, :, reach + dy : reach + dy + h, reach + dx : reach + dx + w]) for dy in SHIFTS for dx in SHIFTS
    ]


def nearest(
    queries: list[Float[Tensor, "n d"]], pool: Float[Tensor, "m d"], apart: Int64[Tensor, " n"] | None = None
) -> Nearest:
    """Nearest rows of ``pool``; each query may come in several forms (shifts), and the nearest form counts.

    Args:
        apart: for every query a row of the pool that is no answer.

    Raises:
        ValueError: a pool of fewer than three.
    """
    if len(pool) < 3:
        raise ValueError(f"at least 3 training renders are needed, got {len(pool)}")
    parts = list[tuple[Tensor, Tensor]]()
    for first in range(0, len(queries[0]), TOGETHER):
        forms = (torch.cdist(q[first : first + TOGETHER], pool) for q in queries)
        away = reduce(torch.minimum, forms)
        if apart is not None:
            away[torch.arange(len(away)), apart[first : first + TOGETHER]] = torch.inf
        values, at = away.topk(2, dim=1, largest=False)
        parts.append((values, at[:, 0]))
    values, at = (torch.cat(column) for column in zip(*parts, strict=True))
    return Nearest(values[:, 0], values[:, 1], at)


def between(pool: Float[Tensor, "m d"], rows: Int64[Tensor, " k"]) -> Float[Tensor, " m"]:
    """Distance of these training renders from the nearest other one; NaN for the others, which nobody asks about."""
    out = torch.full((len(pool),), torch.nan)
    rows = rows.unique()
    out[rows] = nearest([pool[rows]], pool, apart=rows).d1
    return out


def leak(drawn: Nearest, held: Nearest, pool: Float[Tensor, "m d"]) -> Leak:
    """The measures of a model's pictures and of held-out renders, both found in ``pool``."""
    gaps = between(pool, torch.cat([drawn.at, held.at]))
    threshold = torch.quantile(held.d1.double(), PERCENTILE).item()
    return Leak(
        copied=wilson(int((drawn.d1.double() < threshold).sum()), len(drawn.d1)),
        threshold=threshold,
        ratio=_ratio(drawn),
        ratio_held=_ratio(held),
        authentic=_authentic(drawn, gaps),
        authentic_held=_authentic(held, gaps),
    )


def _ratio(found: Nearest) -> float:
    return (found.d1 / found.d2.clamp(min=1e-9)).median().item()


def _authentic(found: Nearest, gaps: Float[Tensor, " m"]) -> Share:
    return wilson(int((found.d1 > gaps[found.at]).sum()), len(found.d1))
