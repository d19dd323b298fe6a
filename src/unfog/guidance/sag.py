"""Self-attention guidance (Hong et al. 2023): away from what the network would see if its salient parts were blurred.

The salient cells are those that receive more than their share of the self-attention A of a middle block, in the
unconditional pass (what a cell receives is 1 on average):

    M = 1[ mean over heads, sum over queries of A > 1 ],  enlarged to the size of x by repetition

    blurred   b = (1 - M) D_u + M blur(D_u)                              D_u = D(x, t, uncond)
    noised    x~ = alpha b + sigma eps_u = x + alpha (b - D_u)             the same, predicted, noise again
    degraded  D~ = D(x~, t, uncond)

Guidance acts on the noise, eps = eps_guided + scale (eps_u - eps~) with eps~ = (x~ - alpha D~)/sigma; in x0, exactly

    D = D_guided + scale (b - D~)

with no division left, so it holds at alpha = 0 as everywhere. The blur is a Gaussian of 1 pixel in a picture of 64, cut
at 4 deviations (9 taps), and scales with the picture. It costs two evaluations per step on top of the guided one.
Without classifier-free guidance give the condition itself as ``uncond``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.util.errors import UsageError
from unfog.util.shapes import like

CORE = tuple(f"core.{i}.self" for i in range(256))
LEAST = 0.5  # cells; a narrower Gaussian leaves everything as it is


def sag(
    guided: Denoise,
    denoiser: Watched,
    uncond: Cond,
    scale: float,
    *,
    process: Process,
    site: str | None = None,
    stride: int | None = None,
    blur_px: float = 1.0,
    seen: dict[str, Tensor] | None = None,
) -> Denoise:
    """Add self-attention guidance of strength ``scale`` (0: none; 0.75 to 1 is usual) to ``guided``.

    Args:
        guided: the denoiser to improve, with whatever guidance it has.
        denoiser: gives D_u, its attention, and the degraded estimate.
        uncond: the empty (or negative) conditioning, one row or one per sample.
        process: the forward process of ``denoiser``.
        site: self-attention to look at; ``None``: the middle one of the core, for which all of them are recorded.
        stride: side of an attention cell in pixels of ``x``; ``None``: the power of two that gives the number of cells.
        blur_px: standard deviation of the blur, in pixels of a picture whose shorter side is 64, at most 8; of what
            has few cells, as latents have, it is half a cell at least.
        seen: if given, every call leaves there its mask as ``"mask"``, ``(b, 1, *space)``, values 0 and 1, and b as
            ``"blurred"``, shaped like ``x``.

    Raises:
        UsageError: ``scale`` is negative or ``blur_px`` out of range; when called: no such site, or a stride that
            does not fit its number of cells.
    """
    if not scale >= 0:
        raise UsageError(f"the scale of self-attention guidance must be 0 or more, got {scale}")
    if not 0 < blur_px <= 8:
        raise UsageError(
            f"the blur of self-attention guidance must be above 0 and at most 8 pixels of 64, got {blur_px}"
        )
    sites = CORE if site is None else (site,)

    def steered(x: Tensor, t: Tensor) -> Tensor:
        nothing = uncond.expand(x.shape[0])
        probe = Probe(frozenset(sites))
        plain = denoiser(x, t, nothing, probe)
        mask = salient(_middle(probe.maps, sites), x.shape[2:], stride)[:, None].to(x)
        blurred = plain + mask * (blur(plain, max(LEAST, blur_px * min(x.shape[2:]) / 64)) - plain)
        if seen is not None:
            seen.update(mask=mask, blurred=blurred)
        noised = x + like(process.alpha(t), x).to(x) * (blurred - plain)
        return guided(x, t) + scale * (blurred - denoiser(noised, t, nothing))

    return guided if scale == 0 else steered


def salient(
    attention: Float[Tensor, "b heads n n"], space: Sequence[int], stride: int | None = None
) -> Bool[Tensor, "b *space"]:
    """Where attention exceeds its average, on the pixels of ``space``.

    Raises:
        UsageError: cells of side ``stride`` (or of any power of two, if ``None``) do not cover ``space`` n times.
    """
    received = attention.mean(1).sum(1)  # (b, n)
    n = received.shape[1]
    tried = [2**k for k in range(max(space).bit_length() + 1)] if stride is None else [stride]
    side = next((side for side in tried if math.prod(-(-length // side) for length in space) == n), None)
    if side is None:
        raise UsageError(
            f"{n} attention cells do not tile {tuple(space)} with stride {stride}: give the network's stride"
        )
    mask = (received > 1).reshape(-1, *(-(-length // side) for length in space))
    for axis, length in enumerate(space, start=1):
        mask = mask.repeat_interleave(side, axis).narrow(axis, 0, length)
    return mask


def blur(x: Float[Tensor, "b c *space"], deviation: float) -> Float[Tensor, "b c *space"]:
    """Gaussian blur of standard deviation ``deviation`` pixels along every spatial axis, mirrored at the borders."""
    radius = math.ceil(4 * deviation)
    taps = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (taps / deviation) ** 2)
    kernel = (kernel / kernel.sum())[None, None]
    for axis in (axis for axis in range(2, x.ndim) if x.shape[axis] > 1):
        rows = x.movedim(axis, -1)
        lines = F.pad(rows.reshape(-1, 1, rows.shape[-1]), (radius, radius), mode="reflect")
        x = F.conv1d(lines, kernel).reshape(rows.shape).movedim(-1, axis)
    return x


def _middle(maps: dict[str, Tensor], sites: Sequence[str]) -> Tensor:
    """The map of the middle one of the sites that reported.

    Raises:
        UsageError: none did.
    """
    found = [site for site in sites if site in maps]
    if not found:
        raise UsageError(f"self-attention guidance found no attention at {sites[0]!r}: the network has no such site")
    return maps[found[len(found) // 2]]
