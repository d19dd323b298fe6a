"""What was painted small, as it stands in the picture it was painted for: enlarged, led over to it, and laid in."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.nets.upscaler import Upscaler
from unfog.tasks.frame import Frame, grown, laid, seen, shrunk
from unfog.tasks.membrane import eased, seamless
from unfog.tasks.seam import across

JUDGED = 256  # pixels of a side, at most, of the picture in which seams are compared


def inserted(
    painted: Float[Tensor, "1 k h2 w2"],
    pixels: UInt8[Tensor, "c h w"],
    frame: Frame,
    mask: Float[Tensor, "h w"] | None,
    upscaler: Upscaler | None,
) -> UInt8[Tensor, "c h w"]:
    """The picture with what was painted in it.

    Args:
        painted: as large as the canvas of ``frame``, in [-1, 1]; pixels: the whole picture.
        mask: of the whole picture: 1 is painted, 0 stays; ``None``: all of the frame is painted.
        upscaler: what doubles pictures; ``None``: interpolation only.
    """
    whole, here = pixels.clone(), frame.cut(pixels)
    part = None if mask is None else frame.cut(mask)
    if part is None:
        large = grown(painted, (frame.width, frame.height), upscaler)
    else:
        large = led_over(painted, seen(here, painted.shape[1]), part, upscaler)
    frame.cut(whole).copy_(laid(large, here, part))
    return whole


def seam_of(
    painted: Float[Tensor, "1 k h2 w2"],
    pixels: UInt8[Tensor, "c h w"],
    frame: Frame,
    mask: Float[Tensor, "h w"],
    upscaler: Upscaler | None,
) -> float:
    """How strong its seam is there (``tasks/seam.py``), if all of it is laid in wherever the mask is not 0."""
    here, part = seen(frame.cut(pixels), painted.shape[1]), (frame.cut(mask) > 0).to(painted)
    most = max(frame.width, frame.height)
    if most > JUDGED:
        width, height = (max(1, round(side * JUDGED / most)) for side in (frame.width, frame.height))
        here, part = shrunk(here, (width, height)), F.adaptive_max_pool2d(part[None, None], (height, width))[0, 0]
    made = led_over(painted, here, part, upscaler)
    return across(made.where(part > 0, here)[0], part)


def led_over(
    painted: Float[Tensor, "1 k h2 w2"],
    picture: Float[Tensor, "1 k h w"],
    mask: Float[Tensor, "h w"],
    upscaler: Upscaler | None,
) -> Float[Tensor, "1 k h w"]:
    """What was painted, as large as the picture, with its colours and outlines led over to what the mask leaves."""
    height, width = mask.shape
    large = grown(painted, (width, height), upscaler)
    reach = max(1, round(width / painted.shape[3] / 2))
    return eased(seamless(large, picture, mask), picture, mask, reach)
