"""How a picture that exists is changed: the ways, each with its own settings, and the request of one edit.

The pictures themselves are no part of a request: they are handed over beside it, and a recipe names them by the sha256
of their pixels (``media/original.py``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.model import Fraction
from unfog.config.sample import Prompt, SampleConfig, Seed

Pixels = Annotated[int, Field(ge=0, le=8192)]
Feather = Annotated[int, Field(ge=0, le=256)]
Box = tuple[Pixels, Pixels, Annotated[int, Field(ge=1, le=65535)], Annotated[int, Field(ge=1, le=65535)]]


class Img2Img(Config):
    """From the picture under noise (Meng et al. 2022, SDEdit)."""

    kind: Literal["img2img"] = "img2img"
    strength: Fraction = 0.6
    """How much of the way from noise is walked: 0 is the picture as it is, 1 nothing of it."""


class Inversion(Config):
    """Back to the noise that the picture would come from, and from there to another text."""

    kind: Literal["inversion"] = "inversion"
    was: Prompt = ""
    """What the picture shows now, in words; the better they fit, the more of it stays."""
    words: Fraction = 0.8
    """Share of the steps in which words that both texts have keep their places (Hertz et al. 2022)."""
    layout: Fraction = 0.4
    """Share of the steps in which the parts of the picture attend to each other as before."""


class Inpaint(Config):
    """Paint where the mask is white; every other pixel stays."""

    kind: Literal["inpaint"] = "inpaint"
    method: Literal["auto", "told", "kept", "repaint"] = "auto"
    """``told``: a network that is told the known part; ``kept``: the known part replaces its estimate; ``repaint``: and
    every step is repeated (Lugmayr et al. 2022), told where the model can be; ``auto``: ``repaint``, or with a sampler
    that was chosen ``told``, else ``kept``."""
    tries: Annotated[int, Field(ge=1, le=16)] = 4
    """How often it is painted, side by side; the one with the least seam is kept."""
    box: Box | None = None
    """Instead of a mask: a rectangle of the picture."""
    words: Prompt | None = None
    """Instead of a mask: where these words act in the picture, by the attention of the model."""
    feather: Feather = 0
    """Width of the transition, in pixels of the picture, outwards of the mask."""
    crop: bool | None = None
    """Work on the part round the mask; unset: if the mask is small."""
    margins: tuple[Pixels, Pixels, Pixels, Pixels] | None = None
    """Instead of a mask: what is added to the picture on the left, at the top, right and bottom (outpainting)."""


class Restyle(Config):
    """The content of the picture in the style of another, or in one that the prompt names."""

    kind: Literal["restyle"] = "restyle"
    keep: Fraction = 0.4
    """How much of the picture is kept; 0 is nothing of it."""
    colours: Fraction = 0.3
    """How far colours are led to those of the style picture, where a model has no eye for styles."""


class Denoise(Config):
    """Take white noise away."""

    kind: Literal["denoise"] = "denoise"
    sigma: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Deviation of the noise in units of 255; unset: measured, and the recipe says what was found."""
    sampled: bool = False
    """Pictures that could lie under the noise, one per seed, instead of their mean."""
    views: Literal[1, 2, 4, 8] = 4
    """Over how many turned and mirrored views the mean is taken: more is a little clearer, and as much slower."""


class Restore(Config):
    """The picture before it was blurred, made smaller, covered, made grey or compressed, and given some noise."""

    kind: Literal["restore"] = "restore"
    degradation: Literal["blur", "kernel", "downsample", "mask", "grey", "jpeg"]
    """``kernel``: blurred by a kernel that is a picture."""
    amount: Annotated[float, Field(gt=0, le=100)] | None = None
    """Deviation of a blur in pixels, how many times smaller, or the quality of a JPEG file; unset for such a file: as
    its tables say."""
    sigma: Annotated[float, Field(ge=0, le=255)] = 0.0
    """Deviation of the noise that came on top, in units of 255."""
    method: Literal["auto", "mmps", "tmpd", "pigdm", "dps", "diffpir", "ddnm", "ddnm_plus"] = "auto"
    """``auto``: ``ddnm`` without noise where that is exact (not for blur), else ``mmps``, or ``diffpir`` for pictures
    that are many times as large as those of the model."""


class Upscale(Config):
    """Larger with sharp edges, by what a model brings for its own pictures; nothing is invented."""

    kind: Literal["upscale"] = "upscale"
    factor: Annotated[float, Field(gt=1, le=16)] = 4.0


KEEPING = (Denoise, Restore, Upscale)
"""Ways that keep to what the picture shows; the others draw what the prompt says."""

Way = Annotated[Img2Img | Inversion | Inpaint | Restyle | Denoise | Restore | Upscale, Field(discriminator="kind")]


def cleans(way: Way, prompt: str) -> bool:
    """Whether a picture of which nothing is said is to be rid of noise or of what was done to it."""
    return isinstance(way, Denoise | Restore) and not prompt.strip()


class EditRequest(Config):
    """One edit of one picture: ``n`` variants, variant k from seed (seed + k) mod 2^64."""

    prompt: Prompt = ""
    negative: Prompt = ""
    n: Annotated[int, Field(ge=1, le=1024)] = 1
    seed: Seed = 0
    way: Way
    sample: SampleConfig = SampleConfig()
