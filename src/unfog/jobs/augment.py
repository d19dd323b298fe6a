"""``unfog augment``: synthetic copies of the training pictures of a folder, each with the recipe that makes it again.

For copy k of a picture, with a request's seed and the picture's content (sha256 of its pixels):

    strength    between the least and the largest, by the first of four numbers drawn for (seed, picture, k)
    seed        32 bits, the second of them; attempt j has the seed + j
    caption     of several, the k-th (round and round): what the copy is painted towards and captioned with

so a copy depends on nothing but the request and its picture. Each is made by the img2img of ``unfog edit`` and is as
large as its picture. One that is a near-copy of any original (``evaluate/near_copy.py``), or that the judge takes for
another class, is drawn again, ``ATTEMPTS`` times in all, and then left out and counted. Pictures that are kept for
validation are not copied.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.config.augment import AugmentRequest
from unfog.config.edit import EditRequest, Img2Img
from unfog.evaluate.near_copy import nearness, originals_of
from unfog.evaluate.small_classifier import SIDE, SmallClassifier, classes_seen
from unfog.jobs.augment_data import Originals, Source, read_originals
from unfog.jobs.augment_proof import learned, proof
from unfog.jobs.augment_write import Copy, Writer
from unfog.jobs.data import check_absent
from unfog.jobs.edit import edit_job
from unfog.jobs.edit_settings import check_edit
from unfog.jobs.edit_work import Inputs
from unfog.jobs.events import Event, Note, Picture, Progress, Result
from unfog.jobs.generate import NAMED, Loaded, open_model
from unfog.media.image import flatten, picture_of, pixels_of, square
from unfog.media.original import Original, read_original
from unfog.model.locate import Found
from unfog.tasks.frame import frame_of
from unfog.text.prompt import JOINT
from unfog.util.errors import DataError, UsageError
from unfog.util.files import staged_directory
from unfog.util.random import Draw, image_seed, uniform

ATTEMPTS = 4
LONGEST_PROMPT = 4096
INDEX_DIGITS = 13  # hexadecimal, of a picture's sha256: the 52 bits that name it to the random numbers


@dataclass(frozen=True)
class Gate:
    """What a copy must pass: rows of all originals, the least distance from them, and a judge of classes."""

    originals: Float[Tensor, "m d"]
    near: float
    judge: SmallClassifier | None

    def refusal(self, small: UInt8[Tensor, "3 side side"], label: int) -> str | None:
        """Why a copy is refused; ``None`` if it is not."""
        if nearness(small[None], self.originals).item() < self.near:
            return "near_copy"
        if self.judge is not None and classes_seen(self.judge, small[None]).item() != label:
            return "other_class"
        return None


def augment_job(
    request: AugmentRequest, source: Found | Loaded, out: Path, *, device: str | None = None
) -> Iterator[Event]:
    """Make a folder of copies, completely or not at all, and prove it where that is asked for.

    Args:
        request: complete (see ``augment_data.augment_request_for``).
        source: the model, found or loaded.
        out: the folder to make.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        DataError: pictures cannot be used as they are (as ``unfog train``), classes or pictures to test on are missing.
        UsageError: ``out`` exists, the model cannot do this, or no copy passed.
    """
    begin, found = time.perf_counter(), source if isinstance(source, Found) else source.found
    check_absent(out)
    blank = Inputs(Original(torch.zeros((3, SIDE, SIDE), dtype=torch.uint8)))
    way = Img2Img(strength=request.strength[1])
    check_edit(found.manifest, EditRequest(way=way, sample=request.sample), blank)
    originals = yield from read_originals(request)
    check_sizes(originals, found.manifest.model.picture.size)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    judge: SmallClassifier | None = None
    judged = dict[str, Any]()
    if request.label_preserving:
        judge, judged = yield from learned(originals, request)
    gate = Gate(originals_of(originals.pixels), request.near, judge)
    facts: dict[str, Any] = {
        "made_by": "unfog augment",
        "data": originals.dataset.fingerprint(),
        "model": {"name": found.name, "sha256": found.id},
        "request": request.model_dump(mode="json", exclude={"data": {"source"}, "test": True}),
    }
    counts = Counter[str]()
    with staged_directory(out, facts=facts) as folder:
        writer = Writer(folder)
        kept, of = yield from passed(request, originals, loaded, gate, counts, writer)
        writer.finish(Path(request.data.source))
        if not kept:
            raise UsageError(
                f"no copy passed: {counts['near_copy']} draws were near-copies, {counts['other_class']} of another"
                " class; raise --strength, or lower --near"
            )
        facts |= {"counts": {name: counts[name] for name in ("near_copy", "other_class", "left_out")}}
    result = {
        "folder": str(out),
        "count": len(kept),
        "sources": len(originals.sources),
        "left_out": counts["left_out"],
        "redrawn": {"near_copy": counts["near_copy"], "other_class": counts["other_class"]},
        "strength": list(request.strength),
        "seed": request.seed,
        "model": facts["model"],
        "licences": dict(sorted(writer.licences.items())),
    }
    if judged:
        result |= {"judge": judged}
    if request.prove:
        result |= {"proof": (yield from proof(originals, torch.stack(kept), torch.tensor(of), request))}
    yield Result(result | {"seconds": round(time.perf_counter() - begin, 3)})


def check_sizes(originals: Originals, trained: int) -> None:
    """Raises DataError for the first picture that is too long and narrow for a model trained at this side."""
    for source in originals.sources:
        entry = originals.dataset.entries[source.number]
        try:
            frame_of(entry.width, entry.height, trained)
        except UsageError as error:
            raise DataError(f"{entry.path}: {error}") from None


def passed(
    request: AugmentRequest,
    originals: Originals,
    loaded: Loaded,
    gate: Gate,
    counts: Counter[str],
    writer: Writer,
) -> Generator[Event, None, tuple[list[UInt8[Tensor, "3 side side"]], list[int]]]:
    """Make, judge and write all copies; the small pictures of those kept, and the place of each one's original."""
    root, kept, of = Path(request.data.source), list[Tensor](), list[int]()
    total, said = len(originals.sources) * request.per_image, dict[str, None]()
    for at, source in enumerate(originals.sources):
        original = read_original(root / source.found.path)
        for k in range(request.per_image):
            yield Progress(at * request.per_image + k, total, f"{len(kept)} synthetic pictures")
            copy: Copy | None = None
            for attempt in range(ATTEMPTS):
                drawn, notes = drawn_copy(request, loaded, source, original, k, attempt)
                yield from (Note(text) for text in fresh(notes, said))
                refused = gate.refusal(drawn.small, source.label)
                if refused is None:
                    copy = drawn
                    break
                counts[refused] += 1
            if copy is None:
                counts["left_out"] += 1
                continue
            writer.write(copy, k)
            kept.append(copy.small)
            of.append(at)
    yield Progress(total, total, f"{len(kept)} synthetic pictures")
    if len(said) > NAMED:
        yield Note(f"and {len(said) - NAMED} more notes of this kind")
    return kept, of


def fresh(notes: list[str], said: dict[str, None]) -> Iterator[str]:
    """The notes that were not said before, ``NAMED`` of them in all; ``said`` grows."""
    for text in notes:
        if text not in said:
            said[text] = None
            if len(said) <= NAMED:
                yield text


def drawn_copy(
    request: AugmentRequest, loaded: Loaded, source: Source, original: Original, k: int, attempt: int
) -> tuple[Copy, list[str]]:
    """Attempt ``attempt`` at copy ``k`` of a picture, and the notes of the edit."""
    caption = source.found.captions[k % len(source.found.captions)]
    strength, seed = chance(request, original.sha256, k)
    asked = EditRequest(
        prompt=plain(caption),
        seed=image_seed(seed, attempt),
        way=Img2Img(strength=strength),
        sample=request.sample,
    )
    notes, picture = list[str](), None
    for event in edit_job(asked, Inputs(original), loaded):
        if isinstance(event, Note):
            notes.append(event.message)
        if isinstance(event, Picture):
            picture = event
    assert picture is not None
    small = pixels_of(square(flatten(picture_of(picture.pixels)), SIDE))
    return Copy(source, picture, caption, strength, asked.seed, small), notes


def chance(request: AugmentRequest, sha256: str, k: int) -> tuple[float, int]:
    """Strength and first seed of copy ``k`` of a picture; see the module docstring."""
    index = int(sha256[:INDEX_DIGITS], 16)
    u = uniform([request.seed], (4,), draw=Draw.SYNTHETIC, step=k, index=[index])[0].tolist()
    low, high = request.strength
    return round(low + (high - low) * u[0], 4), int(u[1] * 2**32)


def plain(caption: str) -> str:
    """A caption as a prompt: one text, in which AND and NOT are ordinary words (a model reads all in lower case)."""
    return JOINT.sub(lambda match: match[0].lower(), caption)[:LONGEST_PROMPT]
