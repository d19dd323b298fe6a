"""What is looked at while two towers are trained: whether captions find their own pictures among held-out ones.

And, if a sketch is trained with them, how far what captions suggest is from the thumbnails of their pictures.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from unfog.core.cond import Cond
from unfog.jobs.watch import Watching, refuse
from unfog.media.alpha import over
from unfog.media.grid import sheet_png
from unfog.media.image import to_uint8
from unfog.text.contrast import Contrast
from unfog.util.files import write_atomic

TOGETHER = 64
SHOWN = 16


class ComparingWatch(Watching[Contrast]):
    """Retrieval among the ``n`` held-out pictures, and a sheet of what captions find first."""

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
        scores, pictures, captions = self.scores()
        above = (scores > scores.diagonal()[:, None]).sum(1)  # pictures that seem to fit better
        facts = {} if self.model.sketch is None else {"sketch_error": self.apart(pictures, captions)}
        return facts | {
            "kind": "validation",
            "step": self.state.step,
            "seen_images": self.state.seen_images,
            "pictures": self.n,
            "recall_at_1": (above < 1).double().mean().item(),
            "recall_at_10": (above < 10).double().mean().item(),
            "time": {},
        }

    @torch.no_grad()
    def reading(self, captions: list[str]) -> Cond:
        """What the text tower makes of captions."""
        words = self.model.tokenizer.encode(captions, pad_to=self.model.tokenizer.max_tokens)
        return self.model.text(words.to(self.model.device))

    @torch.no_grad()
    def apart(self, pictures: Tensor, captions: list[str]) -> float:
        """Mean squared distance of what captions suggest from the thumbnails of their pictures."""
        assert self.model.sketch is not None
        return self.model.sketch.loss(self.reading(captions), pictures.to(self.model.device)).mean().item()

    def preview(self) -> None:
        """Write a sheet of captions with the pictures that they find first, and one with what they suggest."""
        if self.n == 0:
            return
        scores, pictures, captions = self.scores()
        self.sheet("", pictures[scores[:SHOWN].argmax(1)], captions[:SHOWN])
        if self.model.sketch is not None:
            with torch.no_grad():
                thumbnails = self.model.sketch(self.reading(captions[:SHOWN])).cpu()
            self.sheet("-sketch", F.interpolate(thumbnails, size=pictures.shape[2:]), captions[:SHOWN])

    def sheet(self, suffix: str, x: Tensor, captions: list[str]) -> None:
        """Write pictures with their captions to the samples folder."""
        pixels = to_uint8((over(x) if x.shape[1] == 4 else x).clamp(-1, 1))
        page = sheet_png(pixels, captions)
        write_atomic(self.folder.samples / f"{self.state.seen_images:010d}{suffix}.png", page)
