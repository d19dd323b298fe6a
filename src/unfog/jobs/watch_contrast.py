"""What is looked at while two towers are trained: whether captions find their own pictures among held-out ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unfog.config.train import RunConfig
from unfog.data.dataset import Dataset
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.watch import kept_apart, refuse
from unfog.media.alpha import over
from unfog.media.grid import sheet_png
from unfog.media.image import to_uint8
from unfog.text.contrast import Contrast
from unfog.train.state import TrainState
from unfog.util.files import write_atomic

TOGETHER = 64
SHOWN = 16


class ComparingWatch:
    """Retrieval among the ``n`` held-out pictures, and a sheet of what captions find first."""

    def __init__(
        self, config: RunConfig, model: Contrast, dataset: Dataset, state: TrainState[Any], folder: RunFolder
    ) -> None:
        self.config, self.model, self.dataset = config, model, dataset
        self.state, self.folder = state, folder
        self.n = kept_apart(config, dataset)

    @torch.no_grad()
    def scores(self) -> tuple[Tensor, Tensor, list[str]]:
        """Cosines ``(n captions, n pictures)``, the pictures and the captions."""
        cosines, pictures, captions = list[tuple[Tensor, Tensor]](), list[Tensor](), list[str]()
        for first in range(0, self.n, TOGETHER):
            some = range(first, min(first + TOGETHER, self.n))
            batch = self.dataset.batch(some, seed=self.config.train.seed, split="valid")
            words = self.model.tokenizer.encode(batch.captions, pad_to=self.model.tokenizer.max_tokens)
            read = self.model.read(words.to(self.model.device))
            cosines.append((read.cpu(), self.model.look(batch.x.to(self.model.device)).cpu()))
            pictures.append(batch.x)
            captions += batch.captions
        u, v = (torch.cat(column) for column in zip(*cosines, strict=True))
        refuse(torch.cat([u, v]), self.state.seen_images)
        return u @ v.T, torch.cat(pictures), captions

    def validate(self) -> dict[str, Any]:
        """Shares of captions whose own picture is the first, or among the first ten."""
        scores, _, _ = self.scores()
        above = (scores > scores.diagonal()[:, None]).sum(1)  # pictures that seem to fit better
        return {
            "kind": "validation",
            "step": self.state.step,
            "seen_images": self.state.seen_images,
            "pictures": self.n,
            "recall_at_1": (above < 1).double().mean().item(),
            "recall_at_10": (above < 10).double().mean().item(),
            "time": {},
        }

    def preview(self) -> None:
        """Write a sheet of captions with the pictures that they find first."""
        if self.n == 0:
            return
        scores, pictures, captions = self.scores()
        found = pictures[scores[:SHOWN].argmax(1)]
        pixels = to_uint8(over(found) if found.shape[1] == 4 else found)
        write_atomic(self.folder.samples / f"{self.state.seen_images:010d}.png", sheet_png(pixels, captions[:SHOWN]))
