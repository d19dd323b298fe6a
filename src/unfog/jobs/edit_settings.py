"""From what a person asks of a picture to a complete request that the model can fulfil."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from unfog.config.edit import Denoise, EditRequest, Img2Img, Inpaint, Inversion, Restore, Restyle, Upscale, Way
from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.config.sample import GenerateRequest, SampleConfig
from unfog.jobs.edit_work import Inputs
from unfog.jobs.mend_checks import check_mending
from unfog.jobs.mend_ways import measured, settled
from unfog.jobs.settings import Chosen, check, settle
from unfog.media.image import SAFE
from unfog.tasks.restore import RESTORERS
from unfog.text.prompt import Composition, parse
from unfog.util.errors import UsageError

EXACT = "ddim"  # the sampler whose steps are inverted, and repeated by repaint
EXACT_STEPS = 50


def way_of_edit(method: str, strength: float | None, was: str) -> Img2Img | Inversion:
    """How a picture is changed towards a sentence; ``None`` is the usual strength.

    Raises:
        UsageError: an unknown method, or a setting of the other one.
    """
    match method:
        case "img2img":
            if was:
                raise UsageError("--was belongs to --method inversion")
            return Img2Img.parse({} if strength is None else {"strength": strength})
        case "inversion":
            if strength is not None:
                raise UsageError("--strength belongs to --method img2img; inversion goes all the way to the noise")
            return Inversion.parse({"was": was})
        case _:
            raise UsageError(f"--method {method!r} is unknown; choose img2img or inversion")


def edit_request_for(
    manifest: Manifest,
    way: Way,
    inputs: Inputs,
    prompt: str,
    chosen: Chosen,
    *,
    n: int = 1,
    seed: int = 0,
    negative: str = "",
) -> EditRequest:
    """A complete request that this model can fulfil.

    Raises:
        UsageError: as ``jobs/settings.py``, or as ``check_edit``.
    """
    if isinstance(way, Inversion):
        chosen = replace(chosen, sampler=chosen.sampler or EXACT, steps=chosen.steps or EXACT_STEPS)
    if isinstance(way, Inpaint) and way.method == "auto":
        way = way.model_copy(update={"method": best_way(manifest, chosen)})
    if isinstance(way, Denoise) and way.sigma is None:
        way = way.model_copy(update={"sigma": measured(inputs.picture)})
    if isinstance(way, Restore):
        way = settled(way, inputs.picture, manifest.model.picture.size)
        chosen = replace(chosen, steps=chosen.steps or RESTORERS[way.method].steps)
    if isinstance(way, Inpaint) and way.method == "repaint":
        chosen = replace(chosen, sampler=chosen.sampler or EXACT)
    sample = settle(manifest, chosen)
    if isinstance(way, Inversion):
        sample = without(sample, chosen, "eta", "sag", "guide", "interval", "rescale")
    if isinstance(way, Inpaint) and way.method == "repaint":
        sample = without(sample, chosen, "eta")
    request = EditRequest.parse(
        {
            "prompt": prompt,
            "negative": negative,
            "n": n,
            "seed": seed,
            "way": way.model_dump(),
            "sample": sample.model_dump(),
        }
    )
    check_edit(manifest, request, inputs)
    return request


def best_way(manifest: Manifest, chosen: Chosen) -> Literal["told", "kept", "repaint"]:
    """How a part of a picture is painted, if nobody says: as often as it takes to fit.

    Repainting makes steps of its own; with settings that it cannot have, the network is told what is known, or if it
    cannot be, that is kept only.
    """
    if chosen.sampler in (None, EXACT) and not chosen.eta:
        return "repaint"
    return "told" if isinstance(manifest.model, ModelConfig) and manifest.model.completes else "kept"


def without(sample: SampleConfig, chosen: Chosen, *settings: str) -> SampleConfig:
    """The settings without those of these that the model recommends and no person has chosen."""
    unasked = [name for name in settings if getattr(chosen, name) is None]
    return sample.model_copy(update={name: SampleConfig.model_fields[name].default for name in unasked})


def check_edit(manifest: Manifest, request: EditRequest, inputs: Inputs) -> None:
    """Refuse what a model cannot do, and inputs that are missing or would be ignored, before any work.

    Raises:
        ModelError: the model makes something else than pictures.
        UsageError: anything else.
    """
    sample, way = request.sample, request.way
    check(
        manifest,
        GenerateRequest(prompt=request.prompt, negative=request.negative, seed=request.seed, sample=sample),
    )
    assert isinstance(manifest.model, ModelConfig)
    if inputs.style is not None and not isinstance(way, Restyle):
        raise UsageError("a style picture belongs to `unfog restyle`")
    if inputs.mask is not None and not isinstance(way, Inpaint | Restore):
        raise UsageError("a mask belongs to `unfog inpaint` and `unfog restore`")
    match way:
        case Denoise() | Restore() | Upscale():
            check_mending(manifest.name, manifest.model, request, way, inputs)
        case Inversion():
            check_inversion(request, sample)
        case Inpaint():
            check_painting(manifest.name, manifest.model, way, inputs)
            if way.method == "repaint" and (sample.sampler != EXACT or sample.eta):
                raise UsageError(f"repaint makes steps of {EXACT} with noise of its own; leave --sampler out")
        case Restyle() if inputs.style is None and not request.prompt.strip():
            raise UsageError("restyle needs a style: a picture (--style FILE) or its name in words")
        case _:
            pass


def check_inversion(request: EditRequest, sample: SampleConfig) -> None:
    """Raises UsageError for what cannot be inverted."""
    if sample.sampler != EXACT or sample.eta:
        raise UsageError(f"inversion goes back along the steps of {EXACT} without fresh noise; leave --sampler out")
    if request.n > 1:
        raise UsageError("inversion draws nothing, so all variants would be equal; leave -n out")
    if sample.sag or sample.guide or sample.interval or sample.rescale or request.negative.strip():
        raise UsageError(
            "inversion steers from what the picture shows (--was) to the prompt; leave out --negative, --sag, --guide,"
            " --interval and --rescale"
        )
    if isinstance(parse(request.prompt), Composition):
        raise UsageError("inversion goes from one text to one other; write AND and NOT in lower case")


def check_painting(name: str, made: ModelConfig, way: Inpaint, inputs: Inputs) -> None:
    """Raises UsageError unless one thing says where to paint, it fits the picture, and the model knows the method."""
    given = {
        "--mask": inputs.mask is not None,
        "a box": way.box is not None,
        "words": way.words is not None,
        "margins": way.margins is not None,
    }
    said = [what for what, is_there in given.items() if is_there]
    if len(said) != 1:
        raise UsageError(
            f"say once where to paint, by a mask, a box, words or margins; got {' and '.join(said) or 'none'}"
        )
    if way.margins is not None and not any(way.margins):
        raise UsageError("nothing is added to the picture; give at least one of --left, --top, --right and --bottom")
    if way.method == "told" and not made.completes:
        raise UsageError(f"the model {name} was not trained to complete pictures; use --method kept or repaint")
    width, height = inputs.picture.size
    if inputs.mask is not None and inputs.mask.shape != (height, width):
        h, w = inputs.mask.shape
        raise UsageError(f"the mask is {w}x{h} and the picture {width}x{height}; make the mask as large")
    if inputs.mask is not None and not inputs.mask.any():
        raise UsageError("the mask is black everywhere, so nothing is painted; make white what is to change")
    left, top, right, bottom = way.margins or (0, 0, 0, 0)
    across, down = left + width + right, top + height + bottom
    if across * down > SAFE.pixels:
        raise UsageError(f"{across}x{down} are more than {SAFE.pixels} pixels, the most of a picture; add less")
