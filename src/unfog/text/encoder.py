"""Token numbers to conditioning: a small bidirectional transformer, trained together with the network it conditions.

Its outputs are attended to by the network (``Cond.tokens``) and averaged into one vector (``Cond.pooled``). A dropped
or empty caption becomes a learned null token instead, which is what classifier-free guidance steers away from. Words
know their place in the caption (a learned table) and their distance from each other (rotary positions): which word
belongs to which is a matter of distance.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.nets.attention import Block
from unfog.nets.layers import Embedding, LayerNorm
from unfog.nets.rope import angles
from unfog.text.tokenizer import Encoded


class TextEncoder(nn.Module):
    """``forward(words, drop) -> Cond`` with tokens ``(b, l, width)``, mask ``(b, l)``, pooled ``(b, width)``.

    Args:
        vocabulary: number of tokens.
        buckets: rows of the table of groups of letters (``text/grams.py``), 0: none.
        width, depth, heads: the transformer.
        max_tokens: longest caption.
    """

    def __init__(
        self, *, vocabulary: int, width: int, depth: int, heads: int, max_tokens: int, buckets: int = 0
    ) -> None:
        super().__init__()
        self.head_dim = width // heads
        self.token = Embedding(vocabulary, width)
        self.letters = Embedding(buckets, width) if buckets else None
        self.position = Embedding(max_tokens, width)
        self.blocks = nn.ModuleList(Block(width, heads, emb=None, context=None) for _ in range(depth))
        self.norm = LayerNorm(width)
        self.null = Embedding(2, width)  # row 0: the null token, row 1: the null summary

    def forward(self, words: Encoded, drop: Bool[Tensor, " b"] | None = None) -> Cond:
        """Encode captions; rows that are empty or marked in ``drop`` become the learned null conditioning.

        Raises:
            ValueError: the captions were encoded without the groups of letters that this encoder reads.
        """
        ids, mask, groups = words
        absent = ~mask.any(1) if drop is None else drop | ~mask.any(1)
        first = torch.zeros_like(mask)
        first[:, 0] = True
        mask = torch.where(absent[:, None], first, mask)  # no row without a key
        x = self.token(ids) + self.position.weight[: ids.shape[1]]  # (b, l, d)
        if self.letters is not None:
            if groups is None:
                raise ValueError("this text encoder reads groups of letters: encode with a tokenizer that has buckets")
            total = F.embedding_bag(groups.flatten(0, 1), self.letters.weight, mode="sum", padding_idx=0)
            number = (groups > 0).sum(2, keepdim=True).clamp(min=1)
            x = x + total.unflatten(0, ids.shape) / number.sqrt()
        angle = angles((ids.shape[1],), self.head_dim, ids.device)
        for block in self.blocks:
            x = block(x, mask=mask, angle=angle)
        x = self.norm(x)
        seen = mask[..., None].to(x.dtype)
        pooled = (x * seen).sum(1) / seen.sum(1)
        tokens = torch.where(absent[:, None, None], self.null.weight[0].to(x.dtype), x)
        pooled = torch.where(absent[:, None], self.null.weight[1].to(x.dtype), pooled)
        return Cond(tokens=tokens, mask=mask, pooled=pooled)
