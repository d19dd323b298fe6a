"""From a few words (data, preset, length) to the whole configuration of a run: defaults derived from the data."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from unfog.config.base import value
from unfog.config.model import WORDLESS, ModelConfig, PictureConfig, UpscaleConfig, VAEConfig
from unfog.config.presets import PRESETS
from unfog.config.train import DataConfig, RunConfig, TrainRequest
from unfog.core.head import to_x0
from unfog.data.dataset import Dataset
from unfog.jobs.datasets import default_side, open_dataset, sigma_data
from unfog.jobs.events import Event
from unfog.jobs.start import codec_of, lends_network, with_codec, with_start
from unfog.model.build import build_any, build_head, build_schedule, build_weight
from unfog.model.locate import locate
from unfog.text.tokenizer import Tokenizer
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

SIGMA_DATA = "model.picture.sigma_data"
CODEC = "model.codec"
DOUBLES = "upscale"  # the preset that is trained on pictures of twice the side
LARGEST, LARGEST_DOUBLED = 64, 128  # sides at which is trained if nobody says
NAMED = 5  # settings of a run that differ from a command, before "and N more"


@dataclass(frozen=True)
class Plan:
    """What a run starts from: its configuration, its pictures, read once, and the names that were given with --set.

    ``start``: the model it starts from, if it does not start from nothing; ``codec``: the one whose latents it draws,
    if it was given one (``jobs/start.py``).
    """

    config: RunConfig
    dataset: Dataset
    chosen: frozenset[str]
    start: Path | None = None
    codec: Path | None = None


def plan(request: TrainRequest) -> Generator[Event, None, Plan]:
    """A complete configuration and the data it was derived from; tells how far the reading of a folder is.

    Raises:
        UsageError: unknown preset or setting, both ``images`` and ``minutes``, or settings that make no model.
        DataError: the data cannot be read.
    """
    codec = None if request.codec is None else locate(request.codec).folder
    config, chosen = drafted(request, codec), names_set(request.assignments)
    start = None if request.start is None else locate(request.start).folder
    if start is not None:
        config = with_start(config, start, chosen)
    if inner := sorted(name for name in chosen if name.startswith(CODEC)):
        raise UsageError(f"--set {inner[0]} says nothing about the weights of a codec: name a model with --codec")
    if codec is not None:
        if start is not None and lends_network(config, start):
            raise UsageError(f"{start} goes on in what it draws, pixels or latents: leave --codec or --start out")
        config = with_codec(config, codec)
    check_model(config)
    dataset = yield from open_dataset(config.data, config.model.picture.size, references=references_of(config))
    if SIGMA_DATA not in chosen and not (start is not None and lends_network(config, start)):
        config = config.override([f"{SIGMA_DATA}={sigma_data(dataset, codec)}"])
    return Plan(config, dataset, chosen, start, codec)


def drafted(request: TrainRequest, codec: Path | None = None) -> RunConfig:
    """The configuration that a request asks for; of a folder only the headers of some pictures are read.

    Raises:
        UsageError: as ``plan``. DataError: there is no such folder.
    """
    images, minutes, assignments = request.images, request.minutes, request.assignments
    if request.preset not in PRESETS:
        raise UsageError(unknown("preset", request.preset, PRESETS))
    if images is not None and minutes is not None:
        raise UsageError(f"give --images {images} or --minutes {minutes:g}, not both")
    data = DataConfig(source=request.data, sprites=request.sprites)
    data = RunConfig(data=data).override([a for a in assignments if a.startswith("data.")]).data
    largest = LARGEST_DOUBLED if request.preset == DOUBLES else LARGEST
    side = default_side(data, largest) if request.size is None else request.size
    smaller = 1 if codec is None else codec_of(codec).patch
    config = PRESETS[request.preset](max(8, PictureConfig.parse({"size": side}).size // smaller))
    config = config.override([f"model.picture.size={side}"])
    options = [f"train.images={images}"] if images is not None else []
    options += [f"train.seed={request.seed}"] if request.seed is not None else []
    options += ["model.picture.channels=4"] if data.sprites is not None else []
    return config.model_copy(update={"data": data}).override([*options, *assignments])


def references_of(config: RunConfig) -> float:
    """Share of pictures that are to come with a reference picture."""
    return config.train.references if isinstance(config.model, ModelConfig) and config.model.style is not None else 0.0


def names_set(assignments: Sequence[str]) -> frozenset[str]:
    """The dotted names that ``a.b=c`` assignments set, those inside a table one by one."""
    pairs = [(path.strip(), value(text.strip())) for path, _, text in (a.partition("=") for a in assignments)]
    tables = {path: new for path, new in pairs if isinstance(new, dict)}
    return frozenset([path for path, _ in pairs]) | {
        f"{path}.{name}" for path, t in tables.items() for name, _ in leaves(t)
    }


def check_model(config: RunConfig) -> None:
    """Refuse, before anything is written, what could not be trained on pictures or not be sampled afterwards.

    Raises:
        UsageError: such a network, loss weight, or head on a schedule.
    """
    made = config.model
    channels = 3 if config.data.sprites is None else 4
    ndim = made.ndim if isinstance(made, ModelConfig) else 2
    if ndim != 2 or made.picture.channels != channels:
        found = f"model.ndim = {ndim} and model.picture.channels = {made.picture.channels}"
        raise UsageError(f"these pictures have 2 axes and {channels} channels: leave {found} as they were")
    words = None
    if not isinstance(made, WORDLESS):
        words = Tokenizer.train(["a"], vocabulary=made.text.vocabulary, max_tokens=made.text.max_tokens)
    if isinstance(made, UpscaleConfig) and made.picture.size % 2:
        raise UsageError(f"--size {made.picture.size} cannot be halved: a model that doubles needs an even side")
    cells = made if isinstance(made, VAEConfig) else made.codec if isinstance(made, ModelConfig) else None
    if cells is not None and made.picture.size % cells.patch:
        raise UsageError(
            f"--size {made.picture.size} is no multiple of {cells.patch}, the side of a latent cell: choose one"
        )
    try:
        build_any(made, words, train=config.train)  # without weights: costs nothing
    except UsageError:
        raise  # says what to do already
    except ValueError as error:
        raise UsageError(f"these settings make no network: {error}; change them with --set") from None
    if isinstance(made, ModelConfig):
        build_weight(config.train)(torch.zeros(1), build_head(made))
        check_pure_noise(made)


def check_pure_noise(config: ModelConfig) -> None:
    """Raises UsageError if the head says nothing about the picture at t = 1, where sampling starts (core/head.py)."""
    one = torch.ones(1, dtype=torch.float64)
    if not torch.isfinite(to_x0(build_head(config), build_schedule(config), one, one, one)).all():
        raise UsageError(
            f"the head {config.head} does not determine the picture at pure noise on the schedule"
            f" {config.schedule.kind}: use --set model.head=v or edm, or a schedule that keeps some signal (vp_linear)"
        )


def differences(run: RunConfig, asked: RunConfig, *, but: Sequence[str] = ()) -> str:
    """What a resumed run keeps although the command now says otherwise, as text; "" if nothing.

    Args:
        run: what the run started with.
        asked: what the command would start.
        but: settings not to compare.
    """
    kept, wanted = dict(leaves(run.model_dump(mode="json"))), dict(leaves(asked.model_dump(mode="json")))
    names = [n for n in kept | wanted if n not in but and kept.get(n) != wanted.get(n)]
    texts = [f"{n} {kept.get(n, 'none')} instead of {wanted.get(n, 'none')}" for n in names[:NAMED]]
    return ", ".join(texts) + (f", and {len(names) - NAMED} more" if len(names) > NAMED else "")


def leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting by its dotted name."""
    for key, held in table.items():
        if isinstance(held, dict):
            yield from leaves(held, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", held
