"""Animated GIF files: how a picture came out of the noise, step by step."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from unfog.media.image import picture_of

FIRST_MS, LAST_MS = 600, 2000  # the ends are held: where it starts from, and what came out
WHOLE_MS = 3000  # the steps between them together ...
SHORTEST_MS, LONGEST_MS = 40, 300  # ... within what the eye follows
SIDE = 128  # small pictures are enlarged to about this, by a whole factor


def beside(left: UInt8[Tensor, "c h w"], right: UInt8[Tensor, "c h w"]) -> UInt8[Tensor, "c h both"]:
    """Two pictures of the same size side by side, an eighth of their width of white between them."""
    gap = torch.full((*left.shape[:2], max(1, left.shape[2] // 8)), 255, dtype=torch.uint8)
    return torch.cat([left, gap, right], dim=2)


def durations(frames: int) -> list[int]:
    """How long each frame is shown, in milliseconds (multiples of 10: GIF counts hundredths of a second)."""
    between = min(LONGEST_MS, max(SHORTEST_MS, WHOLE_MS // max(1, frames - 2))) // 10 * 10
    return [LAST_MS] if frames == 1 else [FIRST_MS, *[between] * (frames - 2), LAST_MS]


def there_and_back(frames: int) -> list[int]:
    """The order of frames from the first to the last and back, for an animation without a jump."""
    return [*range(frames), *range(frames - 2, 0, -1)]


def encode_gif(
    frames: Sequence[UInt8[Tensor, "c h w"]], *, comment: str = "", shown_ms: Sequence[int] | None = None
) -> bytes:
    """An endless animation of RGB frames, enlarged without smoothing; every frame has its own 256 colours.

    Args:
        frames: at least one, all of one size.
        comment: stored in the file (UTF-8).
        shown_ms: how long each is shown, in milliseconds; ``None``: as ``durations`` says.
    """
    factor = max(1, SIDE // frames[0].shape[1])
    pictures = [picture_of(f) for f in frames]
    enlarged = [
        p.resize((p.width * factor, p.height * factor), Image.Resampling.NEAREST).quantize(
            256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        for p in pictures
    ]
    out = io.BytesIO()
    enlarged[0].save(
        out,
        format="GIF",
        save_all=True,
        append_images=enlarged[1:],
        duration=durations(len(enlarged)) if shown_ms is None else list(shown_ms),
        loop=0,
        optimize=False,
        comment=comment.encode(),
    )
    return out.getvalue()
