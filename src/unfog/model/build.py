"""Configuration to objects, in one visible place: no registries, no class names in files."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from unfog.codec.identity import Identity
from unfog.codec.vae import VAE
from unfog.config import model as cm
from unfog.config import train as ct
from unfog.core import schedule as cs
from unfog.core.denoiser import Denoiser
from unfog.core.head import EDM, HEADS, Head
from unfog.core.process import Process
from unfog.core.weighting import Density, LogNormal, MinSNR, Uncertainty, Uniform, Weight, unit
from unfog.model.model import Model
from unfog.nets.hybrid import Hybrid
from unfog.nets.layers import initialise
from unfog.nets.picture_encoder import PictureEncoder
from unfog.nets.sketch import Sketch
from unfog.nets.unet import UNet
from unfog.nets.upscaler import Upscaler
from unfog.text.contrast import Contrast
from unfog.text.encoder import TextEncoder
from unfog.text.tokenizer import Tokenizer
from unfog.util.errors import UsageError

M = TypeVar("M", bound=nn.Module)
AnyModel = Model | Contrast | Upscaler | VAE


def build_schedule(config: cm.ModelConfig) -> cs.Schedule:
    """The noise schedule, rescaled to zero terminal SNR if asked.

    Raises:
        UsageError: the rescaling is asked of a schedule with alpha^2 + sigma^2 other than 1.
    """
    if config.zero_terminal_snr and isinstance(config.schedule, cm.FlowConfig | cm.VEConfig):
        raise UsageError(
            f"zero_terminal_snr is a change of variance-preserving schedules, not of {config.schedule.kind!r}:"
            " set it to false"
        )
    match config.schedule:
        case cm.FlowConfig():
            schedule: cs.Schedule = cs.Flow()
        case cm.CosineConfig():
            schedule = cs.Cosine()
        case cm.SigmoidConfig():
            schedule = cs.Sigmoid()
        case cm.VPLinearConfig():
            schedule = cs.VPLinear()
        case cm.ScaledLinearConfig():
            schedule = cs.ScaledLinear()
        case cm.VEConfig(sigma_max=sigma_max):
            schedule = cs.VE(sigma_max=sigma_max)
        case cm.TableConfig(betas="linear", steps=steps):
            schedule = cs.Table.linear(steps)
        case cm.TableConfig(steps=steps):
            schedule = cs.Table.scaled_linear(steps)
    return cs.ZeroTerminalSNR(schedule) if config.zero_terminal_snr else schedule


def build_head(config: cm.ModelConfig) -> Head:
    """What the network predicts."""
    return EDM(sigma_data=config.picture.sigma_data) if config.head == "edm" else HEADS[config.head]


def drawn_channels(config: cm.ModelConfig) -> int:
    """Channels of what is denoised."""
    return config.picture.channels if config.codec is None else config.codec.latent


def build_net(config: cm.ModelConfig) -> nn.Module:
    """The raw network."""
    text, net = config.text, config.net
    match net:
        case cm.HybridConfig():
            return Hybrid(
                ndim=config.ndim,
                channels=drawn_channels(config),
                patch=net.patch,
                widths=net.widths,
                blocks=net.blocks,
                core_width=net.core_width,
                core_depth=net.core_depth,
                heads=net.heads,
                context=text.width,
                pooled=text.width,
                emb=net.emb,
                control=drawn_channels(config) + 1 if config.completes else 0,
                image=0 if config.style is None else config.style.width,
                sketch=build_sketch(config, net.sketch),
            )
        case cm.UNetConfig():
            if config.completes or config.style is not None:
                raise ValueError("a unet is told no known pixels and no reference picture; use the network hybrid")
            return UNet(
                ndim=config.ndim,
                channels=drawn_channels(config),
                widths=net.widths,
                blocks=net.blocks,
                attend=net.attend,
                heads=net.heads,
                context=text.width,
                pooled=text.width,
                emb=net.emb,
            )


def build_sketch(config: cm.ModelConfig | cm.ContrastConfig, sketch: cm.SketchConfig | None) -> Sketch | None:
    """What a text alone suggests, if anything."""
    if sketch is None:
        return None
    return Sketch(
        ndim=config.ndim if isinstance(config, cm.ModelConfig) else 2,
        channels=config.picture.channels,
        width=config.text.width,
        hidden=sketch.hidden,
        depth=sketch.depth,
        heads=config.text.heads,
    )


def build_density(config: ct.TrainConfig) -> Density:
    """Which noise levels are trained on."""
    match config.density:
        case ct.LogNormalConfig(mean=mean, std=std):
            return LogNormal(mean, std)
        case ct.UniformConfig():
            return Uniform()


def build_weight(config: ct.TrainConfig) -> Weight:
    """How much each noise level counts (the learned weighting is a module: see ``build_model``)."""
    match config.weight:
        case ct.MinSNRConfig(gamma=gamma):
            return MinSNR(gamma)
        case ct.UnitConfig() | ct.UncertaintyConfig():
            return unit


def build_model(
    config: cm.ModelConfig, tokenizer: Tokenizer, *, train: ct.TrainConfig | None = None, seed: int | None = None
) -> Model:
    """A model with weights drawn from ``seed``, or without any (``None``: on the meta device, to be loaded).

    Args:
        config: the model.
        tokenizer: its vocabulary.
        train: adds what only training needs (loss weight, learned uncertainty).
    """
    with torch.device("meta"):
        uncertain = train is not None and isinstance(train.weight, ct.UncertaintyConfig)
        denoiser = Denoiser(
            build_net(config),
            build_head(config),
            Process(build_schedule(config)),
            weight=unit if train is None else build_weight(train),
            sigma_data=config.picture.sigma_data,
            level_range=config.level_range,
            uncertainty=Uncertainty() if uncertain else None,
        )
        text, style = build_text(config.text, tokenizer), config.style
        tower = None if style is None else build_tower(style, config.picture.channels)
        codec = Identity() if config.codec is None else build_vae(config.codec)
        model = Model(config, tokenizer, text, codec, denoiser, style=tower)
    return drawn(model, seed)


def build_text(config: cm.TextConfig, tokenizer: Tokenizer) -> TextEncoder:
    """The text encoder."""
    return TextEncoder(
        vocabulary=tokenizer.size,
        width=config.width,
        depth=config.depth,
        heads=config.heads,
        max_tokens=config.max_tokens,
        buckets=config.buckets,
    )


def build_contrast(config: cm.ContrastConfig, tokenizer: Tokenizer, *, seed: int | None = None) -> Contrast:
    """A model that compares texts with pictures; ``seed`` as in ``build_model``."""
    with torch.device("meta"):
        picture = build_tower(config.encoder, config.picture.channels)
        text = build_text(config.text, tokenizer)
        widths = {"width": config.text.width, "picture_width": config.encoder.width}
        sketch = build_sketch(config, config.sketch)
        model = Contrast(tokenizer, text, picture, dim=config.dim, sketch=sketch, **widths)
    return drawn(model, seed)


def build_tower(config: cm.EncoderConfig, channels: int) -> PictureEncoder:
    """A picture tower."""
    return PictureEncoder(
        channels=channels,
        patch=config.patch,
        stem=config.stem,
        width=config.width,
        depth=config.depth,
        heads=config.heads,
    )


def build_upscaler(config: cm.UpscaleConfig, *, seed: int | None = None) -> Upscaler:
    """A model that doubles pictures; ``seed`` as in ``build_model``."""
    with torch.device("meta"):
        model = Upscaler(channels=config.picture.channels, width=config.width, depth=config.depth)
    return drawn(model, seed)


def build_vae(config: cm.VAEConfig, *, seed: int | None = None) -> VAE:
    """A model that makes pictures smaller; ``seed`` as in ``build_model``."""
    with torch.device("meta"):
        model = VAE(
            channels=config.picture.channels,
            latent=config.latent,
            patch=config.patch,
            width=config.width,
            encoder=config.encoder,
            decoder=config.decoder,
            noise=config.noise,
        )
    return drawn(model, seed)


def build_any(
    config: cm.AnyModelConfig,
    tokenizer: Tokenizer | None,
    *,
    train: ct.TrainConfig | None = None,
    seed: int | None = None,
) -> AnyModel:
    """What a configuration describes; arguments as in ``build_model``. What reads no text needs no tokenizer."""
    if isinstance(config, cm.UpscaleConfig):
        return build_upscaler(config, seed=seed)
    if isinstance(config, cm.VAEConfig):
        return build_vae(config, seed=seed)
    assert tokenizer is not None
    match config:
        case cm.ModelConfig():
            return build_model(config, tokenizer, train=train, seed=seed)
        case cm.ContrastConfig():
            return build_contrast(config, tokenizer, seed=seed)


def drawn(model: M, seed: int | None) -> M:
    """The model with weights drawn from ``seed``; as it is, without any, for ``None``."""
    if seed is not None:
        model = model.to_empty(device="cpu")
        initialise(model, seed)
    return model
