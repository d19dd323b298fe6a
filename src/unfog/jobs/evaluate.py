"""``unfog evaluate``: measure a model, by one or several suites (``jobs/evaluate_*.py``).

    scenes        shapes: are pictures what their prompts say?
    concepts      named things: are they recognised, in their style, with typing mistakes, in other languages?
    heldout       combinations that training never showed, beside those it did
    distribution  distances of the whole from held-out renders
    memorisation  are pictures nearer to training renders than held-out renders are?
    prompts       a file of your own prompts: do they find their pictures?
    likelihood    bits per number of pictures, by the flow and by the bound

Every share has its number of samples and a 95 % interval. Picture k of each kind has prompt k and the seed (seed + k)
mod 2^64. ``evaluations`` repeats scenes and distribution with so many evaluations of the guided model per picture.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unfog.config.model import ModelConfig
from unfog.config.sample import SampleConfig
from unfog.data.compose.cast import cast_of
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.sprites import Sprites, load_sprites
from unfog.data.dataset import Dataset
from unfog.evaluate.classifier import load_classifier
from unfog.evaluate.features import Eyes
from unfog.jobs.evaluate_concepts import Judged, concepts_suite, retrieved
from unfog.jobs.evaluate_distribution import distribution_suite
from unfog.jobs.evaluate_draw import Bench, drawn
from unfog.jobs.evaluate_heldout import heldout_suite
from unfog.jobs.evaluate_likelihood import likelihood_suite, pictures_for
from unfog.jobs.evaluate_memorisation import memorisation_suite
from unfog.jobs.evaluate_scenes import questions_for, scenes_suite
from unfog.jobs.evaluate_sweep import sweep
from unfog.jobs.events import Event, Progress, Result
from unfog.jobs.generate import Loaded, open_model
from unfog.jobs.settings import Chosen, request_for
from unfog.model.locate import Found, locate
from unfog.model.store import load_contrast
from unfog.samplers import SAMPLERS
from unfog.util.devices import pick_device
from unfog.util.errors import DataError, UsageError
from unfog.util.nearest import unknown

SUITES = ("scenes", "concepts", "heldout", "distribution", "memorisation", "prompts", "likelihood")
SWEPT = ("scenes", "distribution")
ANY_CHANNELS = ("scenes", "prompts", "likelihood")  # suites that are not about composed scenes
NEEDS = {"concepts": ("sprites", "classifier"), "distribution": ("sprites", "words"), "memorisation": ("sprites",),
         "prompts": ("words", "prompts")}  # fmt: skip
WHAT = {
    "sprites": "the folder of sprites that the model was trained with",
    "classifier": "the folder of a classifier, made by tools/train_classifier.py",
    "words": "a model that compares texts with pictures",
    "prompts": "a text file with one prompt per line",
}
MOST = 100_000  # prompts of a kind


@dataclass(frozen=True)
class Aids:
    """What a person gives to measure with (see ``WHAT``).

    Attributes:
        pool: among how many training renders copies are looked for.
        data: pictures whose likelihood is asked for, named as for training; unset: those of the training.
    """

    sprites: str | None = None
    classifier: str | None = None
    words: str | None = None
    prompts: str | None = None
    pool: int = 20_000
    data: str | None = None


@dataclass(frozen=True)
class Tools:
    """The aids, opened."""

    data: Compositions | None
    judged: Judged | None
    eyes: Eyes | None
    prompts: tuple[str, ...]
    pictures: Dataset | None


def evaluate_job(
    model: str,
    *,
    suite: str = "scenes",
    n: int = 500,
    seed: int = 0,
    chosen: Chosen | None = None,
    evaluations: Sequence[int] = (),
    aids: Aids | None = None,
    device: str | None = None,
) -> Iterator[Event]:
    """Measure a model; the result has shares with 95 % intervals, and numbers with what they are to be held against.

    Args:
        model: its name or folder.
        suite: what to measure: one of ``SUITES``, or several with commas between.
        n: how often: prompts of each kind.
        seed: of the prompts and of the first picture.
        chosen: sampling settings in place of the model's recommended ones.
        evaluations: measure once for each of these numbers of evaluations per picture, of two of the network each
            where it is guided.
        aids: what some suites need besides the model.
        device: ``None``: the fastest.

    Raises:
        UsageError: unknown suite, a number out of bounds, an aid that is missing, or pictures that cannot be graded.
        DataError: sprites or prompts that cannot be read.
        ModelError: no such model, or it gives numbers that are not finite.
    """
    begin = time.perf_counter()
    suites, aids = suites_of(suite), aids or Aids()
    if not 1 <= n <= MOST:
        raise UsageError(f"-n must be between 1 and {MOST}, got {n}")
    found = locate(model)
    samples = samples_for(found, chosen or Chosen(), evaluations, seed)
    aids = completed(found, aids, suites)
    refuse(found, suites, aids, swept=bool(evaluations), n=n)
    tools = yield from opened(aids, found, suites, device)
    bench = Bench(Loaded(found, open_model(found, device).model), samples[0], n, seed)
    parts = dict[str, dict[str, Any]]()
    if evaluations:
        eyes = tools.eyes if "distribution" in suites else None
        parts["sweep"] = yield from sweep(bench, list(zip(evaluations, samples, strict=True)), tools.data, eyes,
                                          scenes="scenes" in suites)  # fmt: skip
    else:
        for name in suites:
            parts[name] = yield from run_suite(name, bench, tools, aids)
    yield Result(payload(parts, bench, suite) | {"seconds": round(time.perf_counter() - begin, 3)})


def payload(parts: dict[str, dict[str, Any]], bench: Bench, suite: str) -> dict[str, Any]:
    """What ``--json`` prints: every measurement in one list, and what else a suite has to say, under its name."""
    found, shared = bench.loaded.found, ("metrics", "grader")
    graders = [part["grader"] for part in parts.values() if "grader" in part]
    rest = {name: {k: v for k, v in part.items() if k not in shared} for name, part in parts.items()}
    return {
        "metrics": [entry for part in parts.values() for entry in part["metrics"]],
        "model": {"name": found.name, "sha256": found.id},
        "suite": suite,
        "n": bench.n,
        "seed": bench.seed,
        "sample": bench.sample.model_dump(mode="json"),
        **({} if "sweep" in parts else {"nfe": round(bench.tally.rows / bench.pictures)}),
        "device": bench.loaded.model.device.type,
        **({"grader": graders[0]} if graders else {}),
        **{name: entries for name, entries in rest.items() if entries},
    }


def run_suite(name: str, bench: Bench, tools: Tools, aids: Aids) -> Generator[Progress, None, dict[str, Any]]:
    """One suite; ``refuse`` has seen to what it needs."""
    match name:
        case "scenes":
            return (yield from scenes_suite(bench))
        case "concepts":
            assert tools.judged is not None
            return (yield from concepts_suite(bench, tools.judged, tools.eyes))
        case "heldout":
            return (yield from heldout_suite(bench, tools.judged))
        case "distribution":
            assert tools.data is not None
            assert tools.eyes is not None
            return (yield from distribution_suite(bench, tools.data, tools.eyes))
        case "memorisation":
            assert tools.data is not None
            return (yield from memorisation_suite(bench, tools.data, tools.eyes, aids.pool))
        case "likelihood":
            assert tools.pictures is not None
            return (yield from likelihood_suite(bench, tools.pictures))
        case _:
            assert tools.eyes is not None
            bench.expect(len(tools.prompts))
            x = yield from drawn(bench, tools.prompts, "your prompts")
            return {"metrics": retrieved(tools.eyes, list(tools.prompts), x, None)}


def suites_of(text: str) -> tuple[str, ...]:
    """The names in a list with commas.

    Raises:
        UsageError: an unknown one.
    """
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in SUITES:
            raise UsageError(unknown("suite", name, SUITES))
    return names


def samples_for(found: Found, chosen: Chosen, evaluations: Sequence[int], seed: int) -> list[SampleConfig]:
    """The settings to measure with: one, or one for each number of evaluations.

    Raises:
        UsageError: as ``request_for``, or fewer evaluations than the sampler needs, or one that takes what it needs.
    """
    first = request_for(found.manifest, "", chosen, seed=seed).sample
    if not evaluations:
        return [first]
    if chosen.steps is not None:
        raise UsageError("--steps and --evaluations both say how many steps to take; leave one out")
    samples = list[SampleConfig]()
    for k in evaluations:
        steps = SAMPLERS[first.sampler].steps_within(k)
        if steps is None:
            raise UsageError(f"{first.sampler} takes as many evaluations as it needs; name another sampler")
        if steps == 0:
            raise UsageError(f"{first.sampler} needs more than {k} evaluations")
        samples.append(request_for(found.manifest, "", replace(chosen, steps=steps), seed=seed).sample)
    return samples


def completed(found: Found, aids: Aids, suites: Sequence[str]) -> Aids:
    """The aids, with the sprites of the model's own training where nobody names others and they are still there."""
    training = found.manifest.training
    if aids.sprites is None and training is not None and suites != ("scenes",):
        own = training.config.get("data", {}).get("sprites")
        if isinstance(own, str) and Path(own).is_dir():
            return replace(aids, sprites=own)
    return aids


def refuse(found: Found, suites: Sequence[str], aids: Aids, *, swept: bool, n: int) -> None:
    """Say what is missing before any work.

    Raises:
        UsageError: a suite that cannot measure this model, or an aid that nobody gave.
    """
    for name in suites:
        if swept and name not in SWEPT:
            raise UsageError(f"--evaluations goes with the suites {' and '.join(SWEPT)}, not with {name}")
        for aid in NEEDS.get(name, ()):
            if getattr(aids, aid) is None:
                raise UsageError(f"the suite {name} needs --{aid}: {WHAT[aid]}")
        if name in ("distribution", "memorisation") and n < 2:
            raise UsageError(f"the suite {name} needs at least -n 2, got {n}")
    if "scenes" in suites:
        questions_for(found.manifest)
    made = found.manifest.model
    assert isinstance(made, ModelConfig), "request_for has seen to it"
    if made.picture.channels != 4 and (rest := [s for s in suites if s not in ANY_CHANNELS]):
        raise UsageError(
            f"the suite {rest[0]} measures models of composed scenes, which paint transparency; {found.name} paints"
            f" {made.picture.channels} channels: use --suite scenes"
        )


def opened(aids: Aids, found: Found, suites: Sequence[str], device: str | None) -> Generator[Event, None, Tools]:
    """Read what was given.

    Raises:
        DataError: sprites or prompts that cannot be read. ModelError: no such model or classifier.
        UsageError: a classifier that does not know all that is asked for.
    """
    sprites, judged, eyes, prompts = None, None, None, tuple[str, ...]()
    if aids.sprites is not None:
        yield Progress(0, 0, f"reading the sprites in {aids.sprites}")
        sprites = load_sprites(Path(aids.sprites))
    if aids.classifier is not None and sprites is not None:
        judged = judged_by(sprites, Path(aids.classifier))
    if aids.words is not None:
        words = locate(aids.words)
        picture = words.manifest.model.picture
        model = load_contrast(words.folder, device=pick_device(device))
        eyes = Eyes(model, words.name, words.id, picture.channels, picture.size)
    if "prompts" in suites:
        prompts = lines_of(Path(str(aids.prompts)))
    data = None if sprites is None else Compositions(sprites, found.manifest.model.picture.size)
    pictures = (yield from pictures_for(found.manifest, aids.data)) if "likelihood" in suites else None
    return Tools(data, judged, eyes, prompts, pictures)


def judged_by(sprites: Sprites, folder: Path) -> Judged:
    """Sprites and a classifier that knows them.

    Raises:
        ModelError: no classifier there. UsageError: it has never seen some of the sprites.
    """
    classifier, id_ = load_classifier(folder)
    rows = [sprites.table[row] for rows in cast_of(sprites).usual for row in rows]
    missing = {s.name for s in rows if s.concept not in classifier.labels.concepts}
    missing |= {f"the style {s.style}" for s in rows if s.style not in classifier.labels.styles}
    if missing:
        raise UsageError(
            f"the classifier {folder} has not seen {min(missing)} and {len(missing) - 1} more of the sprites;"
            " train one on them with tools/train_classifier.py"
        )
    return Judged(sprites, classifier, id_)


def lines_of(path: Path) -> tuple[str, ...]:
    """The prompts of a text file, one per line; blank lines and lines that begin with # are left out.

    Raises:
        DataError: it cannot be read, is no UTF-8 text, or holds fewer than two prompts.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the prompts {path} cannot be read ({error}); give a UTF-8 text file") from None
    found = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if len(found) < 2:
        raise DataError(f"{path} holds {len(found)} prompts; at least 2 are needed, one per line")
    return found
