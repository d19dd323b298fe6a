"""Connected regions of masks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int64
from torch import Tensor


def labelled(mask: Bool[Tensor, "b h w"]) -> Int64[Tensor, "b h w"]:
    """One positive number per region of pixels that touch (diagonals included), 0 elsewhere."""
    height, width = mask.shape[1:]
    number = torch.arange(1, height * width + 1, dtype=torch.float32, device=mask.device).view(height, width) * mask
    while True:
        spread = F.max_pool2d(number[:, None], 3, stride=1, padding=1)[:, 0] * mask
        if torch.equal(spread, number):
            return number.long()
        number = spread


def grown(mask: Bool[Tensor, "b h w"], by: int) -> Bool[Tensor, "b h w"]:
    """Everything at most ``by`` pixels from the mask, diagonals included."""
    return F.max_pool2d(mask[:, None].float(), 2 * by + 1, stride=1, padding=by)[:, 0] > 0
