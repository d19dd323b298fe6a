"""What an edit is made of: the pictures that go in, and the work on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from unfog.media.mask import mask_of, read_mask
from unfog.media.original import Original, read_original
from unfog.samplers.step import Step
from unfog.tasks.frame import Frame

Run = Callable[[int], Iterator[Step | None]]


@dataclass(frozen=True)
class Inputs:
    """The pictures that go into an edit; ``kernel`` blurred the picture."""

    picture: Original
    mask: Float[Tensor, "h w"] | None = None
    style: Original | None = None
    kernel: Float[Tensor, "_h _w"] | None = None


def read_inputs(
    picture: Path, *, mask: Path | None = None, style: Path | None = None, kernel: Path | None = None
) -> Inputs:
    """The pictures of an edit from their files.

    Raises:
        DataError: one cannot be read, or the mask is of another size or black everywhere.
    """
    original = read_original(picture)
    return Inputs(
        original,
        None if mask is None else read_mask(mask, original.size),
        None if style is None else read_original(style),
        None if kernel is None else mask_of(read_original(kernel)),
    )


@dataclass(frozen=True)
class Work:
    """An edit about to be made.

    Fields:
        original: the picture, with the margins that outpainting adds.
        frame: where it is worked on.
        mask: what is painted, of the whole picture; ``None``: all.
        run: seed -> steps, and ``None`` for every part of a step but the last.
        back: of an inversion that was run, PSNR in dB of the way there and back against what the codec makes of it.
        pixels: steps hold pictures as large as the frame, whatever the model's codec.
        parts: of a step, between which the work may be left and taken up again.
    """

    original: Original
    frame: Frame
    mask: Float[Tensor, "h w"] | None
    run: Run
    back: Callable[[], float] | None = None
    pixels: bool = False
    parts: int = 1
