"""Which optimiser moves which weight, and the learning rate over the run, counted in images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unfog.config.train import OptimiserConfig
from unfog.nets.layers import Conv, Linear
from unfog.train.muon import Muon


def optimisers(module: nn.Module, config: OptimiserConfig) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices and kernels inside, AdamW (Loshchilov & Hutter 2019) for the rest, or AdamW for all.

    Inside is every ``Linear`` and ``Conv`` but the last layer of the network. The rest are tables, that last layer,
    biases and norms; what has one axis does not decay.
    """
    inner = matrices(module) if config.method == "muon" else []
    known = {id(p) for p in inner}
    rest = [p for p in module.parameters() if p.requires_grad and id(p) not in known]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(groups, lr=config.lr, betas=(config.beta1, config.beta2), fused=True)
    if not inner:
        return (adamw,)
    return Muon(inner, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay), adamw


def matrices(module: nn.Module) -> list[Tensor]:
    """Weights of every trained ``Linear`` and ``Conv`` but the network's last layer, which is called ``net.out``."""
    parts = ((name, part) for name, part in module.named_modules() if isinstance(part, Linear | Conv))
    return [part.weight for name, part in parts if part.weight.requires_grad and not name.endswith("net.out")]


def rate(config: OptimiserConfig, seen_images: int, images: int) -> float:
    """Learning rate after ``seen_images`` of a run of ``images``: linear warm-up, plateau, linear decay to 0."""
    warmup = min(config.warmup_images, images // 10)
    rise = (seen_images + 1) / (warmup + 1) if seen_images < warmup else 1.0
    start = config.decay_from * images
    fall = (images - seen_images) / (images - start) if seen_images > start else 1.0
    return config.lr * min(rise, max(fall, 0.0))
