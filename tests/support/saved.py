"""Tiny models on disk, and commands run in this process."""

from __future__ import annotations

from pathlib import Path

from tests.support.models import awake_model, tiny_config
from unfog.config.manifest import Manifest
from unfog.config.model import ContrastConfig, ModelConfig, UNetConfig
from unfog.config.sample import SampleConfig
from unfog.model.store import save_model

STEPS = 3


def unet_config(*, size: int = 16, channels: int = 3) -> ModelConfig:
    """The tiny model with a plain U-Net in it."""
    net = UNetConfig(widths=(32, 64), blocks=1, attend=(1,), heads=2, emb=64)
    return tiny_config(size=size, channels=channels).model_copy(update={"net": net})


def manifest_of(
    config: ModelConfig | ContrastConfig,
    *,
    name: str = "tiny",
    dropout: float = 0.1,
    sample: SampleConfig | None = None,
) -> Manifest:
    """A manifest with few steps; the weights are nothing to look at."""
    return Manifest(
        name=name,
        description="Untrained.",
        model=config,
        caption_dropout=dropout,
        tokenizer_sha256="0" * 64,
        sample=sample or SampleConfig(steps=STEPS),
    )


def save_tiny(
    folder: Path,
    config: ModelConfig | None = None,
    *,
    seed: int = 0,
    name: str = "tiny",
    dropout: float = 0.1,
    sample: SampleConfig | None = None,
) -> Path:
    """Write a model folder whose every layer carries numbers."""
    model = awake_model(config, seed=seed)
    manifest = manifest_of(model.config, name=name, dropout=dropout, sample=sample)
    save_model(model, folder, manifest, "# tiny\n\nNothing to look at.\n")
    return folder
