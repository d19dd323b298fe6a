"""Muon (Jordan et al. 2024): descent along the momentum, made orthogonal, for the matrices inside a network.

    B <- mu B + G
    W <- (1 - rate decay) W - rate 0.2 sqrt(max(rows, columns)) orthogonal(G + mu B)

With X = U S V^T, orthogonal(X) is U V^T, approximated by five Newton-Schulz steps. The factor gives an update the root
mean square that AdamW's has, so the two share a learning rate (Liu et al. 2025, arXiv:2502.16982, section 2.2). torch's
optimiser of this name takes matrices only; here a kernel (out, in, *k) counts as the matrix (out, in k^n), and matrices
of one shape go through the steps together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

from unfog.util.devices import bf16_supported

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # a, b, c of X <- a X + (b X X^T + c (X X^T)^2) X
STEPS = 5


class Muon(torch.optim.Optimizer):
    """For parameters of at least two axes; state per parameter: ``momentum``, shaped like it.

    Args:
        lr: learning rate, as for AdamW.
        momentum: mu.
        weight_decay: share of a weight that a step at rate 1 would take away.
    """

    def __init__(self, params: Iterable[Tensor], *, lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            mu, alike = group["momentum"], defaultdict[tuple[int, ...], list[tuple[Tensor, Tensor]]](list)
            for p in group["params"]:
                if p.grad is not None:
                    if "momentum" not in self.state[p]:
                        self.state[p]["momentum"] = torch.zeros_like(p)
                    held = self.state[p]["momentum"].mul_(mu).add_(p.grad)
                    alike[tuple(p.flatten(1).shape)].append((p, (p.grad + mu * held).flatten(1)))
            for shape, pairs in alike.items():
                rate = group["lr"] * 0.2 * max(shape) ** 0.5
                stack = torch.stack([m for _, m in pairs])
                updates = orthogonal(stack.bfloat16() if bf16_supported(stack.device) else stack).to(stack.dtype)
                for (p, _), update in zip(pairs, updates, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update.reshape(p.shape), alpha=rate)


def orthogonal(x: Tensor) -> Tensor:
    """Matrices ``(n, rows, columns)`` with their singular values brought near 1 (0.6 to 1.3); bfloat16 will do."""
    wide = x if x.shape[1] <= x.shape[2] else x.mT
    wide = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(STEPS):
        gram = wide @ wide.mT
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if x.shape[1] <= x.shape[2] else wide.mT
