"""Read the background of a picture: what kind it is, in which colour, and what the picture would be without objects.

Every background of the procedural scenes is ``(1 - w(p)) a + w(p) b`` with one of five known weight maps ``w`` (none,
top to bottom, level or upright stripes, squares) and two tones ``a, b``. Objects keep away from the picture's border,
so the tones of each map are fitted there, robustly; the map with the smallest residual is the kind, and the colour is
the one whose tones are nearest in CIELAB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from unfog.data.scenes_layout import BORDER, SIDE, Background, Scene
from unfog.data.scenes_palette import COLOURS, PATTERN_COLOURS, Kind, lab, palette_lab, tones
from unfog.data.scenes_render import render

MAPS: tuple[Background, ...] = (
    Background("plain", "blue"),
    Background("gradient", "blue"),
    Background("striped", "blue", upright=False),
    Background("striped", "blue", upright=True),
    Background("checkered", "blue"),
)
KINDS: tuple[Kind, ...] = tuple(m.kind for m in MAPS)
ROUNDS = 6  # of reweighting
OUTLIER = 0.15  # residual (of channels in 0..1, Euclidean) from which a pixel tells no more about the fit
GAIN = 0.6  # a pattern is believed if it explains this share better than a plain background does
FAINTEST = 0.1  # distance of the two tones below which a pattern is none; the weakest there is has 0.24
REACH = 20.0  # delta E within which a colour has a name: half of the palette's separation
PATTERN_REACH = 15.0  # likewise, for both tones of a pattern
MEDIAN_NORM = 1.538  # median length of a standard normal vector with three entries


@dataclass(frozen=True)
class Grounds:
    """Backgrounds of a batch of pictures; colours in 0..1.

    Fields:
        which: index into ``MAPS``.
        tones: the two tones ``a, b`` (equal for a plain one).
        picture: the picture without its objects.
        noise: standard deviation per channel of what the fit leaves.
    """

    which: Int64[Tensor, " b"]
    tones: Float[Tensor, "b 2 3"]
    picture: Float[Tensor, "b 3 side side"]
    noise: Float[Tensor, " b"]


@cache
def weights(side: int) -> Float[Tensor, "5 side side"]:
    """Weight ``w`` of the second tone for every map, read off the renderer itself."""
    drawn = (render([Scene(m, ()) for m in MAPS], side)[:, 0] + 1) * 127.5  # (5, side, side), red channel 0..255
    ends = torch.tensor([[t[0] for t in tones(m.kind, m.colour)] for m in MAPS])  # (5, 2)
    first, second = ends[:, :1, None], ends[:, 1:, None]
    plain = torch.tensor([m.kind == "plain" for m in MAPS])[:, None, None]
    return torch.where(plain, 0.0, (drawn - first) / torch.where(plain, 1.0, second - first))


@cache
def ring(side: int, border: float = BORDER) -> Bool[Tensor, "side side"]:
    """The border that objects leave free, at least one pixel of it."""
    width = max(1, int(border * side / SIDE))
    out = torch.ones(side, side, dtype=torch.bool)
    out[width : side - width, width : side - width] = False
    return out


def length(x: Tensor, dim: int) -> Tensor:
    """Euclidean length along an axis (torch's own norm is ten times slower along a short one)."""
    return x.square().sum(dim=dim).sqrt()


def _solve(
    x: Float[Tensor, "b 3 n"], basis: Float[Tensor, "*b m 2 n"], trust: Float[Tensor, "b m n"]
) -> Float[Tensor, "b m 2 3"]:
    """The two tones of weighted least squares; a hair of ridge keeps a basis function that is zero at zero."""
    held = basis * trust[:, :, None]
    gram = held @ basis.transpose(-1, -2) + 1e-4 * torch.eye(2)
    return torch.linalg.solve(gram, held @ x[:, None].transpose(-1, -2))


def _fit(
    x: Float[Tensor, "b 3 n"], basis: Float[Tensor, "*b m 2 n"], free: Float[Tensor, "b n"]
) -> tuple[Float[Tensor, "b m 2 3"], Float[Tensor, "b m n"]]:
    """Tones of every map that minimise the summed distance of the free pixels from the fit, and every pixel's distance.

    Weights 1/distance make least squares minimise distances (Weiszfeld 1937): what sticks out hardly counts.
    """
    trust = free[:, None].expand(-1, basis.shape[-3], -1)
    for _ in range(ROUNDS):
        fitted = _solve(x, basis, trust)
        away = length(x[:, None] - fitted.transpose(-1, -2) @ basis, 2)  # (b, m, n)
        trust = free[:, None] / away.clamp(min=0.02)
    return fitted, away


def read(x: Float[Tensor, "b 3 side side"], border: float = BORDER) -> Grounds:
    """The backgrounds of pictures in 0..1, from what objects leave free at the edge, in 1/32 of the side."""
    side = x.shape[-1]
    at = ring(side, border)
    w = weights(side)[:, at]  # (5, n)
    fitted, away = _fit(x[:, :, at], torch.stack([1 - w, w], dim=1), torch.ones(len(x), int(at.sum())))
    score = away.clamp(max=OUTLIER).square().mean(dim=2)  # (b, 5)
    contrast = (fitted[:, :, 0] - fitted[:, :, 1]).norm(dim=-1)
    score[:, 1:] = torch.where(contrast[:, 1:] >= FAINTEST, score[:, 1:] / GAIN, torch.inf)
    which = score.argmin(dim=1)
    return _grounds(which, fitted[torch.arange(len(x)), which], away[torch.arange(len(x)), which], side)


def refine(
    x: Float[Tensor, "b 3 side side"], found: Grounds, free: Bool[Tensor, "b side side"], border: float = BORDER
) -> Grounds:
    """The same kinds, tones from all pixels marked ``free`` of objects (and from the border)."""
    side = x.shape[-1]
    w = weights(side)[found.which].flatten(1)  # (b, n)
    basis = torch.stack([1 - w, w], dim=1)[:, None]  # (b, 1, 2, n)
    held = (free | ring(side, border)).flatten(1)
    fitted, away = _fit(x.flatten(2), basis, held.float())
    return _grounds(found.which, fitted[:, 0], torch.where(held, away[:, 0], torch.nan), side)


def _grounds(
    which: Int64[Tensor, " b"], fitted: Float[Tensor, "b 2 3"], away: Float[Tensor, "b n"], side: int
) -> Grounds:
    pair = torch.where((which == 0)[:, None, None], fitted[:, :1], fitted)
    w = weights(side)[which][:, None]  # (b, 1, side, side)
    picture = pair[:, 0, :, None, None] * (1 - w) + pair[:, 1, :, None, None] * w
    return Grounds(which, pair, picture, away.nanmedian(dim=1).values / MEDIAN_NORM)


def nearest_colours(rgb: Float[Tensor, "n 3"]) -> list[str | None]:
    """The palette's names for colours in 0..1; ``None`` for one that lies between names."""
    away, best = torch.cdist(lab(rgb.clamp(0, 1)), palette_lab()).min(dim=1)
    return [COLOURS[k] if d <= REACH else None for k, d in zip(best.tolist(), away.tolist(), strict=True)]


@cache
def _pattern_lab(kind: Kind) -> Float[Tensor, "6 2 3"]:
    return lab(torch.tensor([tones(kind, c) for c in PATTERN_COLOURS]) / 255)


def ground_names(found: Grounds) -> list[tuple[Kind, str | None]]:
    """Kind and colour of every background; a colour too far from all that exist has no name."""
    out = [
        (KINDS[which], colour)
        for which, colour in zip(found.which.tolist(), nearest_colours(found.tones[:, 0]), strict=True)
    ]
    for k, (kind, _) in enumerate(out):
        if kind == "plain":
            continue
        away, best = (_pattern_lab(kind) - lab(found.tones[k].clamp(0, 1))).norm(dim=-1).amax(dim=1).min(dim=0)
        out[k] = (kind, PATTERN_COLOURS[int(best)] if away <= PATTERN_REACH else None)
    return out
