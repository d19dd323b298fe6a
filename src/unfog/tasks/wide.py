"""A model of pixels on pictures of any size: in overlapping windows where they are larger, continued where smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.model.model import Model
from unfog.tasks.denoise import covered, on_canvas, uncovered
from unfog.tasks.generate import Tally


class Anywhere(NamedTuple):
    """A denoiser of canvases that are large enough for the model, and the way there and back."""

    denoise: Denoise
    cover: Callable[[Tensor], Tensor]
    uncover: Callable[[Tensor], Tensor]


def anywhere(model: Model, prompt: str, tally: Tally, space: tuple[int, int]) -> Anywhere:
    """For pictures of ``space`` (height, width)."""
    return Anywhere(on_canvas(model, prompt, tally), lambda x: covered(model, x), lambda x: uncovered(x, space))
