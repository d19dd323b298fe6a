"""From what a person set and what a model recommends to complete, checked sampling settings."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TypedDict

from unfog.config.ask import Chosen
from unfog.config.guide import CFGPP_SAMPLERS, GUIDES, OF_CFG, Guide
from unfog.config.manifest import Calibration, Manifest
from unfog.config.model import AnyModelConfig, ModelConfig
from unfog.config.names import grid_named, sampler_and_grid
from unfog.config.sample import CALIBRATED, GenerateRequest, Layout, SampleConfig
from unfog.model.store import DOES
from unfog.text.layers import layers_of
from unfog.text.prompt import JOINT, Composition, parse
from unfog.util.errors import ModelError, UsageError

OUTPUT = 512  # longer side of a finished picture if nobody says
MOST = 2048  # pixels a side to which is enlarged: a third of a gigabyte meanwhile
DISTORTION = 0.05  # canvas and picture are of one shape up to rounding: 16 pixels for 15.5 are 3 %
LARGEST = 8  # times the trained side: beyond it there is only repetition, at a cost that grows with its fourth power

FIXED = "rf_shift"  # the grid where nodes that were fitted to a sampler, or to a model, do not apply
FITTED = ("fitted", "learned")  # to exact solutions, for the default sampler


def settle(manifest: Manifest, chosen: Chosen) -> SampleConfig:
    """The model's recommended settings with what was chosen in its place.

    A model that was trained without dropping captions is sampled without guidance unless a person asks for it (and is
    then refused, in ``check``).

    Raises:
        UsageError: an unknown name (the nearest is suggested) or a value out of bounds.
    """
    chosen = translated(chosen)
    other = chosen.sampler not in (None, manifest.sample.sampler)
    settings = manifest.sample.model_dump()
    if manifest.sample.nodes or (other and manifest.sample.grid in FITTED):
        settings |= {"grid": FIXED}
    settings |= {"nodes": None}
    if manifest.caption_dropout == 0:
        settings |= {"guidance": 1.0, "sag": 0.0, "guide": ()}
    if other:
        settings |= {"eta": 0.0}  # belongs to the sampler it was recommended for
    wanted = {key: value for key, value in asdict(chosen).items() if value is not None}
    if chosen.guide is not None:
        wanted["guide"] = [Guide.of(text) for text in chosen.guide]
    asked = wanted.get("grid") == CALIBRATED
    sample = SampleConfig.parse(settings | wanted | ({"grid": FIXED} if asked else {}))
    known = any(row.sampler == sample.sampler for row in manifest.calibrated)
    if asked and not known:
        raise UsageError(
            f"the model {manifest.name} has no calibrated nodes for the sampler {sample.sampler}; use the grid {FIXED},"
            " or fit some with `unfog model calibrate`"
        )
    if known and (asked or (chosen.grid is None and manifest.sample.grid == CALIBRATED)):
        return calibrated(manifest, sample)
    return sample


def translated(chosen: Chosen) -> Chosen:
    """The same with our names for what others call samplers and grids ("DPM++ 2M Karras").

    Raises:
        UsageError: an unknown name (the nearest is suggested).
    """
    if chosen.sampler is None:
        return chosen if chosen.grid is None else replace(chosen, grid=grid_named(chosen.grid))
    sampler, grid = sampler_and_grid(chosen.sampler, chosen.grid)
    return replace(chosen, sampler=sampler, grid=grid)


def calibrated(manifest: Manifest, sample: SampleConfig) -> SampleConfig:
    """The settings with the nodes that were fitted for them: for the nearest guidance, and the nearest number of steps.

    Where the number of steps is another, the nodes are read off between those that are known, in the time of rectified
    flow, u = 1/(1 + e^lam), in which such grids are nearly even (recipes.md 2.3).
    """
    rows = [row for row in manifest.calibrated if row.sampler == sample.sampler]
    row = min(rows, key=lambda row: (abs(math.log(row.steps / sample.steps)), abs(row.guidance - sample.guidance)))
    return sample.model_copy(update={"grid": CALIBRATED, "nodes": resampled(row, sample.steps)})


def resampled(row: Calibration, steps: int) -> tuple[float, ...]:
    """The nodes for another number of steps."""
    if steps == row.steps:
        return row.nodes
    known = [1.0, *(1 / (1 + math.exp(lam)) for lam in row.nodes), 0.0]
    out = list[float]()
    for k in range(1, steps):
        at, part = divmod(k * row.steps, steps)
        u = known[at] + (known[at + 1] - known[at]) * part / steps if part else known[at]
        out.append(math.log((1 - u) / u))
    return tuple(out)


class Drawn(TypedDict, total=False):
    """What every edit can be told besides; each as of ``unfog.api.Model.generate``."""

    n: int
    seed: int
    negative: str
    sampler: str | None
    grid: str | None
    steps: int | None
    guidance: float | None


def chosen_of(drawn: Drawn) -> Chosen:
    """How it shall be sampled."""
    return Chosen(drawn.get("sampler"), drawn.get("grid"), drawn.get("steps"), drawn.get("guidance"))


def request_for(
    manifest: Manifest,
    prompt: str,
    chosen: Chosen,
    *,
    n: int = 1,
    seed: int = 0,
    negative: str = "",
    size: tuple[int, int] | None = None,
    canvas: tuple[int, int] | None = None,
    native: bool = False,
    longest: int = OUTPUT,
    transparent: bool = False,
    layout: Layout | None = None,
    whole: bool = True,
) -> GenerateRequest:
    """A complete request that this model can fulfil.

    Args:
        size: width and height of the finished picture; ``None``: the longer side is ``longest`` pixels.
        canvas: width and height that are painted; ``None``: as trained, in the shape of ``size``.
        native: the picture is the canvas, not enlarged.
        layout: regions, windows, tiles, layers.
        whole: paint in one piece; otherwise several things of the prompt become layers, if the model can paint those
            (``layered``), and so does a single one that shall have nothing behind it.

    Raises:
        UsageError: as ``settle`` and ``check``, or ``n``, ``seed``, ``size`` or a text out of bounds.
    """
    if native and size is not None and size != canvas:
        raise UsageError("--native keeps what is painted as it is; say --canvas instead of --size, or leave it out")
    canvas, size = sizes(manifest.model.picture.size, canvas, size, native=native, longest=longest)
    if layout is None and not whole:
        layout = layers_for(manifest, prompt, transparent=transparent)
    request = GenerateRequest.parse(
        {
            "prompt": prompt,
            "negative": negative,
            "n": n,
            "seed": seed,
            "canvas": canvas,
            "size": size,
            "transparent": transparent,
            "layout": layout,
            "sample": settle(manifest, chosen),
        }
    )
    check(manifest, request)
    return request


def layers_for(manifest: Manifest, prompt: str, *, transparent: bool) -> Layout | None:
    """What of a prompt this model paints one by one unless it is asked to paint in one piece; ``None``: nothing."""
    if manifest.knows is None or not paints_layers(manifest.model):
        return None
    return layers_of(manifest.knows, prompt, alone=transparent)


def paints_layers(made: AnyModelConfig) -> bool:
    """Whether a model paints one thing on nothing: it completes pictures, and they have transparency."""
    return isinstance(made, ModelConfig) and made.completes and made.picture.channels == 4


def sizes(
    trained: int, canvas: tuple[int, int] | None, size: tuple[int, int] | None, *, native: bool, longest: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What is painted and what becomes of it, (width, height) each; see ``request_for``."""
    if canvas is None:
        canvas = (trained, trained) if size is None or min(size) < 1 else scaled(size, trained / min(size))
    if size is None:
        size = canvas if native or min(canvas) < 1 else scaled(canvas, max(1.0, longest / max(canvas)))
    return canvas, size


def scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """A size times a factor, in whole pixels."""
    width, height = size
    return max(1, round(width * factor)), max(1, round(height * factor))


def check(manifest: Manifest, request: GenerateRequest) -> None:
    """Refuse what a model cannot do, before any work.

    Raises:
        ModelError: the model makes something else than pictures.
        UsageError: guidance of a model trained without caption dropout, a setting that would have no effect, AND and
            NOT as in ``check_composed``, or sizes as in ``check_sizes``.
    """
    sample, made = request.sample, manifest.model
    if not isinstance(made, ModelConfig):
        raise ModelError(f"the model {manifest.name} {DOES[made.kind]} and draws none; name another")
    if made.ndim != 2 or made.picture.channels not in (1, 3, 4):
        what = f"{made.ndim} axes and {made.picture.channels} channels"
        raise ModelError(f"the model {manifest.name} makes no pictures (it has {what}); name another with --model")
    plus = any(guide.name == "cfgpp" for guide in sample.guide)  # has a strength of its own
    steered = sample.guidance != 1 or plus
    if manifest.caption_dropout == 0 and (steered or sample.sag):
        raise UsageError(
            f"the model {manifest.name} was trained without dropping captions, so it cannot be guided;"
            " use --guidance 1 and no --sag or --guide cfgpp"
        )
    composed = check_composed(manifest, request)
    if request.transparent and made.picture.channels != 4:
        raise UsageError(f"the model {manifest.name} paints no transparency; leave --transparent out")
    idle = [g.name for g in sample.guide if GUIDES[g.name].part in OF_CFG and not steered]
    if idle:
        raise UsageError(f"--guide {idle[0]} has no effect at guidance 1; raise --guidance or leave it out")
    if plus and (sample.sampler not in CFGPP_SAMPLERS or sample.eta):
        asked = f"{sample.sampler} with eta {sample.eta:g}" if sample.eta else sample.sampler
        raise UsageError(
            f"CFG++ renoises with the unconditional estimate, which a step of {asked} cannot express;"
            f" use --sampler {' or '.join(CFGPP_SAMPLERS)}{' and --eta 0' if sample.eta else ''}"
        )
    if made.codec is not None and any(GUIDES[g.name].part == "range" for g in sample.guide):
        raise UsageError(
            f"--guide threshold keeps pixels within their range, and {manifest.name} draws latents, which have"
            " none: use --guide apg, or leave it out"
        )
    if request.negative.strip() and not (steered or composed):
        raise UsageError("a negative prompt has no effect at guidance 1; raise --guidance or leave --negative out")
    if sample.eta and sample.sampler != "ddim":
        raise UsageError(f"--eta has no effect on the sampler {sample.sampler}; use --sampler ddim or leave it out")
    if sample.interval is not None and sample.interval[0] >= sample.interval[1]:
        low, high = sample.interval
        raise UsageError(f"the guidance interval {low:g} {high:g} is empty; give the smaller lam first")
    check_sizes(manifest.name, made.picture.size, request)
    check_layout(made, request)


def check_layout(made: ModelConfig, request: GenerateRequest) -> None:
    """Raises UsageError for regions without extent, windows of a canvas that is not larger, or half cells of a tile."""
    layout = request.layout
    if layout is None:
        return
    canvas = request.canvas or (made.picture.size, made.picture.size)
    if layout.layers and not paints_layers(made):
        raise UsageError("layers need a model that completes pictures and paints transparency; leave layers out")
    for region in layout.regions:
        left, top, right, bottom = region.box
        if left >= right or top >= bottom:
            raise UsageError(f"the region {left:g},{top:g},{right:g},{bottom:g} is empty; say LEFT,TOP,RIGHT,BOTTOM")
    if layout.windows and max(canvas) <= made.picture.size:
        raise UsageError(
            f"a canvas of {canvas[0]}x{canvas[1]} is one window; give a larger one with --canvas, or leave --windows"
            " out"
        )
    cell = made.cell
    if layout.tile and any(side % cell for side in canvas):
        raise UsageError(f"the sides of a tile are multiples of {cell} for this model, got {canvas[0]}x{canvas[1]}")


def check_composed(manifest: Manifest, request: GenerateRequest) -> bool:
    """Whether the prompt has parts, which are composed against the empty or the negative prompt at every guidance.

    Raises:
        UsageError: the parts cannot be read (``text/prompt.py``), the model was trained without dropping captions, or
            the negative prompt has parts, too.
    """
    composed = isinstance(parse(request.prompt), Composition)
    if composed and manifest.caption_dropout == 0:
        raise UsageError(
            f"the model {manifest.name} was trained without dropping captions, so it cannot compose AND and NOT;"
            " write them in lower case"
        )
    if JOINT.search(request.negative):
        raise UsageError(
            "AND and NOT belong into the prompt: the negative prompt is the one text that all is steered away from;"
            " write them in lower case there, or NOT in the prompt"
        )
    return composed


def check_sizes(name: str, trained: int, request: GenerateRequest) -> None:
    """Raises UsageError for a canvas far beyond the ``trained`` side, or a picture of another shape, or too large."""
    width, height = request.canvas or (trained, trained)
    if max(width, height) > LARGEST * trained:
        raise UsageError(
            f"a canvas of {width}x{height} pixels is too large for the model {name}, trained at {trained}:"
            f" a side is at most {LARGEST * trained}; choose a --canvas or a shape (--size) that fits"
        )
    across, down = request.size or (width, height)
    if (across, down) != (width, height) and max(across, down) > MOST:
        raise UsageError(f"pictures are enlarged to at most {MOST} pixels a side, not to {across}x{down}")
    if abs(across * height / (down * width) - 1) > DISTORTION:
        raise UsageError(
            f"a canvas of {width}x{height} does not become a picture of {across}x{down} without distortion;"
            " leave one of --canvas and --size out"
        )
