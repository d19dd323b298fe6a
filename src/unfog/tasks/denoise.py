"""A noisy picture made clean: it is a state of the reverse process already, so the process is entered there.

A picture y = x0 + s n with white noise of deviation s (in units of [-1, 1], 2/255 of one in units of 255) is, times
alpha, the state of the forward process at the time where sigma/alpha = s:

    alpha y = alpha x0 + sigma n = x_t

So one evaluation, D(alpha y, t) = E[x0 | y], is the estimate of least mean square error, and the reverse SDE from there
to 0 draws from the posterior p(x0 | y): pictures that could lie under the noise, of which the deviation in every pixel
says how uncertain it is. (The reverse ODE would give one picture only, whatever the seed.) The sampler is DPM++ 2M SDE:
on Gaussian data, whose posterior is known, its spread after 12 steps is 0.97 to 1.00 of the true one, after 6 steps
0.90, where the ancestral samplers of first order reach 0.78 to 0.83 and 0.58 to 0.66.

Only models of pixels can do that: noise of pixels is no white noise of latents. Pictures larger than what the model was
trained on go through overlapping windows (``guidance/windows.py``), smaller ones are continued by reflection. The mean
can be taken over several views of every window (``guidance/views.py``), which then overlap by a quarter instead of
half: on six photographs four views are worth 0.15 to 0.18 dB for 2.7 times the time.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.codec.identity import Identity
from unfog.core.denoiser import Denoise, bound
from unfog.core.process import Process
from unfog.guidance.views import viewed
from unfog.guidance.windows import count, one_after_another, returned, windowed
from unfog.model.model import Model
from unfog.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from unfog.samplers.step import Step, node_at
from unfog.tasks.generate import Tally, counted, one_by_one
from unfog.util.errors import UsageError
from unfog.util.random import Noise

LAST = 0.01  # sigma/alpha of the last node before 0: a step and a half of 255
ENTRIES = 1025  # of the table of cut means
UNIT = 127.5  # units of 255 in one of [-1, 1]


@torch.no_grad()
def posterior_mean(
    model: Model,
    y: Float[Tensor, "b c h w"],
    sigma: float,
    *,
    views: int = 1,
    prompt: str = "",
    tally: Tally | None = None,
) -> Float[Tensor, "b c h w"]:
    """E[x0 | y]: noisy pictures in [-1, 1] (or beyond, if noise was not cut off) with the noise taken away.

    Args:
        model: of pixels, in evaluation mode.
        y: of any size.
        sigma: deviation of the noise in units of 255; 0 gives the pictures back.
        views: 1, 2, 4 or 8, over which the mean is taken.
        prompt: what they show, if the model knows words.
        tally: counts network evaluations.

    Raises:
        UsageError: a model of latents or of other channels, other views, or a sigma that the process does not reach.
    """
    return returned(mean_in_parts(model, y, sigma, views=views, prompt=prompt, tally=tally))


@torch.no_grad()
def mean_in_parts(
    model: Model,
    y: Float[Tensor, "b c h w"],
    sigma: float,
    *,
    views: int = 1,
    prompt: str = "",
    tally: Tally | None = None,
) -> Generator[None, None, Float[Tensor, "b c h w"]]:
    """``posterior_mean``, stopping between two of the windows that a large picture has (``parts``)."""
    check(model, y, sigma)
    if sigma == 0:
        return y
    process, side = model.denoiser.process, model.config.picture.size
    t = entry(process, sigma)
    x, ts = process.alpha(t).to(y) * covered(model, y), t.to(y).expand(y.shape[0])
    denoise = viewed(of_window(model, prompt, tally or Tally()), views)
    made = yield from one_after_another(denoise, x, ts, side, overlap(side, views))
    return uncovered(made, y.shape[2:])


def parts(space: Sequence[int], side: int, views: int) -> int:
    """In how many parts the mean of a picture of these sides is found, by a model of pictures of ``side``."""
    return count(space, side, overlap(side, views))


@torch.no_grad()
def posterior_samples(
    model: Model,
    y: Float[Tensor, "1 c h w"],
    sigma: float,
    seeds: Sequence[int],
    *,
    steps: int = 12,
    prompt: str = "",
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Pictures that could lie under the noise of one, a seed each, yielding every step; the last ``x`` are they.

    Arguments and errors as in ``posterior_mean``, but that ``sigma`` must be above 0; ``x`` is as large as ``y``.
    """
    check(model, y, sigma)
    if sigma == 0 or y.shape[0] != 1 or not seeds:
        raise UsageError(f"samples need one picture with noise and seeds, got {y.shape[0]}, {sigma} and {len(seeds)}")
    process = model.denoiser.process
    ts = way(process, sigma, steps)
    whole = covered(model, y)
    start = (process.alpha(ts[:1]).to(y) * whole).expand(len(seeds), *whole.shape[1:])
    noise = Noise(tuple(seeds), tuple(whole.shape[1:]), device=y.device)
    for step in dpmpp_2m_sde(on_canvas(model, prompt, tally or Tally()), process, start, ts, noise=noise):
        yield Step(step.index, uncovered(step.x, y.shape[2:]), uncovered(step.x0, y.shape[2:]), step.t, step.s)


def uncertainty(samples: Float[Tensor, "n c h w"]) -> Float[Tensor, "1 h w"]:
    """Deviation of samples of the posterior in every pixel, in units of 255, its root mean square over the channels.

    Raises:
        UsageError: fewer than two samples.
    """
    if samples.shape[0] < 2:
        raise UsageError(f"uncertainty is the spread of samples: ask for 2 or more, not {samples.shape[0]}")
    return samples.var(0).mean(0, keepdim=True).sqrt() * UNIT


def unclipped(x0: Float[Tensor, "*shape"], sigma: float) -> Float[Tensor, "*shape"]:
    """Estimates from a noisy file, whose values were cut to 0..255, with what the cutting did to their mean undone.

    Noise of deviation s on a value m near an end is cut on one side, so its mean moves inwards: white paper turns grey.

        E[clip(m + s n)] = (1 - Phi(b)) - Phi(a) + m (Phi(b) - Phi(a)) + s (phi(a) - phi(b)),   a, b = (-+1 - m)/s

    rises with m, so it can be looked up backwards; exact where a picture is flat.

    Args:
        x0: in [-1, 1]; sigma: in units of 255.
    """
    if sigma == 0:
        return x0
    s = sigma / UNIT
    m = torch.linspace(-1, 1, ENTRIES, dtype=torch.float64)
    a, b = (-1 - m) / s, (1 - m) / s
    below, above = torch.special.ndtr(a), torch.special.ndtr(b)
    bell = (torch.exp(-a.square() / 2) - torch.exp(-b.square() / 2)) / math.sqrt(2 * math.pi)
    seen = (1 - above) - below + m * (above - below) + s * bell
    flat = x0.double().flatten().cpu()
    at = torch.searchsorted(seen, flat).clamp(1, ENTRIES - 1)
    share = ((flat - seen[at - 1]) / (seen[at] - seen[at - 1])).clamp(0, 1)
    return torch.lerp(m[at - 1], m[at], share).reshape(x0.shape).to(x0)


def residual(y: Float[Tensor, "b c h w"], x0: Float[Tensor, "b c h w"]) -> float:
    """Deviation of what was taken away, in units of 255: near sigma if it was noise, and all of it."""
    return (y - x0).std().item() * UNIT


def entry(process: Process, sigma: float) -> Float64[Tensor, " 1"]:
    """The time at which sigma/alpha is ``sigma``, in units of 255.

    Raises:
        UsageError: the process does not reach it.
    """
    top = math.exp(-process.lam(torch.ones(1, dtype=torch.float64)).item()) * UNIT
    if not 0 < sigma <= top:
        raise UsageError(f"the noise level must be above 0 and at most {top:g} of 255 for this model, got {sigma:g}")
    return process.time_at(torch.tensor([-math.log(sigma / UNIT)], dtype=torch.float64))


def way(process: Process, sigma: float, steps: int) -> Float64[Tensor, " nodes"]:
    """Times from that of ``sigma`` to 0, at equal steps of lam down to ``LAST``.

    Raises:
        UsageError: ``steps`` below 1, or as ``entry``.
    """
    if steps < 1:
        raise UsageError(f"steps must be 1 or more, got {steps}")
    first = entry(process, sigma)
    if steps == 1 or sigma / UNIT <= LAST:
        return torch.cat([first, first.new_zeros(1)])
    lams = torch.linspace(-math.log(sigma / UNIT), -math.log(LAST), steps, dtype=torch.float64)
    times = [node_at(process, lam).t for lam in lams[1:].tolist()]
    return torch.cat([first, torch.tensor([*times, 0.0], dtype=torch.float64)])


def check(model: Model, y: Float[Tensor, "b c h w"], sigma: float) -> None:
    """Raises UsageError if ``model`` cannot denoise ``y``; see ``posterior_mean``."""
    if not isinstance(model.codec, Identity):
        raise UsageError(
            "this model draws latents, and noise of pixels is no white noise of latents: denoise with a model of"
            " pixels, such as one trained with --preset photo"
        )
    if y.shape[1] != model.config.picture.channels:
        raise UsageError(f"this model knows pictures of {model.config.picture.channels} channels, not {y.shape[1]}")
    if not (math.isfinite(sigma) and sigma >= 0):
        raise UsageError(f"the noise level must be 0 or more, got {sigma}")


def of_window(model: Model, prompt: str, tally: Tally) -> Denoise:
    """The conditional denoiser at the trained size; on a CPU one picture at a time, as ``tasks/generate.py``."""
    denoise = bound(counted(model.denoiser, tally), model.condition([prompt.strip()]))
    return one_by_one(denoise) if model.device.type == "cpu" else denoise


def on_canvas(model: Model, prompt: str, tally: Tally) -> Denoise:
    """The same on canvases of any size."""
    side = model.config.picture.size
    return windowed(of_window(model, prompt, tally), side, overlap(side, 1))


def overlap(side: int, views: int) -> int:
    """By how much windows of so many views overlap."""
    return side // (2 if views == 1 else 4)


def anywhere(model: Model, prompt: str, tally: Tally) -> Denoise:
    """The conditional denoiser for states of any size: windows where they are larger, continued where smaller."""
    denoise = on_canvas(model, prompt, tally)
    return lambda x, t: uncovered(denoise(covered(model, x), t), x.shape[2:])


def covered(model: Model, y: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """Pictures continued to the right and below by reflection, as often as that takes, to the size of the model."""
    side = model.config.picture.size
    while (missing := [max(0, side - length) for length in y.shape[2:]]) != [0, 0]:
        down, right = (min(m, length - 1) for m, length in zip(missing, y.shape[2:], strict=True))
        if min(y.shape[2:]) == 1:  # one row or column has nothing to be reflected
            y = F.pad(y, (0, missing[1], 0, missing[0]), mode="replicate")
        else:
            y = F.pad(y, (0, right, 0, down), mode="reflect")
    return y


def uncovered(x: Float[Tensor, "b c h2 w2"], space: Sequence[int]) -> Float[Tensor, "b c h w"]:
    """The part of ``x`` that ``covered`` did not add to a picture of these sides."""
    return x[..., : space[0], : space[1]]
