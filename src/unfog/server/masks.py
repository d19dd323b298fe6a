"""Masks of other programs as ours: white is painted, black stays, grey is between (``media/mask.py``).

    A1111     white is repainted. A file with transparency means its opacity instead. Values above 128 count as white
              unless grey is asked for (``mask_round``), and all may be turned round (``inpainting_mask_invert``).
    OpenAI    what is transparent is edited: painted = 255 - alpha.

They are converted here, once, at the edge.
"""

from __future__ import annotations

from PIL import Image, ImageChops

from unfog.media.image import SAFE, Limits, decode_any, decode_rgba

THRESHOLD = 128


def mask_from_alpha(data: bytes, *, name: str = "the mask", limits: Limits = SAFE) -> Image.Image:
    """OpenAI's mask as ours, grey.

    Raises:
        DataError: it cannot be read, or has no transparency.
    """
    return ImageChops.invert(decode_rgba(data, name=name, limits=limits).getchannel("A"))


def mask_from_white(
    data: bytes, *, inverted: bool, rounded: bool = True, name: str = "the mask", limits: Limits = SAFE
) -> Image.Image:
    """A1111's mask as ours, grey.

    Raises:
        DataError: it cannot be read.
    """
    picture, _ = decode_any(data, name=name, limits=limits)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        mask = picture.getchannel("A")
    else:
        mask = picture.convert("L")
    if rounded:
        mask = mask.point([0] * (THRESHOLD + 1) + [255] * (255 - THRESHOLD))
    return ImageChops.invert(mask) if inverted else mask
