"""Text to picture: pure noise -> sampler over a guided denoiser -> decoded pixels.

The composition: condition(prompt), condition(negative) -> cfg (guides, rescale, interval) -> PAG, SEG, SLG -> SAG ->
threshold -> sampler(grid) -> decode. A prompt of several parts (``text/prompt.py``) has a condition for each, and how
they go together with the rest says ``guidance/compose.py``.

Images of one call do not influence each other: image k equals the same seed generated alone, to the last bit on a CPU.
There the arithmetic libraries choose the order of a sum by the shape of the whole batch and by each thread's share of
it, so the network is asked for one picture at a time, and every call has one shape whatever the batch. That costs a
third of the speed of a batch of four (one thread); ``exact=False`` gives it back where the last bit does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

from unfog.config.sample import Layout, SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched, bound
from unfog.core.grid import GRIDS, through
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.guidance.cfg import cfg
from unfog.guidance.compose import Composed, composed_cfg, composing
from unfog.guidance.interval import interval
from unfog.guidance.regions import Box, regional
from unfog.guidance.sag import sag
from unfog.guidance.tiling import tiled
from unfog.guidance.windows import windowed
from unfog.media.alpha import over, straight
from unfog.media.image import to_uint8
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.samplers import SAMPLERS
from unfog.samplers.ddim import ddim
from unfog.samplers.step import NoiseSource, Step
from unfog.tasks.guides import parts, pushed, ranged
from unfog.tasks.upscale import upscale
from unfog.text.prompt import Composition, parse
from unfog.util.random import Draw, Noise

Beside = Callable[[Cond], Cond]  # what the network is told besides the text


MARGIN = 4  # cells of a tile that are painted again beyond its edges


@dataclass
class Tally:
    """Rows that went through the network, counted where they happen; owned by the caller of a task."""

    rows: int = 0


def counted(denoiser: Watched, tally: Tally) -> Watched:
    """The same denoiser, counting: a guided call has two rows per image."""

    def call(x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        tally.rows += x.shape[0]
        return denoiser(x, t, cond, probe)

    return call


def guided(
    model: Model,
    prompt: str | Composition | Sequence[str],
    negative: str,
    sample: SampleConfig,
    tally: Tally,
    *,
    ts: Float64[Tensor, " nodes"] | None = None,
    beside: Beside = lambda cond: cond,
    beside_null: Beside = lambda cond: cond,
) -> Denoise:
    """The denoiser steered by a composition, by one text, or by one text per picture, as the settings say.

    A blank text is the null conditioning; without a negative one, or something told beside the text alone, there is
    then nothing to guide towards.

    Args:
        ts: the nodes that are walked, if not all of the settings.
        beside: adds to every conditioning but the one that is steered away from; beside_null: adds to that one.
    """
    negative = negative.strip()
    uncond = beside_null(model.condition([negative]))
    if isinstance(prompt, Composition):
        return steered_by(model, conditions(model, prompt, beside), uncond, sample.guidance, sample, tally, ts)
    texts = [text.strip() for text in ([prompt] if isinstance(prompt, str) else prompt)]
    cond = beside(model.condition(texts))
    told = any(texts) or negative or cond.image is not None
    return steered_by(model, cond, uncond, sample.guidance if told else 1.0, sample, tally, ts)


def conditions(model: Model, prompt: Composition, beside: Beside = lambda cond: cond) -> Composed:
    """The condition of every part with its weight."""
    parts = prompt.parts
    return Composed([beside(model.condition([part.text])) for part in parts], [part.weight for part in parts])


def steered_by(
    model: Model,
    cond: Cond | Composed,
    uncond: Cond,
    scale: float,
    sample: SampleConfig,
    tally: Tally,
    ts: Float64[Tensor, " nodes"] | None = None,
) -> Denoise:
    """The denoiser steered from one conditioning towards others, with what the settings wrap round it."""
    denoiser, process = counted(model.denoiser, tally), model.denoiser.process
    asked, mix, anchor = parts(sample, process, times(sample, process) if ts is None else ts)
    asked = asked if scale == sample.guidance else scale
    if isinstance(cond, Composed):
        steered = composed_cfg(denoiser, cond, uncond, asked, mix, anchor)
        plain, given = composing(denoiser, cond), uncond
    else:
        steered = cfg(denoiser, cond, uncond, asked, mix, anchor)
        plain, given = denoiser, cond
    if sample.interval is not None:
        steered = interval(steered, bound(plain, given), process, *sample.interval)
    steered = pushed(steered, sample, plain, given, model.config.net)
    if sample.sag:
        steered = sag(steered, denoiser, uncond if scale != 1 else given, sample.sag, process=process)
    return ranged(steered, sample)


def times(sample: SampleConfig, process: Process, *, whole: bool = True) -> Float64[Tensor, " nodes"]:
    """The nodes that the settings ask for; not ``whole``: of which a part is walked, for which none were learned."""
    if sample.nodes is not None:
        return through(process, sample.nodes)
    grid = "fitted" if sample.grid == "learned" and not whole else sample.grid
    return GRIDS[grid](process, sample.steps)


def one_by_one(denoise: Denoise) -> Denoise:
    """The same denoiser, asked for one sample at a time."""
    return lambda x, t: torch.cat([denoise(x[k : k + 1], t[k : k + 1]) for k in range(x.shape[0])])


@torch.no_grad()
def generate(
    model: Model,
    prompt: str | Composition | Sequence[str],
    seeds: Sequence[int],
    sample: SampleConfig,
    *,
    negative: str = "",
    size: tuple[int, int] | None = None,
    tally: Tally | None = None,
    exact: bool = True,
    layout: Layout | None = None,
) -> Iterator[Step]:
    """Generate ``len(seeds)`` pictures together, yielding every step; ``decode(model, step.x)`` gives pixels.

    Args:
        model: a loaded model (evaluation mode).
        prompt: what to show; "" is unconditional. A text, word for word, a composition (``text/prompt.py``), or one
            text per picture (not with ``exact`` on a CPU).
        seeds: one per picture, 0..2^64-1.
        sample: sampler, grid and guidance.
        negative: what to steer away from.
        size: (width, height) of the canvas in pixels; ``None``: the trained size.
        tally: counts network evaluations.
        exact: on a CPU, compute every picture as if it were alone (see the module docstring).
        layout: regions, windows, tiles.
    """
    tally = tally or Tally()
    denoise = guided(model, prompt, negative, sample, tally)
    if layout is not None:
        own = [guided(model, parse(region.prompt), negative, sample, tally) for region in layout.regions]
        parts = [(region.box, one) for region, one in zip(layout.regions, own, strict=True)]
        denoise = arranged(model, denoise, parts, layout)
    if exact and model.device.type == "cpu":
        assert isinstance(prompt, str | Composition) or len(prompt) == 1, (
            "pictures asked for one at a time have one prompt"
        )
        denoise = one_by_one(denoise)
    yield from walk(model, denoise, noise_of(model, seeds, size), sample)


def arranged(model: Model, denoise: Denoise, regions: Sequence[tuple[Box, Denoise]], layout: Layout) -> Denoise:
    """The denoiser of a layout from those of the whole and of its regions."""
    if layout.windows:
        side = min(model.shape()[1:])
        denoise = windowed(denoise, side)
        regions = [(box, windowed(part, side)) for box, part in regions]
    if regions:
        denoise = regional(denoise, regions)
    return tiled(denoise, model.denoiser.process) if layout.tile else denoise


def noise_of(model: Model, seeds: Sequence[int], size: tuple[int, int] | None = None) -> Noise:
    """All the noise that pictures of these seeds are made from, on a canvas of ``size`` (width, height)."""
    space = None if size is None else (size[1], size[0])
    return Noise(tuple(seeds), model.shape(space), device=model.device)


def walk(
    model: Model,
    denoise: Denoise,
    noise: NoiseSource,
    sample: SampleConfig,
    ts: Float64[Tensor, " nodes"] | None = None,
    x0: Tensor | None = None,
) -> Iterator[Step]:
    """The way of the sampler from noise to pictures, along ``ts``, or along all nodes of the settings.

    Begins with ``noise(0, Draw.INITIAL)``; of pictures that exist, ``x0``, as much is left as the first time says. No
    step is made along a single node.
    """
    process = model.denoiser.process
    ts = times(sample, process) if ts is None else ts
    if len(ts) < 2:
        return
    alpha, sigma = (float(scale) for scale in (process.alpha(ts[:1]), process.sigma(ts[:1])))
    x = noise(0, Draw.INITIAL) * sigma
    if x0 is not None and ts[0] < 1:  # the very noise where all is noise, though a schedule may end just short of it
        x = x + alpha * x0
    if sample.sampler == "ddim":
        yield from ddim(denoise, process, x, ts, eta=sample.eta, noise=noise)
    else:
        yield from SAMPLERS[sample.sampler].run(denoise, process, x, ts, noise=noise)


def decode(
    model: Model,
    x: Tensor,
    *,
    transparent: bool = False,
    canvas: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
    upscaler: Upscaler | None = None,
    tile: bool = False,
) -> UInt8[Tensor, "b c h w"]:
    """Latents of finished (or clean-estimate) pictures to 8-bit pixels; values beyond [-1, 1] are cut.

    A model that paints transparency gives RGB over white, or with ``transparent`` straight RGBA (``media/alpha.py``).

    Args:
        canvas: (width, height) that was asked for; latents may decode to a little more, which is cut off.
        size: (width, height) to enlarge to (``tasks/upscale.py``); ``None``: as painted.
        upscaler: helps with enlarging.
        tile: the picture continues at the opposite edge.

    Raises:
        DataError: ``x`` holds NaN.
    """
    if tile:
        x = around(model, x, size, upscaler)
    else:
        x = model.codec.decode(x)
        if canvas is not None:
            x = x[..., : canvas[1], : canvas[0]]
        if size is not None:
            x = upscale(x, size, upscaler)
    if x.shape[1] == 4:
        x = straight(x) if transparent else over(x)
    return to_uint8(x).cpu()


def around(
    model: Model, x: Float[Tensor, "b d h w"], size: tuple[int, int] | None, upscaler: Upscaler | None
) -> Float[Tensor, "b c h2 w2"]:
    """Decode and enlarge a picture together with its own continuation on every side, which is then cut off."""
    lap = min(MARGIN, *x.shape[2:])
    height, width = x.shape[2:]
    made = model.codec.decode(F.pad(x, (lap, lap, lap, lap), mode="circular"))
    cell = made.shape[2] // (height + 2 * lap)
    wide, tall = (cell * width, cell * height) if size is None else size
    if size is not None:
        grown = tuple(round(side * (n + 2 * lap) / n) for side, n in ((wide, width), (tall, height)))
        made = upscale(made, (grown[0], grown[1]), upscaler)
    left, top = (made.shape[3] - wide) // 2, (made.shape[2] - tall) // 2
    return made[..., top : top + tall, left : left + wide]
