"""Attention with normalised queries and keys, and the transformer block of the network cores.

    A = softmax(q k^T / sqrt(d) + mask),  out = A v        q, k normalised (Dehghani et al. 2023, QK-norm)

Fused attention where nobody looks; explicit softmax when a probe wants the map. On a CPU the explicit form is also the
faster one while training (the backward of the fused kernel was 30 % of a step at 64 tokens), so it is used there too.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.layers import LayerNorm, Linear
from unfog.nets.rope import rotate


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, site: str, probe: Probe | None) -> Tensor:
    """Attention of ``q (b, h, n, d)`` over ``k, v (b, h, m, d)``; ``mask (b, m)`` is True where a key exists."""
    where = None if mask is None else mask[:, None, None, :]
    watched = probe is not None and site in probe.want
    if not watched and (q.is_cuda or not torch.is_grad_enabled()):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=where)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (b, h, n, m)
    if where is not None:
        scores = scores.masked_fill(~where, float("-inf"))
    probabilities = scores.softmax(-1).to(v.dtype)
    if watched and probe is not None:
        probabilities = probe.see(site, probabilities)
    return probabilities @ v


class Attention(nn.Module):
    """Multi-head attention of tokens over themselves, or over a context when one is given.

    Args:
        width: token width, a multiple of ``heads``.
        context: width of the context tokens, or ``None`` for self-attention.
    """

    def __init__(self, width: int, heads: int, *, context: int | None = None) -> None:
        super().__init__()
        if width % heads or width // heads % 2:
            raise ValueError(f"width {width} does not split into {heads} heads of even size")
        self.heads = heads
        self.q = Linear(width, width, bias=False)
        self.kv = Linear(width if context is None else context, 2 * width, bias=False)
        self.q_norm, self.k_norm = LayerNorm(width // heads), LayerNorm(width // heads)
        self.out = Linear(width, width, gain=0.0)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        angle: Tensor | None = None,
        site: str = "",
        probe: Probe | None = None,
    ) -> Tensor:
        source = x if context is None else context
        k, v = self.kv(source).chunk(2, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q(x), k, v))  # (b, h, n, d)
        q, k = self.q_norm(q).to(v.dtype), self.k_norm(k).to(v.dtype)
        if angle is not None:
            q, k = rotate(q, angle), rotate(k, angle)
        return self.out(attend(q, k, v, mask, site, probe).transpose(1, 2).flatten(-2))


class Block(nn.Module):
    """Self-attention, attention to the text, MLP; each on normalised tokens, the first and last modulated by ``emb``.

    Args:
        width: token width ``d``.
        emb: width of the embedding that modulates the normalisations (``None``: no modulation, as in a text encoder).
        context: width of the text tokens, or ``None`` for no cross-attention.
    """

    def __init__(self, width: int, heads: int, *, emb: int | None, context: int | None, expand: int = 4) -> None:
        super().__init__()
        self.norm1, self.norm3 = LayerNorm(width), LayerNorm(width)
        self.attention = Attention(width, heads)
        self.up, self.down = Linear(width, expand * width), Linear(expand * width, width, gain=0.0)
        self.modulation = None if emb is None else Linear(emb, 4 * width, gain=0.0)
        self.norm2 = None if context is None else LayerNorm(width)
        self.cross = None if context is None else Attention(width, heads, context=context)

    def forward(
        self,
        x: Tensor,  # (b, n, d)
        *,
        emb: Tensor | None = None,
        cond: Cond | None = None,
        mask: Tensor | None = None,
        angle: Tensor | None = None,
        site: str = "",
        probe: Probe | None = None,
    ) -> Tensor:
        if probe is not None and probe.skips(site):
            return x
        zero = x.new_zeros(1, 1, 1)
        scale1 = shift1 = scale2 = shift2 = zero
        if self.modulation is not None and emb is not None:
            scale1, shift1, scale2, shift2 = self.modulation(emb)[:, None].chunk(4, dim=-1)
        h = self.norm1(x) * (1 + scale1) + shift1
        x = x + self.attention(h, mask=mask, angle=angle, site=f"{site}.self", probe=probe)
        if self.cross is not None and self.norm2 is not None:
            if cond is None or cond.tokens is None:
                raise ValueError(f"this network reads text of width {self.cross.kv.in_features}: give cond.tokens")
            h = self.norm2(x)
            x = x + self.cross(h, cond.tokens, mask=cond.mask, site=f"{site}.cross", probe=probe)
        h = self.norm3(x) * (1 + scale2) + shift2
        return x + self.down(F.gelu(self.up(h)))
