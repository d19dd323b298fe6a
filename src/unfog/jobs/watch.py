"""What is looked at while a run is going: a validation error with fixed dice, and pictures at fixed seeds."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from unfog.config.sample import GUIDED, PLAIN, SampleConfig
from unfog.config.train import RunConfig, TrainConfig
from unfog.data.dataset import Dataset
from unfog.jobs.run_folder import RunFolder
from unfog.media.grid import sheet_png
from unfog.model.build import build_density
from unfog.model.model import Model
from unfog.samplers.step import last
from unfog.tasks.generate import decode, generate
from unfog.train.objective import example
from unfog.train.state import TrainState
from unfog.util.errors import DivergedError
from unfog.util.files import write_atomic
from unfog.util.random import Draw

EDGES = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
PROMPTS = 16


def recommended(config: TrainConfig) -> SampleConfig:
    """How to sample a model trained so: without guidance if no caption was dropped, since it knows no null caption."""
    if config.caption_dropout:
        return SampleConfig(grid=GUIDED)
    sampler, grid = PLAIN
    return SampleConfig(guidance=1.0, sampler=sampler, grid=grid)


class Watch(Protocol):
    """What is looked at; ``n`` pictures are kept apart for it, perhaps none."""

    n: int

    def validate(self) -> dict[str, Any]:
        """A line for the events. Raises DivergedError if a number is not finite."""
        ...

    def preview(self) -> None:
        """Write a picture of how far the run is. Raises DivergedError as ``validate``."""
        ...


def kept_apart(config: RunConfig, dataset: Dataset) -> int:
    """How many pictures are looked at."""
    count = dataset.valid_count
    return config.train.validate_images if count is None else min(config.train.validate_images, count)


def refuse(values: Tensor, seen_images: int) -> None:
    """Raise DivergedError unless every value is finite."""
    if not torch.isfinite(values).all():
        raise DivergedError(f"the averaged weights diverged before image {seen_images}")


M = TypeVar("M", bound=nn.Module)


class Watching(Generic[M]):
    """What every watch looks at: averaged weights of a run and the pictures that are kept apart."""

    def __init__(
        self, config: RunConfig, model: M, dataset: Dataset, state: TrainState[Any], folder: RunFolder
    ) -> None:
        self.config, self.model, self.dataset = config, model, dataset
        self.state, self.folder = state, folder
        self.n = kept_apart(config, dataset)


class DrawingWatch(Watching[Model]):
    """Validation and previews of the averaged weights at fixed (picture, time, noise) and fixed (prompt, seed).

    ``n`` is 0 for a folder too small to keep pictures apart (``data/split.py``): there is no validation then, and the
    previews are of captions that it trains on.
    """

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Mean squared error in the head's units on the ``n`` (> 0) held-out pictures, over all and by bins of lam.

        Raises:
            DivergedError: it is not finite.
        """
        errors, lams = list[Tensor](), list[Tensor]()
        for first in range(0, self.n, 64):
            error, lam = self.errors(range(first, min(first + 64, self.n)))
            errors.append(error)
            lams.append(lam)
        error, lam = torch.cat(errors), torch.cat(lams)
        refuse(error, self.state.seen_images)
        where = torch.bucketize(lam, torch.tensor(EDGES))
        bins = [error[where == k].mean().item() if (where == k).any() else None for k in range(len(EDGES) + 1)]
        return {
            "kind": "validation",
            "step": self.state.step,
            "seen_images": self.state.seen_images,
            "error": error.mean().item(),
            "error_by_lam": bins,
            "time": {},
        }

    def errors(self, positions: range) -> tuple[Tensor, Tensor]:
        """Squared error per held-out picture and its noise level."""
        seed, denoiser = self.config.train.seed, self.model.denoiser
        batch = self.dataset.batch(positions, seed=seed, split="valid")
        e = example(
            batch.x,
            self.model.tokenizer.encode(batch.captions),
            positions,
            shape=self.model.shape(),
            seed=seed,
            density=build_density(self.config.train),
            process=denoiser.process,
            caption_dropout=0.0,
            draws=(Draw.VALID_TIME, Draw.VALID_NOISE),
        ).to(self.model.device)
        error = denoiser.error(self.model.encode(e.x), e.t, e.eps, self.model.text(e.words, e.drop))
        return error.cpu(), denoiser.process.lam(e.t).cpu()

    def preview(self) -> None:
        """Write a sheet of fixed prompts at fixed seeds to the samples folder; a batch of them is drawn together.

        Raises:
            DivergedError: a picture is not finite.
        """
        split, count = ("valid", self.n) if self.n else ("train", self.dataset.count or PROMPTS)
        captions = self.dataset.batch(range(min(PROMPTS, count)), seed=self.config.train.seed, split=split).captions
        model, sample, b = self.model, recommended(self.config.train), self.config.train.batch
        seeds = [range(first, min(first + b, len(captions))) for first in range(0, len(captions), b)]
        drawn = [generate(model, captions[some.start : some.stop], some, sample, exact=False) for some in seeds]
        x = torch.cat([last(steps).x for steps in drawn])
        refuse(x, self.state.seen_images)
        page = sheet_png(decode(model, x), captions)
        write_atomic(self.folder.samples / f"{self.state.seen_images:010d}.png", page)
