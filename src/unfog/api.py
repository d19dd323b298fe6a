"""unfog from Python.

import unfog
model = unfog.load()
images = model.generate("two green stars above a red circle", n=4, seed=0)
images[0].save("stars.png")
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.jobs.events import Note, Picture
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.settings import Chosen, request_for
from unfog.media.image import picture_of
from unfog.media.png import options
from unfog.media.recipe import texts
from unfog.model.locate import locate


def load(name_or_dir: str | Path | None = None, *, device: str | None = None) -> Model:
    """Load a model.

    Args:
        name_or_dir: a name of ``unfog model list``, a model folder, or a run folder; ``None``: the model that comes
            with unfog.
        device: "cpu", "cuda", "cuda:N" or "mps"; ``None``: the fastest there is.

    Raises:
        ModelError: there is no such model, or its files are damaged.
        UsageError: there is no such device.
    """
    return Model(open_model(locate(name_or_dir), device))


class Model:
    """A model ready for use; ``load`` makes one. It keeps nothing of a call and may be used from several threads."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded

    @property
    def manifest(self) -> Manifest:
        """All that is known about the model: training, licences, metrics, recommended settings."""
        return self._loaded.found.manifest

    @property
    def config(self) -> ModelConfig:
        """What the model is."""
        return self._loaded.model.config

    @property
    def sha256(self) -> str:
        """The id by which recipes name this model."""
        return self._loaded.found.id

    def generate(
        self,
        prompt: str,
        n: int = 1,
        seed: int = 0,
        negative: str = "",
        size: tuple[int, int] | None = None,
        *,
        canvas: tuple[int, int] | None = None,
        native: bool = False,
        transparent: bool = False,
        sampler: str | None = None,
        grid: str | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        interval: tuple[float, float] | None = None,
        rescale: float | None = None,
        sag: float | None = None,
        eta: float | None = None,
        guide: Sequence[str] | None = None,
    ) -> list[Image.Image]:
        """Make ``n`` pictures; ``image.info["unfog"]`` is the recipe of each, as canonical JSON.

        ``image.save("NAME.png")`` stores it in the file, which ``unfog replay`` then remakes.

        Picture k is the picture of ``seed + k`` (mod 2^64) asked for alone. Settings that are ``None`` are the model's
        recommended ones (``manifest.sample``).

        Args:
            prompt: what to show; "" is allowed and unconditional. Several at once with AND, NOT and weights, such as
                "a cat :1.2 AND a dog NOT a hat :0.5" (docs/prompts.md).
            n: number of pictures, 1..1024.
            seed: 0..2^64-1.
            negative: what to steer away from.
            size: width and height in pixels; ``None``: the longer side has 512.
            canvas: width and height that the model paints; ``None``: as trained, in the shape of ``size``.
            native: keep the model's own pixels instead of enlarging them.
            transparent: keep transparency (RGBA), if the model paints it; otherwise it lies on white.
            sampler: a name in ``unfog.samplers.SAMPLERS``, or what others call it ("DPM++ 2M Karras").
            grid: a name in ``unfog.core.grid.GRIDS``, or what others call it.
            steps: 1..1000.
            guidance: strength of classifier-free guidance, 0..100; 1 is plain conditional.
            interval: guide only for lam = log(alpha/sigma) between these two.
            rescale: pull the contrast of guided estimates back to the plain ones, 0..1.
            sag: strength of self-attention guidance, 0..10.
            eta: fresh noise per step of the sampler ddim, 0..1.
            guide: more guidance, each "NAME" or "NAME:NUMBER": names in ``unfog.config.guide.GUIDES``.

        Warns:
            UserWarning: a word the model was never shown, with the nearest it knows; a prompt longer than it reads.

        Raises:
            UsageError: a value out of bounds, or something this model cannot do.
        """
        request = request_for(
            self.manifest,
            prompt,
            Chosen(sampler, grid, steps, guidance, interval, rescale, sag, eta, guide),
            n=n,
            seed=seed,
            negative=negative,
            size=size,
            canvas=canvas,
            native=native,
            transparent=transparent,
        )
        events = list(generate_job(request, self._loaded))
        for note in (event for event in events if isinstance(event, Note)):
            warnings.warn(note.message, stacklevel=2)
        return [image_of(event) for event in events if isinstance(event, Picture)]


def image_of(picture: Picture) -> Image.Image:
    """A finished picture for Pillow, its recipe in ``info``; saved as PNG, it is the file that the command writes."""
    image = picture_of(picture.pixels)
    image.info |= texts(picture.recipe)
    image.encoderinfo = options(texts(picture.recipe))
    return image
