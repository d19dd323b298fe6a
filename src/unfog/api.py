"""unfog from Python.

import unfog
model = unfog.load()
images = model.generate("two green stars above a red circle", n=4, seed=0)
images[0].save("stars.png")
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from PIL import Image

from unfog.config.edit import Denoise, Inpaint, Restore, Restyle, Upscale, Way
from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.config.sample import Layout
from unfog.jobs.augment import augment_job
from unfog.jobs.augment_data import augment_request_for
from unfog.jobs.edit import edit_job
from unfog.jobs.edit_settings import edit_request_for, way_of_edit
from unfog.jobs.edit_work import Inputs
from unfog.jobs.events import Event, Note, Picture, Result
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.morph import check_target, morph_job, morph_request_for
from unfog.jobs.settings import Chosen, Drawn, chosen_of, request_for
from unfog.media.image import picture_of
from unfog.media.mask import checked_mask, mask_of
from unfog.media.original import Given, given
from unfog.media.png import options
from unfog.media.recipe import texts
from unfog.model.locate import locate
from unfog.util.errors import UsageError


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
        whole: bool = False,
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
            whole: paint in one piece; otherwise several things are painted one by one (``unfog.tasks.layers``).
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
            whole=whole,
        )
        return images_of(generate_job(request, self._loaded))

    def compose(
        self,
        prompt: str,
        regions: Sequence[tuple[tuple[float, float, float, float], str]] = (),
        *,
        windows: bool = False,
        tile: bool = False,
        size: tuple[int, int] | None = None,
        canvas: tuple[int, int] | None = None,
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """Make pictures whose parts have prompts of their own, or that are larger than the model paints at once.

        Args:
            prompt: what is round and between the regions.
            regions: (left, top, right, bottom) in shares of the canvas, 0..1, and a prompt each; later ones lie over
                earlier ones.
            windows: paint in overlapping windows of the trained size, for a ``canvas`` that is larger.
            tile: so that the picture continues at the opposite edge.
            size, canvas: as of ``generate``.
            drawn: as of ``edit``.

        Raises:
            UsageError: a value out of bounds, or something this model cannot do.
        """
        parts = [{"box": box, "prompt": text} for box, text in regions]
        request = request_for(
            self.manifest,
            prompt,
            chosen_of(drawn),
            n=drawn.get("n", 1),
            seed=drawn.get("seed", 0),
            negative=drawn.get("negative", ""),
            size=size,
            canvas=canvas,
            layout=Layout.parse({"regions": parts, "windows": windows, "tile": tile}),
        )
        return images_of(generate_job(request, self._loaded))

    def edit(
        self,
        image: Given,
        prompt: str,
        *,
        strength: float | None = None,
        method: Literal["img2img", "inversion"] = "img2img",
        was: str = "",
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """Change a picture towards a sentence; the pictures come back as large as it is.

        Args:
            image: a file, or a Pillow image.
            prompt: what the finished picture shows.
            strength: of "img2img": 0 is the picture as it is, 1 nothing of it; ``None``: 0.6.
            method: "img2img" goes through noise, "inversion" through the noise the picture would come from.
            was: for an inversion, what the picture shows now, in words.
            drawn: n, seed, negative, sampler, grid, steps and guidance, as of ``generate``.

        Raises:
            DataError: the picture cannot be read. UsageError: a value out of bounds, or something this model cannot do.
        """
        way = way_of_edit(method, strength, was)
        return self._edited(Inputs(given(image)), prompt, way, drawn)

    def vary(
        self, image: Given, prompt: str = "", *, strength: float = 0.6, **drawn: Unpack[Drawn]
    ) -> list[Image.Image]:
        """Variants of a picture; arguments as of ``edit``."""
        return self.edit(image, prompt, strength=strength, **drawn)

    def inpaint(
        self,
        image: Given,
        prompt: str,
        *,
        mask: Given | None = None,
        box: tuple[int, int, int, int] | None = None,
        words: str | None = None,
        feather: int = 0,
        crop: bool | None = None,
        method: str = "auto",
        tries: int = 4,
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """Paint a part of a picture; every pixel outside the mask stays as it is, to the last bit.

        Args:
            image: a file, or a Pillow image.
            prompt: what the finished picture shows.
            mask: as large as the picture: white is painted, grey partly, black stays; or instead
            box: left, top, width and height of a rectangle to paint; or instead
            words: what in the picture is to be painted over, found by the attention of the model.
            feather: width of a soft edge round the mask, in pixels.
            crop: work on the part round the mask only; ``None``: if the mask is small.
            method: "told" (models that complete pictures), "kept" or "repaint"; "auto" is the best there is.
            tries: how often it is painted, side by side; the one with the least seam is kept.
            drawn: as of ``edit``.
        """
        picture = given(image)
        settings = {
            "method": method,
            "tries": tries,
            "feather": feather,
            "crop": crop,
            "box": box,
            "words": words,
        }
        plane = None if mask is None else checked_mask(given(mask), picture.size, "the mask")
        return self._edited(Inputs(picture, plane), prompt, Inpaint.parse(settings), drawn)

    def outpaint(
        self,
        image: Given,
        prompt: str,
        *,
        left: int = 0,
        top: int = 0,
        right: int = 0,
        bottom: int = 0,
        feather: int = 0,
        method: str = "auto",
        tries: int = 4,
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """Continue a picture beyond its edges by so many pixels; other arguments as of ``inpaint``."""
        settings = {"method": method, "tries": tries, "feather": feather, "margins": (left, top, right, bottom)}
        return self._edited(Inputs(given(image)), prompt, Inpaint.parse(settings), drawn)

    def restyle(
        self,
        image: Given,
        prompt: str = "",
        *,
        style: Given | None = None,
        keep: float = 0.4,
        colours: float = 0.3,
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """Show a picture in the style of another, or in one that the prompt names.

        Args:
            image: a file, or a Pillow image; style: likewise.
            prompt: what it shows, and the name of a style, as far as they are known.
            keep: how much of the picture is kept, 0..1.
            colours: how far colours are led to those of ``style``, 0..1, where a model has no eye for styles.
            drawn: as of ``edit``.
        """
        inputs = Inputs(given(image), style=None if style is None else given(style))
        return self._edited(inputs, prompt, Restyle.parse({"keep": keep, "colours": colours}), drawn)

    def denoise(
        self,
        image: Given,
        *,
        sigma: float | None = None,
        samples: int = 0,
        views: int = 4,
        prompt: str = "",
        seed: int = 0,
        steps: int | None = None,
    ) -> list[Image.Image]:
        """Take white noise away from a picture.

        Args:
            image: as of ``edit``.
            sigma: deviation of the noise in units of 255; ``None``: measured.
            samples: pictures that could lie under the noise; 0: one picture, their mean.
            views: 1, 2, 4 or 8 turned and mirrored views behind the mean.
            prompt: what it shows, for a model that knows words; nothing has to be said.
            seed, steps: as of ``generate``.
        """
        way = Denoise.parse({"sigma": sigma, "sampled": samples > 0, "views": views})
        return self._edited(Inputs(given(image)), prompt, way, {"n": max(1, samples), "seed": seed, "steps": steps})

    def restore(
        self,
        image: Given,
        degradation: str,
        amount: float | None = None,
        *,
        mask: Given | None = None,
        kernel: Given | None = None,
        sigma: float = 0.0,
        method: str = "auto",
        prompt: str = "",
        **drawn: Unpack[Drawn],
    ) -> list[Image.Image]:
        """A picture as it may have been before it was blurred, made smaller, covered, made grey or compressed.

        Args:
            image: as of ``edit``.
            degradation: "blur" (by ``amount`` pixels of deviation), "kernel", "downsample" (``amount`` times), "mask",
                "grey" or "jpeg" (of the quality ``amount``; ``None``: that of the file).
            mask: for "mask": as large as the picture, white where it is missing.
            kernel: for "kernel": a picture of how one point was blurred.
            sigma: deviation of noise on top, in units of 255.
            method: "mmps", "tmpd", "pigdm", "dps", "diffpir", "ddnm" or "ddnm_plus"; "auto" is the best there is.
            prompt: what it shows, for a model that knows words; nothing has to be said.
            drawn: as of ``edit``.
        """
        picture = given(image)
        plane = None if mask is None else checked_mask(given(mask), picture.size, "the mask")
        blurred = None if kernel is None else mask_of(given(kernel))
        way = Restore.parse({"degradation": degradation, "amount": amount, "sigma": sigma, "method": method})
        return self._edited(Inputs(picture, plane, kernel=blurred), prompt, way, drawn)

    def upscale(self, image: Given, factor: float = 4.0) -> Image.Image:
        """A picture ``factor`` times as large, up to 16, with sharp edges; to have detail invented, ``restore`` it."""
        return self._edited(Inputs(given(image)), "", Upscale.parse({"factor": factor}), {})[0]

    def morph(
        self,
        first: str,
        second: str,
        out: str | Path,
        *,
        frames: int = 16,
        to_seed: int | None = None,
        size: tuple[int, int] | None = None,
        canvas: tuple[int, int] | None = None,
        **drawn: Unpack[Drawn],
    ) -> Path:
        """Write an animation of one prompt turning into another, and return its path.

        Args:
            first, second: what it shows at first, and what it turns into.
            out: NAME.gif, there and back without end, or NAME.png, all frames side by side.
            frames: pictures, both ends included, 2..240.
            to_seed: seed of the other end; ``None``: the same noise all the way.
            size, canvas: as of ``generate``; the longer side of a frame has 256 pixels, 128 in a PNG, if nobody says.
            drawn: as of ``edit``, but for ``n``.

        Raises:
            UsageError: a value out of bounds, something this model cannot do, or another ending. DiskError: the file
                cannot be written.
        """
        if "n" in drawn:
            raise UsageError(f"a morph is one file, got n={drawn['n']}; leave n out")
        check_target(Path(out))
        seed = drawn.get("seed", 0)
        request = morph_request_for(
            self.manifest,
            (first, second),
            chosen_of(drawn),
            suffix=Path(out).suffix.lower(),
            seeds=(seed, seed if to_seed is None else to_seed),
            frames=frames,
            negative=drawn.get("negative", ""),
            size=size,
            canvas=canvas,
        )
        return Path(payload_of(morph_job(request, self._loaded, out=Path(out)))["files"][0])

    def augment(
        self,
        data: str | Path,
        out: str | Path,
        *,
        per_image: int,
        strength: tuple[float, float] = (0.3, 0.7),
        seed: int = 0,
        near: float = 0.05,
        label: str | None = None,
        label_preserving: bool = False,
        prove: bool = False,
        test: str | Path | None = None,
        trials: int = 5,
        batches: int = 500,
        sampler: str | None = None,
        grid: str | None = None,
        steps: int | None = None,
        guidance: float | None = None,
    ) -> dict[str, Any]:
        """Make a folder of synthetic copies of the training pictures of another; returns what was made and proved.

        Args:
            data: a captioned folder, or one with a subfolder per class.
            out: the folder to make, in the layout of ``data``.
            per_image: copies of each training picture.
            strength: least and largest; that of each copy is drawn between them.
            seed: another one gives other copies.
            near: a copy that is nearer than this to an original is drawn again (``unfog.evaluate.near_copy``).
            label: column of the table that has the class; ``None``: the subfolder, or else the caption.
            label_preserving: keep only what a small classifier takes for the class of its original.
            prove: train small classifiers with and without the copies, ``trials`` times each, from ``batches`` of 32.
            test: folder to prove it on; ``None``: the validation pictures of ``data``.
            sampler, grid, steps, guidance: as of ``generate``.

        Raises:
            DataError: pictures cannot be used. UsageError: a value out of bounds, or something this model cannot do.
        """
        settings = {
            "per_image": per_image,
            "strength": strength,
            "seed": seed,
            "near": near,
            "label": label,
            "label_preserving": label_preserving,
            "prove": prove,
            "test": None if test is None else str(test),
            "trials": trials,
            "batches": batches,
        }
        chosen = Chosen(sampler, grid, steps, guidance)
        request = augment_request_for(self.manifest, data, chosen, settings)
        return payload_of(augment_job(request, self._loaded, Path(out)))

    def _edited(self, inputs: Inputs, prompt: str, way: Way, drawn: Drawn) -> list[Image.Image]:
        n, seed, negative = drawn.get("n", 1), drawn.get("seed", 0), drawn.get("negative", "")
        chosen = chosen_of(drawn)
        request = edit_request_for(self.manifest, way, inputs, prompt, chosen, n=n, seed=seed, negative=negative)
        return images_of(edit_job(request, inputs, self._loaded))


def images_of(events: Iterator[Event]) -> list[Image.Image]:
    """The pictures of a job; its notes become warnings."""
    images = list[Image.Image]()
    for event in events:
        if isinstance(event, Note):
            warnings.warn(event.message, stacklevel=3)
        if isinstance(event, Picture):
            images.append(image_of(event))
    return images


def payload_of(events: Iterator[Event]) -> dict[str, Any]:
    """The result of a job; its notes become warnings."""
    payload = dict[str, Any]()
    for event in events:
        if isinstance(event, Note):
            warnings.warn(event.message, stacklevel=3)
        if isinstance(event, Result):
            payload = event.payload
    return payload


def image_of(picture: Picture) -> Image.Image:
    """A finished picture for Pillow, its recipe in ``info``; saved as PNG, it is the file that the command writes."""
    image = picture_of(picture.pixels)
    image.info |= texts(picture.recipe)
    image.encoderinfo = options(texts(picture.recipe))
    if picture.profile is not None:
        image.info["icc_profile"] = picture.profile
    return image
