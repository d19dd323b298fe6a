"""What is looked at while a model learns to make pictures smaller: what comes back, plain and from noisy latents."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from unfog.codec.vae import VAE
from unfog.evaluate.psnr import psnr
from unfog.jobs.watch import Watching, refuse
from unfog.media.alpha import over
from unfog.media.grid import sheet_png
from unfog.media.image import to_uint8
from unfog.train.coded import coded
from unfog.util.files import write_atomic
from unfog.util.random import Draw

TOGETHER = 64
SHOWN = 8
COLUMNS = ("given", "back", "noisy")


class CodingWatch(Watching[VAE]):
    """Distances over the ``n`` held-out pictures, and a sheet of the first few."""

    @torch.no_grad()
    def pictures(self, positions: range) -> tuple[dict[str, Tensor], Tensor]:
        """Held-out pictures by what they are (``COLUMNS``), in [-1, 1], and their latents."""
        seed = self.config.train.seed
        x = self.dataset.batch(positions, seed=seed, split="valid").x
        z = self.model.encode(x.to(self.state.device))
        eps = coded(x, positions, seed=seed, shape=tuple(z.shape[1:]), draw=Draw.VALID_LATENT).eps.to(z)
        back, noisy = (self.model.decode(each).cpu() for each in (z, z + self.model.noise * eps))
        refuse(back, self.state.seen_images)
        return dict(zip(COLUMNS, (x, back.clamp(-1, 1), noisy.clamp(-1, 1)), strict=True)), z.cpu()

    def validate(self) -> dict[str, Any]:
        """PSNR (of a range of 2) of what comes back, and the spread of the latents."""
        errors, power = dict.fromkeys(COLUMNS[1:], 0.0), 0.0
        for first in range(0, self.n, TOGETHER):
            made, z = self.pictures(range(first, min(first + TOGETHER, self.n)))
            share = len(z) / self.n
            power += share * z.double().square().mean().item()
            for name in errors:
                errors[name] += share * (made[name] - made["given"]).double().square().mean().item()
        found = {"kind": "validation", "step": self.state.step, "seen_images": self.state.seen_images, "time": {}}
        found |= {f"{name}_psnr_db": psnr(error) for name, error in errors.items()}
        return found | {"latent_spread": math.sqrt(power)}

    def preview(self) -> None:
        """Write a sheet: what is given, what comes back, and what comes back from noisy latents."""
        if self.n == 0:
            return
        made, _ = self.pictures(range(min(SHOWN, self.n)))
        rows = torch.stack([made[name] for name in COLUMNS], dim=1).flatten(0, 1)  # (rows * columns, c, h, w)
        flat = over(rows) if rows.shape[1] == 4 else rows
        page = sheet_png(to_uint8(flat), [*COLUMNS] * (len(rows) // len(COLUMNS)), columns=len(COLUMNS))
        write_atomic(self.folder.samples / f"{self.state.seen_images:010d}.png", page)
