"""What a model is: schedule, head, network, text encoder, picture format; enough to rebuild it."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import Discriminator, Field, Tag

from unfog.config.base import Config

Positive = Annotated[int, Field(ge=1, le=65536)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Widths = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=8)]


class FlowConfig(Config):
    """Rectified flow: alpha = 1 - t, sigma = t."""

    kind: Literal["flow"] = "flow"


class CosineConfig(Config):
    """Cosine schedule (Nichol & Dhariwal 2021)."""

    kind: Literal["cosine"] = "cosine"


class SigmoidConfig(Config):
    """Sigmoid schedule (Jabri et al. 2022)."""

    kind: Literal["sigmoid"] = "sigmoid"


class VPLinearConfig(Config):
    """Continuous DDPM linear-beta schedule (Song et al. 2021)."""

    kind: Literal["vp_linear"] = "vp_linear"


class ScaledLinearConfig(Config):
    """Scaled-linear beta schedule (Rombach et al. 2022)."""

    kind: Literal["scaled_linear"] = "scaled_linear"


class VEConfig(Config):
    """Variance exploding / EDM (Karras et al. 2022): alpha = 1, sigma up to ``sigma_max``."""

    kind: Literal["ve"] = "ve"
    sigma_max: Annotated[float, Field(gt=0, le=1e5)] = 80.0


class TableConfig(Config):
    """A discrete beta table, linear or scaled-linear, as one schedule among the others."""

    kind: Literal["table"] = "table"
    betas: Literal["linear", "scaled_linear"] = "linear"
    steps: Annotated[int, Field(ge=2, le=10000)] = 1000


ScheduleConfig = Annotated[
    FlowConfig | CosineConfig | SigmoidConfig | VPLinearConfig | ScaledLinearConfig | VEConfig | TableConfig,
    Field(discriminator="kind"),
]


class SketchConfig(Config):
    """What a text alone suggests (``nets/sketch.py``); its cells are as wide as the tokens, with as many heads."""

    hidden: Positive = 384
    depth: Annotated[int, Field(ge=0, le=64)] = 2


class HybridConfig(Config):
    """Convolutional skin, transformer core (``nets/hybrid.py``)."""

    kind: Literal["hybrid"] = "hybrid"
    patch: Annotated[int, Field(ge=1, le=16)] = 2
    widths: Widths = (64,)
    blocks: Positive = 2
    core_width: Positive = 192
    core_depth: Positive = 4
    heads: Positive = 6
    emb: Positive = 256
    sketch: SketchConfig | None = None
    """Shown to the network beside what it denoises; unset: nothing is."""


class UNetConfig(Config):
    """The plain DDPM-style U-Net (``nets/unet.py``)."""

    kind: Literal["unet"] = "unet"
    widths: Widths = (64, 128, 192)
    blocks: Positive = 2
    attend: tuple[Annotated[int, Field(ge=0, le=16)], ...] = ()
    heads: Positive = 4
    emb: Positive = 256


NetConfig = Annotated[HybridConfig | UNetConfig, Field(discriminator="kind")]


class TextConfig(Config):
    """Byte-fallback BPE and a small transformer, trained together with the network."""

    vocabulary: Annotated[int, Field(ge=300, le=65536)] = 2048
    width: Positive = 192
    depth: Positive = 3
    heads: Positive = 6
    max_tokens: Annotated[int, Field(ge=4, le=1024)] = 32
    buckets: Annotated[int, Field(ge=0, le=2**20)] = 0
    """Rows of the table of groups of letters, which helps with typing mistakes; 0: none."""


class PictureConfig(Config):
    """The tensors the model works on: values in [-1, 1]."""

    channels: Annotated[int, Field(ge=1, le=64)] = 3
    size: Annotated[int, Field(ge=8, le=4096)] = 32
    sigma_data: Annotated[float, Field(gt=0, le=100)] = 0.5


class EncoderConfig(Config):
    """A picture tower (``nets/picture_encoder.py``)."""

    patch: Annotated[int, Field(ge=1, le=16)] = 4
    stem: Positive = 64
    width: Positive = 192
    depth: Positive = 3
    heads: Positive = 6


class VAEConfig(Config):
    """A model that makes pictures smaller and back (``codec/vae.py``); ``picture`` is what it makes smaller."""

    kind: Literal["vae"] = "vae"
    picture: PictureConfig = PictureConfig()
    latent: Annotated[int, Field(ge=1, le=64)] = 8
    patch: Annotated[int, Field(ge=1, le=16)] = 4
    width: Positive = 96
    encoder: Positive = 2
    decoder: Positive = 3
    noise: Annotated[float, Field(ge=0, le=10)] = 0.3


class ModelConfig(Config):
    """A model that draws: everything needed to rebuild it around its weights.

    ``completes``: it is told which pixels are known, and what they are. ``style``: the tower through which it looks at
    a reference picture; unset, it knows no reference pictures. ``codec``: what makes pictures smaller, so that it draws
    latents (``picture.sigma_data`` is theirs); unset, it draws pixels.
    """

    kind: Literal["diffusion"] = "diffusion"
    ndim: Annotated[int, Field(ge=1, le=3)] = 2
    schedule: ScheduleConfig = FlowConfig()
    zero_terminal_snr: bool = False
    head: Literal["x0", "eps", "v", "score", "velocity", "edm"] = "edm"
    level_range: tuple[float, float] = (-5.0, 7.0)
    net: NetConfig = HybridConfig()
    text: TextConfig = TextConfig()
    picture: PictureConfig = PictureConfig()
    completes: bool = False
    style: EncoderConfig | None = None
    codec: VAEConfig | None = None

    @property
    def cell(self) -> int:
        """Side, in pixels of the picture, of what is denoised as one."""
        return 1 if self.codec is None else self.codec.patch


class ContrastConfig(Config):
    """A model that compares texts with pictures (``text/contrast.py``)."""

    kind: Literal["contrast"] = "contrast"
    text: TextConfig = TextConfig()
    picture: PictureConfig = PictureConfig()
    encoder: EncoderConfig = EncoderConfig()
    dim: Positive = 128
    sketch: SketchConfig | None = None
    """As of a network that draws, to lend it one."""


class UpscaleConfig(Config):
    """A model that doubles pictures (``nets/upscaler.py``); ``picture.size`` is the side of what it gives back."""

    kind: Literal["upscale"] = "upscale"
    picture: PictureConfig = PictureConfig(channels=4, size=128)
    width: Positive = 24
    depth: Positive = 4


WORDLESS = UpscaleConfig | VAEConfig
"""Models that read no text."""


def kind_of(config: object) -> object:
    """Which kind a configuration is; those from before there were kinds say nothing and draw."""
    if isinstance(config, dict):
        return cast(dict[str, object], config).get("kind", "diffusion")
    return getattr(config, "kind", None)


AnyModelConfig = Annotated[
    Annotated[ModelConfig, Tag("diffusion")]
    | Annotated[ContrastConfig, Tag("contrast")]
    | Annotated[UpscaleConfig, Tag("upscale")]
    | Annotated[VAEConfig, Tag("vae")],
    Discriminator(kind_of),
]
