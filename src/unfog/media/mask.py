"""Masks: which pixels of a picture are to be painted. White is painted, black stays, grey is between.

In memory a mask is (h, w), float32 in [0, 1]. What is transparent in the file of a mask is black.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.media.original import Original, read_original
from unfog.util.errors import DataError, UsageError

SPREAD = 3.0  # standard deviations of a Gaussian that a feather is wide


def read_mask(path: Path, size: tuple[int, int]) -> Float[Tensor, "h w"]:
    """The mask in a file, for a picture of ``size`` (width, height).

    Raises:
        DataError: it cannot be read, has another size, or is black everywhere.
    """
    return checked_mask(read_original(path), size, f"the mask {path}")


def checked_mask(picture: Original, size: tuple[int, int], name: str) -> Float[Tensor, "h w"]:
    """The mask that a picture shows, for one of ``size`` (width, height).

    Raises:
        DataError: it has another size, or is black everywhere.
    """
    if picture.size != size:
        (width, height), (w, h) = picture.size, size
        raise DataError(f"{name} is {width}x{height} and the picture {w}x{h}; make the mask as large")
    mask = mask_of(picture)
    if not mask.any():
        raise DataError(f"{name} is black everywhere, so nothing is painted; make white what is to change")
    return mask


def mask_of(picture: Original) -> Float[Tensor, "h w"]:
    """The mask that a picture shows: its lightness (Rec. 601), by its opacity, in 255ths."""
    pixels = picture.pixels.double()
    light = (pixels[:3] * pixels.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
    light = light * pixels[3] / 255 if len(pixels) == 4 else light
    return (light.round() / 255).float()


def box_mask(box: tuple[int, int, int, int], size: tuple[int, int]) -> Float[Tensor, "h w"]:
    """White inside the rectangle (left, top, width, height) of a picture of ``size`` (width, height).

    Raises:
        UsageError: nothing of it lies in the picture.
    """
    (left, top, width, height), mask = box, torch.zeros(size[1], size[0])
    mask[top : top + height, left : left + width] = 1
    if not mask.any():
        raise UsageError(f"the box {left},{top},{width},{height} lies outside a picture of {size[0]}x{size[1]} pixels")
    return mask


def feathered(mask: Float[Tensor, "h w"], width: int) -> Float[Tensor, "h w"]:
    """The mask with a soft edge of ``width`` pixels, outside of what it was: that stays as white as it is."""
    if width == 0:
        return mask
    sigma = width / SPREAD
    x = torch.arange(-width, width + 1) / sigma
    kernel = torch.exp(-0.5 * x.square())
    grown = widened(mask, width // 2)[None, None]
    padded = F.pad(grown, (width, width, width, width), mode="replicate")
    kernel = kernel / kernel.sum()
    soft = F.conv2d(F.conv2d(padded, kernel[None, None, None]), kernel[None, None, :, None])[0, 0]
    near = widened((mask > 0).float(), width)
    return torch.maximum(mask, soft * near).clamp(0, 1)


def widened(mask: Float[Tensor, "h w"], width: int) -> Float[Tensor, "h w"]:
    """The most of a mask within ``width`` pixels across and down."""
    rows = F.max_pool2d(mask[None, None], (1, 2 * width + 1), stride=1, padding=(0, width))
    return F.max_pool2d(rows, (2 * width + 1, 1), stride=1, padding=(width, 0))[0, 0]


def sha256_of(mask: Float[Tensor, "h w"]) -> str:
    """Of sides and values in 255ths, by which recipes name a mask."""
    h, w = mask.shape
    values = (mask * 255).round().to(torch.uint8)
    return hashlib.sha256(b"mask %d %d " % (h, w) + values.numpy().tobytes()).hexdigest()
