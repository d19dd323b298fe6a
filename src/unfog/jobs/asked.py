"""From an ask (``config/ask.py``) to the job that fulfils it: the one way for everything that comes over HTTP.

``checked`` settles an ask with a model and refuses what cannot be done, before any work; ``events_of`` runs it. Both
read the same ask, so what was accepted is what is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from unfog.config.ask import (
    AnyAsk,
    EditAsk,
    ExplainAsk,
    GenerateAsk,
    MorphAsk,
    ReverseAsk,
    TrainAsk,
)
from unfog.config.edit import EditRequest
from unfog.config.explain import ForwardRequest, ReverseRequest
from unfog.config.manifest import Manifest
from unfog.config.sample import GenerateRequest, MorphRequest
from unfog.config.train import TrainRequest
from unfog.jobs.edit import edit_job
from unfog.jobs.edit_settings import edit_request_for
from unfog.jobs.edit_work import Inputs, read_inputs
from unfog.jobs.events import Event
from unfog.jobs.explain_forward import explain_forward_job
from unfog.jobs.explain_reverse import explain_reverse_job
from unfog.jobs.generate import Loaded, generate_job
from unfog.jobs.morph import morph_job, morph_request_for
from unfog.jobs.settings import request_for
from unfog.model.locate import Found

Files = Mapping[str, Path]
"""The files of the pictures that an ask names, by id."""
Settled = GenerateRequest | EditRequest | MorphRequest | ReverseRequest | ForwardRequest

PICTURE = "picture.png"  # what a page calls a picture of which only an id is known


def random_seed() -> int:
    """One of 32 bits, which people can type again."""
    return int.from_bytes(os.urandom(4))


def seeded(ask: AnyAsk) -> AnyAsk:
    """The ask with seeds drawn where none were given."""
    match ask:
        case GenerateAsk(seed=None) | EditAsk(seed=None) | TrainAsk(seed=None):
            return ask.model_copy(update={"seed": random_seed()})
        case MorphAsk(seeds=None):
            start = random_seed()
            return ask.model_copy(update={"seeds": (start, start)})
        case ExplainAsk(request=ReverseAsk(seed=None) as request):
            return ask.model_copy(update={"request": request.model_copy(update={"seed": random_seed()})})
        case _:
            return ask


def needs_model(ask: AnyAsk) -> bool:
    """Whether a model of this server does the work."""
    return not isinstance(ask, TrainAsk) and not (isinstance(ask, ExplainAsk) and ask.what == "forward")


def ids_of(ask: AnyAsk) -> list[str]:
    """The pictures that an ask names."""
    if isinstance(ask, EditAsk):
        given = ask.inputs
        return [one for one in (given.picture, given.mask, given.style) if one is not None]
    return [ask.picture] if isinstance(ask, ExplainAsk) and ask.picture is not None else []


def inputs_of(ask: EditAsk, files: Files) -> Inputs:
    """The pictures of an edit, read.

    Raises:
        DataError: one cannot be read, or the mask does not fit.
    """
    given = ask.inputs
    return read_inputs(
        files[given.picture],
        mask=None if given.mask is None else files[given.mask],
        style=None if given.style is None else files[given.style],
    )


def generate_request(ask: GenerateAsk | ReverseAsk, manifest: Manifest) -> GenerateRequest:
    """Complete, for this model.

    Raises:
        UsageError: as ``request_for``.
    """
    if isinstance(ask, ReverseAsk):
        return request_for(
            manifest, ask.prompt, ask.chosen, seed=ask.seed or 0, negative=ask.negative, canvas=ask.canvas
        )
    return request_for(
        manifest,
        ask.prompt,
        ask.chosen,
        n=ask.n,
        seed=ask.seed or 0,
        negative=ask.negative,
        size=ask.size,
        canvas=ask.canvas,
        native=ask.native,
        transparent=ask.transparent,
        layout=ask.layout,
        whole=ask.whole,
    )


def edit_request(ask: EditAsk, manifest: Manifest, inputs: Inputs) -> EditRequest:
    """Complete, for this model.

    Raises:
        UsageError: as ``edit_request_for``.
    """
    return edit_request_for(
        manifest, ask.way, inputs, ask.prompt, ask.chosen, n=ask.n, seed=ask.seed or 0, negative=ask.negative
    )


def morph_request(ask: MorphAsk, manifest: Manifest) -> MorphRequest:
    """Complete, for this model.

    Raises:
        UsageError: as ``request_for``, for either end.
    """
    return morph_request_for(
        manifest,
        ask.prompts,
        ask.chosen,
        suffix=f".{ask.format}",
        seeds=ask.seeds or (0, 0),
        frames=ask.frames,
        negative=ask.negative,
        size=ask.size,
        canvas=ask.canvas,
    )


def settled(ask: AnyAsk, manifest: Manifest | None, files: Files) -> Settled | None:
    """The complete request of an ask that this model can fulfil; ``None`` of a training.

    Args:
        manifest: of the model; ``None`` where none is needed.
        files: of the pictures that the ask names.

    Raises:
        UsageError: it cannot be fulfilled. DataError: a picture cannot be used.
    """
    if isinstance(ask, ExplainAsk) and isinstance(ask.request, ForwardRequest):
        return ask.request
    if isinstance(ask, TrainAsk):
        return None
    assert manifest is not None
    match ask:
        case GenerateAsk():
            return generate_request(ask, manifest)
        case EditAsk():
            return edit_request(ask, manifest, inputs_of(ask, files))
        case MorphAsk():
            return morph_request(ask, manifest)
        case ExplainAsk(request=ReverseAsk() as request):
            picture = generate_request(request, manifest)
            return ReverseRequest.parse({"picture": picture.model_dump(mode="json"), "moments": request.moments})
    raise AssertionError(f"no job for {ask!r}")


def events_of(ask: AnyAsk, source: Found | Loaded | None, files: Files, out: Path) -> Iterator[Event]:
    """Run an ask that draws or explains.

    Args:
        ask: with its seeds.
        source: the model, found or loaded; ``None`` where none is needed.
        files: of the pictures that the ask names.
        out: a folder that need not exist, for what is no picture: animations, pages.

    Raises:
        UsageError, DataError, ModelError, DiskError: as the jobs.
    """
    if isinstance(ask, ExplainAsk) and isinstance(ask.request, ForwardRequest) and ask.picture is not None:
        yield from explain_forward_job(files[ask.picture], ask.request, out=out, name=PICTURE)
        return
    assert source is not None
    manifest = source.manifest if isinstance(source, Found) else source.found.manifest
    match ask:
        case GenerateAsk():
            yield from generate_job(generate_request(ask, manifest), source, previews=ask.previews)
        case EditAsk():
            inputs = inputs_of(ask, files)
            yield from edit_job(edit_request(ask, manifest, inputs), inputs, source, previews=ask.previews)
        case MorphAsk():
            target = out / f"morph.{ask.format}"
            yield from morph_job(morph_request(ask, manifest), source, out=target, previews=ask.previews)
        case ExplainAsk():
            request = settled(ask, manifest, files)
            assert isinstance(request, ReverseRequest)
            yield from explain_reverse_job(request, source, out=out)
        case _:
            raise AssertionError(f"no job for {ask!r}")


def train_request(ask: TrainAsk, data: str) -> TrainRequest:
    """What is trained, from the folder ``data``.

    Raises:
        UsageError: a value out of bounds.
    """
    return TrainRequest.parse(
        {
            "data": data,
            "preset": ask.preset,
            "size": ask.size,
            "images": ask.images,
            "minutes": ask.minutes,
            "seed": ask.seed,
            "assignments": ask.set,
        }
    )
