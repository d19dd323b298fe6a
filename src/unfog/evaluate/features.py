"""Pictures as vectors in which alike pictures are near: those of the picture tower of a text-image model.

A distance between distributions means nothing without the features it is measured on, so they carry the name of the
model they are from and the sha256 of its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from unfog.text.contrast import Contrast

TOGETHER = 128


@dataclass(frozen=True)
class Eyes:
    """A text-image model as a judge.

    Attributes:
        name: of the model, for the names of what is measured with it; id: its sha256.
        channels, side: of the pictures it was trained on.
    """

    model: Contrast
    name: str
    id: str
    channels: int
    side: int


@torch.no_grad()
def look(eyes: Eyes, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d"]:
    """Unit vectors of pictures, RGB or premultiplied RGBA, in [-1, 1], of any size."""
    return torch.cat([eyes.model.look(some).cpu() for some in fitted(eyes, x).to(eyes.model.device).split(TOGETHER)])


@torch.no_grad()
def read(eyes: Eyes, texts: Sequence[str]) -> Float[Tensor, "b d"]:
    """Unit vectors of texts."""
    tokenizer = eyes.model.tokenizer
    parts = [texts[k : k + TOGETHER] for k in range(0, len(texts), TOGETHER)]
    return torch.cat(
        [
            eyes.model.read(tokenizer.encode(part, pad_to=tokenizer.max_tokens).to(eyes.model.device)).cpu()
            for part in parts
        ]
    )


def spread(vectors: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
    """Unit vectors made ``sqrt(d)`` long, so that a mean component is about 1, as kernels and covariances expect."""
    return vectors * vectors.shape[1] ** 0.5


def fitted(eyes: Eyes, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 side side"]:
    """Pictures with the channels and the size that the model knows.

    Raises:
        ValueError: neither three nor four channels.
    """
    if x.shape[1] not in (3, 4):
        raise ValueError(f"pictures to look at have 3 or 4 channels, got {x.shape[1]}")
    if x.shape[1] < eyes.channels:
        x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    elif x.shape[1] > eyes.channels:
        x = x[:, :3] + (1 - x[:, 3:]) / 2  # over white
    if x.shape[-2:] != (eyes.side, eyes.side):
        x = F.interpolate(x, (eyes.side, eyes.side), mode="bilinear", antialias=True, align_corners=False)
    return x
