"""What is looked at while a model learns to double pictures: how far it is from held-out ones, and others are."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from unfog.evaluate.psnr import psnr
from unfog.jobs.watch import Watching, refuse
from unfog.media.alpha import over
from unfog.media.grid import sheet_png
from unfog.media.image import to_uint8
from unfog.nets.layers import double
from unfog.nets.upscaler import Upscaler, begun
from unfog.train.coarse import halved
from unfog.util.files import write_atomic

TOGETHER = 16
SHOWN = 8
COLUMNS = ("given", "bicubic", "edges", "doubled", "wanted")


class EnlargingWatch(Watching[Upscaler]):
    """Distances over the ``n`` held-out pictures, and a sheet of the first few."""

    @torch.no_grad()
    def pictures(self, positions: range) -> dict[str, Tensor]:
        """Held-out pictures by what they are (``COLUMNS``), all of one size, over white, in [-1, 1]."""
        batch = self.dataset.batch(positions, seed=self.config.train.seed, split="valid")
        given = halved(batch.x, positions, seed=self.config.train.seed)
        doubled = self.model.enlarge(given.x.to(self.state.device)).cpu()
        refuse(doubled, self.state.seen_images)
        bicubic = F.interpolate(given.x, scale_factor=2, mode="bicubic", align_corners=False)
        shown = (double(given.x), bicubic, begun(given.x), doubled, given.wanted)
        flat = [over(x.clamp(-1, 1)) if x.shape[1] == 4 else x.clamp(-1, 1) for x in shown]
        return dict(zip(COLUMNS, flat, strict=True))

    def validate(self) -> dict[str, Any]:
        """Mean absolute error and PSNR (of a range of 2), of this model and of what it is to beat."""
        errors = dict.fromkeys(COLUMNS[1:4], (0.0, 0.0))
        for first in range(0, self.n, TOGETHER):
            made = self.pictures(range(first, min(first + TOGETHER, self.n)))
            for name, (l1, l2) in errors.items():
                apart = (made[name] - made["wanted"]).double()
                count = len(apart) / self.n
                errors[name] = l1 + count * apart.abs().mean().item(), l2 + count * apart.square().mean().item()
        found = {"kind": "validation", "step": self.state.step, "seen_images": self.state.seen_images, "time": {}}
        for name, (l1, l2) in errors.items():
            found |= {f"{name}_l1": l1, f"{name}_psnr_db": psnr(l2)}
        return found

    def preview(self) -> None:
        """Write a sheet: what is given, interpolated in two ways, doubled, and what was wanted."""
        if self.n == 0:
            return
        made = self.pictures(range(min(SHOWN, self.n)))
        rows = torch.stack([made[name] for name in COLUMNS], dim=1).flatten(0, 1)  # (rows * columns, 3, h, w)
        page = sheet_png(to_uint8(rows), [*COLUMNS] * (len(rows) // len(COLUMNS)), columns=len(COLUMNS))
        write_atomic(self.folder.samples / f"{self.state.seen_images:010d}.png", page)
