"""A picture brought to the size that a client asks for, before it is worked on.

stretch   both sides as asked, whatever the shape (A1111: just resize)
cover     the middle of it, as much as fills the new shape (A1111: crop and resize)
contain   all of it, its edges continued to fill the new shape (A1111: resize and fill)
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from PIL import Image

from unfog.media.image import FILTERS

How = Literal["stretch", "cover", "contain"]


def fitted(picture: Image.Image, size: tuple[int, int], how: How, *, mask: bool = False) -> Image.Image:
    """The picture at ``size`` (width, height); a mask without the ringing that sharp filters give to edges."""
    kernel = Image.Resampling.BILINEAR if mask else FILTERS["lanczos"]
    width, height = size
    w, h = picture.size
    if how == "stretch" or w * height == h * width:
        return picture if picture.size == size else picture.resize(size, kernel)
    if how == "cover":
        scale = min(w / width, h / height)
        left, top = (w - width * scale) / 2, (h - height * scale) / 2
        return picture.resize(size, kernel, box=(left, top, left + width * scale, top + height * scale))
    scale = min(width / w, height / h)
    inner = (min(width, max(1, round(w * scale))), min(height, max(1, round(h * scale))))
    small = np.asarray(picture.resize(inner, kernel))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    around = ((top, height - inner[1] - top), (left, width - inner[0] - left), (0, 0))
    return Image.fromarray(np.pad(small, around[: small.ndim], mode="edge"))
