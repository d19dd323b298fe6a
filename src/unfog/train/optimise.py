"""AdamW (Loshchilov & Hutter 2019) and its learning rate over the run, counted in images."""

from __future__ import annotations

import torch
from torch import nn

from unfog.config.train import OptimiserConfig


def adamw(module: nn.Module, config: OptimiserConfig) -> torch.optim.AdamW:
    """Fused AdamW; matrices and kernels decay, biases, norms and tables of one axis do not."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, betas=(config.beta1, config.beta2), fused=True)


def rate(config: OptimiserConfig, seen_images: int, images: int) -> float:
    """Learning rate after ``seen_images`` of a run of ``images``: linear warm-up, plateau, linear decay to 0."""
    warmup = min(config.warmup_images, images // 10)
    rise = (seen_images + 1) / (warmup + 1) if seen_images < warmup else 1.0
    start = config.decay_from * images
    fall = (images - seen_images) / (images - start) if seen_images > start else 1.0
    return config.lr * min(rise, max(fall, 0.0))
