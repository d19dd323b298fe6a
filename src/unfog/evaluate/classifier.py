"""Which thing a picture shows, and by which hand: a small convolutional network, the judge of single concepts.

    picture over mid-grey (64 px) -> unshuffle -> conv -> [residual block, halve] x 2 -> residual block -> mean
        -> one score per concept, one per style

It learns from renders (``lessons``) and judges what a model paints, so it must be good at renders it never saw: what it
gets wrong on those is printed beside every measurement as its ceiling. Pictures are laid over mid-grey, where white
things on a transparent ground can still be seen. About 1.2 M parameters for 240 concepts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from unfog.nets.layers import ChannelNorm, Conv, Downsample, Linear, unshuffle
from unfog.util.errors import ModelError
from unfog.util.files import commit_directory, verify_directory

SIDE = 64
FOLD = 2  # pixels a side that are folded into channels first
WIDTHS = (32, 48, 96, 192)
MANIFEST = "classifier.json"
WEIGHTS = "classifier.safetensors"
TOGETHER = 128


@dataclass(frozen=True)
class Labels:
    """What a classifier can say.

    Attributes:
        concepts: identities of things, as in ``Sprite.concept``.
        styles: names of the sprites' own styles.
    """

    concepts: tuple[str, ...]
    styles: tuple[str, ...]


class Residual(nn.Module):
    """norm-SiLU-conv twice, plus the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = ChannelNorm(width), ChannelNorm(width)
        self.conv1, self.conv2 = Conv(2, width, width), Conv(2, width, width, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))


class Classifier(nn.Module):
    """Scores of concepts and styles; the widths are fixed, the labels decide the size of the heads."""

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        stem, *rest = WIDTHS
        self.stem = Conv(2, 3 * FOLD**2, stem)
        self.halve = nn.ModuleList(Downsample(2, a, b) for a, b in zip(WIDTHS, rest, strict=False))
        self.blocks = nn.ModuleList(Residual(width) for width in rest)
        self.norm = ChannelNorm(WIDTHS[-1])
        self.concept = Linear(WIDTHS[-1], len(labels.concepts))
        self.style = Linear(WIDTHS[-1], len(labels.styles))

    def features(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 192"]:
        """What the heads look at, for pictures laid over mid-grey (``over_grey``)."""
        h = F.silu(self.stem(unshuffle(x, FOLD)))
        for halve, block in zip(self.halve, self.blocks, strict=True):
            h = block(halve(h))
        return F.silu(self.norm(h)).mean(dim=(2, 3))

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b concepts"], Float[Tensor, "b styles"]]:
        """Scores (logits) of every concept and of every style."""
        h = self.features(x)
        return self.concept(h), self.style(h)


@dataclass(frozen=True)
class Verdicts:
    """What a classifier says of pictures: log-probabilities, one row per picture."""

    concepts: Float[Tensor, "b concepts"]
    styles: Float[Tensor, "b styles"]


@torch.no_grad()
def judge(classifier: Classifier, x: Float[Tensor, "b c h w"]) -> Verdicts:
    """Look at pictures as models make them: RGB, or premultiplied RGBA, in [-1, 1], of any size."""
    said = [classifier(some) for some in over_grey(x).split(TOGETHER)]
    concepts, styles = (torch.cat(column).float().log_softmax(dim=1) for column in zip(*said, strict=True))
    return Verdicts(concepts, styles)


def over_grey(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 side side"]:
    """Pictures laid over mid-grey (which premultiplied colours are already), 64 pixels a side.

    Raises:
        ValueError: neither three nor four channels.
    """
    if x.shape[1] not in (3, 4):
        raise ValueError(f"pictures to be judged have 3 or 4 channels, got {x.shape[1]}")
    x = x[:, :3].clamp(-1, 1)
    if x.shape[-2:] == (SIDE, SIDE):
        return x
    return F.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)


def save_classifier(classifier: Classifier, target: Path, facts: dict[str, object]) -> None:
    """Write a folder atomically; ``facts`` (how it was trained, how good it is) go into its manifest.

    Raises:
        UsageError: ``target`` exists. DiskError: the disk is full.
    """
    tensors = {
        name: tensor.detach().to(torch.bfloat16).contiguous() for name, tensor in classifier.state_dict().items()
    }
    labels = {"concepts": list(classifier.labels.concepts), "styles": list(classifier.labels.styles)}
    commit_directory(
        target,
        lambda folder: save_file(tensors, folder / WEIGHTS),
        manifest=MANIFEST,
        facts={"format": "unfog.classifier/1", "labels": labels} | facts,
    )


def load_classifier(folder: Path) -> tuple[Classifier, str]:
    """A classifier from its folder, in evaluation mode, and the sha256 of its weights.

    Raises:
        ModelError: no such folder, damaged files, or weights that do not fit its labels.
    """
    if not (folder / MANIFEST).is_file():
        raise ModelError(
            f"{folder} is not the folder of a classifier: it has no {MANIFEST};"
            " make one with tools/train_classifier.py --sprites DIR --out DIR"
        )
    record = verify_directory(folder, hashes=True, manifest=MANIFEST)
    try:
        labels = Labels(tuple(record["labels"]["concepts"]), tuple(record["labels"]["styles"]))
        classifier = Classifier(labels)
        stored = load_file(folder / WEIGHTS)
        classifier.load_state_dict({name: tensor.float() for name, tensor in stored.items()})
    except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().rpartition("\n")[2].strip()
        raise ModelError(f"{folder} does not fit its {MANIFEST}: {reason}; make it again") from None
    return classifier.eval().requires_grad_(False), str(record["files"][WEIGHTS]["sha256"])


def read_facts(folder: Path) -> dict[str, object]:
    """The manifest of a classifier as stored."""
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
