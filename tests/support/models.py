"""Tiny models for tests: real configuration, real vocabulary, weights from a seed, nothing left at zero."""

from __future__ import annotations

import torch

from unfog.config.model import HybridConfig, ModelConfig, PictureConfig, TextConfig
from unfog.config.train import TrainConfig
from unfog.model.build import build_model
from unfog.model.model import Model
from unfog.nets.layers import Conv, Linear
from unfog.text.tokenizer import Tokenizer
from unfog.util.random import Draw, normal

CAPTIONS = ("a red circle", "two green stars above a red circle", "a blue square to the left of a heart", "a low tone")


def tiny_config(*, ndim: int = 2, channels: int = 3, size: int = 16) -> ModelConfig:
    """About 0.1 M parameters."""
    return ModelConfig(
        ndim=ndim,
        net=HybridConfig(patch=2, widths=(32,), blocks=1, core_width=32, core_depth=1, heads=2, emb=64),
        text=TextConfig(vocabulary=300, width=32, depth=1, heads=2, max_tokens=16),
        picture=PictureConfig(size=size, channels=channels),
    )


def tiny_tokenizer() -> Tokenizer:
    return Tokenizer.train(CAPTIONS * 3, vocabulary=300, max_tokens=16)


def tiny_model(config: ModelConfig | None = None, *, seed: int = 0, train: TrainConfig | None = None) -> Model:
    """An untrained model with the initial zeros of residual outputs kept: it predicts the head's zero."""
    return build_model(config or tiny_config(), tiny_tokenizer(), seed=seed, train=train)


def awake_model(config: ModelConfig | None = None, *, seed: int = 0) -> Model:
    """A model whose zero-initialised layers carry numbers too, so every path matters; ready for inference."""
    model = tiny_model(config, seed=seed)
    with torch.no_grad():
        for k, part in enumerate(model.modules()):
            if isinstance(part, Linear | Conv) and part.gain == 0:
                numbers = normal([seed], tuple(part.weight.shape), draw=Draw.TEST, index=[k])[0]
                part.weight.copy_(numbers * (0.5 / part.weight[0].numel() ** 0.5))
    return model.eval().requires_grad_(False)
