"""Conditioning as plain data: what a network may be told besides the noisy tensor and its noise level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Cond:
    """One row per sample in every field that is present; ``None`` means the network is not conditioned on it.

    Fields:
        tokens: encoded text, ``(b, l, d)``.
        mask: which of the ``l`` tokens are real, ``(b, l)`` bool.
        pooled: one summary vector of the text, ``(b, e)``.
        label: class index, ``(b,)`` int64.
        image: tokens of a reference picture, ``(b, m, d)``.
        control: a spatial condition (mask, edges, known pixels), ``(b, k, *space)``.
        sketch: what the text alone suggests (``nets/sketch.py``), ``(b, c, *cells)``, worked out once for all steps.
    """

    tokens: Tensor | None = None
    mask: Tensor | None = None
    pooled: Tensor | None = None
    label: Tensor | None = None
    image: Tensor | None = None
    control: Tensor | None = None
    sketch: Tensor | None = None

    def present(self) -> dict[str, Tensor]:
        """The fields that are not ``None``, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}

    @property
    def batch(self) -> int:
        """Number of samples described (0 for the empty conditioning)."""
        return next((v.shape[0] for v in self.present().values()), 0)

    @staticmethod
    def cat(parts: Sequence[Cond]) -> Cond:
        """Stack several conditionings along the batch.

        Raises:
            ValueError: the parts do not carry the same fields.
        """
        names = [tuple(p.present()) for p in parts]
        if len(set(names)) != 1:
            raise ValueError(f"cannot stack conditionings with different fields: {names}")
        return Cond(**{n: torch.cat([getattr(p, n) for p in parts]) for n in names[0]})

    def expand(self, b: int) -> Cond:
        """Repeat a single row ``b`` times (a view); a conditioning that already has ``b`` rows is returned as is.

        Raises:
            ValueError: there are neither 1 nor ``b`` rows.
        """
        if self.batch in (0, b):
            return self
        if self.batch != 1:
            raise ValueError(f"cannot expand conditioning of {self.batch} rows to {b}")
        return Cond(**{n: v.expand(b, *v.shape[1:]) for n, v in self.present().items()})

    def to(self, device: torch.device) -> Cond:
        return replace(self, **{n: v.to(device) for n, v in self.present().items()})
