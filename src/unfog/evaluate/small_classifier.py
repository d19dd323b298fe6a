"""A small convolutional classifier that learns in seconds of one core: which class a picture of 32 pixels shows.

    [3 x 3 convolution -> maximum of 2 x 2 -> norm -> SiLU] x 3 -> mean over the cells -> one score per class

About 24,000 parameters. AdamW with a short warm-up and a linear decay to 0, as many batches of ``BATCH``
pictures as asked for, whatever the number of pictures. Weights are a function of the seed, and
so is all else: the same pictures and seed give the same classifier.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor, nn

from unfog.media.image import from_uint8
from unfog.nets.layers import ChannelNorm, Conv, Linear, initialise

SIDE = 32
WIDTHS = (3, 16, 32, 64)
BATCH = 32
RATE, WARM, DECAY = 5e-3, 25, 0.05
TOGETHER = 256

Batches = Callable[[int], tuple[Float[Tensor, "b 3 h w"], Int64[Tensor, " b"]]]
"""Step -> pictures in [-1, 1] and their classes."""


class SmallClassifier(nn.Module):
    """Scores of ``classes`` classes."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(Conv(2, a, b) for a, b in pairwise(WIDTHS))
        self.norms = nn.ModuleList(ChannelNorm(width) for width in WIDTHS[1:])
        self.head = Linear(WIDTHS[-1], classes)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes"]:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.silu(norm(F.max_pool2d(conv(x), 2)))
        return self.head(x.mean(dim=(2, 3)))


def fit(batches: Batches, classes: int, seed: int, *, steps: int) -> Generator[tuple[int, int], None, SmallClassifier]:
    """A classifier that learned from ``batches(0)`` to ``batches(steps - 1)``, telling how many of how many."""
    classifier = SmallClassifier(classes)
    initialise(classifier, seed)
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=RATE, weight_decay=DECAY)
    warm = max(1, min(WARM, steps // 10))
    for step in range(steps):
        yield step, steps
        with torch.enable_grad():
            for group in optimiser.param_groups:
                group["lr"] = RATE * min((step + 1) / warm, (steps - step) / steps)
            x, labels = batches(step)
            loss = F.cross_entropy(classifier(x), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return classifier.eval().requires_grad_(False)


@torch.no_grad()
def classes_seen(classifier: SmallClassifier, pixels: UInt8[Tensor, "n 3 h w"]) -> Int64[Tensor, " n"]:
    """The class that each picture is taken for."""
    return torch.cat([classifier(from_uint8(some)).argmax(dim=1) for some in pixels.split(TOGETHER)])


def accuracy(classifier: SmallClassifier, pixels: UInt8[Tensor, "n 3 h w"], labels: Int64[Tensor, " n"]) -> float:
    """Share of pictures, at least one, taken for what they are."""
    return (classes_seen(classifier, pixels) == labels).double().mean().item()
