"""Do texts find their own pictures? Recall at k: the share of texts whose picture is among the k most alike ones.

Texts that are equal word for word share their pictures: the best of them counts, and they do not stand in each other's
way. Chance is k among as many different texts as there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.evaluate.faithfulness import Share, wilson


def recall(texts: Float[Tensor, "n d"], pictures: Float[Tensor, "n d"], captions: Sequence[str], k: int) -> Share:
    """Recall at ``k`` among n pictures; row i of each belongs together. All vectors have length 1."""
    scores = texts @ pictures.T
    number = {caption: at for at, caption in enumerate(dict.fromkeys(captions))}
    which = torch.tensor([number[caption] for caption in captions])
    own = which[:, None] == which
    best = scores.masked_fill(~own, -torch.inf).amax(dim=1)
    above = ((scores > best[:, None]) & ~own).sum(dim=1)
    return wilson(int((above < k).sum()), len(captions))
