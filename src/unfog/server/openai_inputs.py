"""The pictures that an edit begins with, from what an OpenAI client sends to files that an ask can name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PIL import Image, ImageChops

from unfog.config.ask import Given
from unfog.config.edit import Inpaint, Restore, Restyle
from unfog.media.formats import encoded
from unfog.media.image import Limits, decode_any, flatten, quiet
from unfog.server import uploads
from unfog.server.engine import Engine
from unfog.server.fitting import fitted
from unfog.server.masks import mask_from_alpha
from unfog.server.openai_errors import Refused, refused
from unfog.server.openai_fields import Fields
from unfog.util.errors import DataError

MOST_PICTURES = 16


@dataclass(frozen=True)
class Sent:
    """A picture that was sent: its bytes, and its id if we have it already."""

    data: bytes
    id: str | None = None


@dataclass(frozen=True)
class Ready:
    """The pictures of an edit as they are worked on, and their size; ``None`` where the sent file will do."""

    size: tuple[int, int]
    picture: bytes | None = None
    mask: bytes | None = None


def prepared(picture: bytes, mask: bytes | None, fields: Fields, limits: Limits) -> Ready:
    """Bring a picture to the size that is asked for, and find out what is painted.

    Without a mask, and unless ``unfog.way`` says something else, what is transparent in the picture is edited.

    Raises:
        Refused: the mask cannot be read or does not fit, or the size is too large. DataError: the picture cannot be
            read.
    """
    if fields.size is not None and (pixels := fields.size[0] * fields.size[1]) > limits.pixels:
        text = "size: {}x{} are {} pixels, and {} are allowed; ask for a smaller one"
        raise Refused(text.format(*fields.size, pixels, limits.pixels), 400, "invalid_value", "size")
    with quiet():
        shown, _ = decode_any(picture, name="image", limits=limits)
        area = None if mask is None else area_of(mask, limits)
    if area is not None and area.size != shown.size:
        (w, h), (width, height) = area.size, shown.size
        text = f"the mask is {w}x{h} and the image {width}x{height}; make the mask as large"
        raise Refused(text, 400, "invalid_mask_size", "mask")
    original = shown
    if area is None and fields.unfog.way is None and shown.mode == "RGBA":
        clear = ImageChops.invert(shown.getchannel("A"))
        if clear.getextrema() != (0, 0):
            area, shown = clear, flatten(shown)
    if area is not None and area.getextrema() == (0, 0):
        raise Refused("the mask is opaque everywhere; make transparent what is to change", 400, "invalid_value", "mask")
    size = fields.size or shown.size
    shown = fitted(shown, size, "cover")
    grey = None if area is None else encoded(fitted(area, size, "cover", mask=True), "png")
    return Ready(size, None if shown is original else encoded(shown, "png"), grey)


def area_of(mask: bytes, limits: Limits) -> Image.Image:
    """Where it is painted.

    Raises:
        Refused: the mask cannot be read, or has no transparency.
    """
    try:
        return mask_from_alpha(mask, name="mask", limits=limits)
    except DataError as error:
        raise refused(error, param="mask") from None


async def given_by(
    engine: Engine, owner: str, pictures: list[Sent], mask: Sent | None, fields: Fields
) -> tuple[Given, tuple[int, int]]:
    """Keep the pictures of an edit, and name them.

    Raises:
        Refused: too many, or too few. DataError: a file is refused.
    """
    way = fields.unfog.way
    styled = isinstance(way, Restyle)
    if not pictures:
        raise Refused("Missing required parameter: 'image'.", 400, "missing_required_parameter", "image")
    if len(pictures) > (2 if styled else 1):
        more = "one picture and one in the style that it gets" if styled else "one picture is edited at a time"
        raise Refused(f"{more}, got {len(pictures)}", 400, "invalid_value", "image")
    if mask is not None and way is not None and not isinstance(way, Inpaint | Restore):
        raise Refused(f"a mask belongs to inpainting, not to {way.kind}", 400, "invalid_value", "mask")
    limits = engine.settings.limits
    caps = Limits(file_bytes=limits.upload_bytes, pixels=limits.pixels)
    work = uploads.DECODER.submit(prepared, pictures[0].data, None if mask is None else mask.data, fields, caps)
    ready = await asyncio.wrap_future(work)
    first = await kept(engine, owner, pictures[0] if ready.picture is None else Sent(ready.picture))
    painted = None if ready.mask is None else await kept(engine, owner, Sent(ready.mask))
    style = await kept(engine, owner, pictures[1]) if len(pictures) > 1 else None
    return Given(picture=first, mask=painted, style=style), ready.size


async def kept(engine: Engine, owner: str, sent: Sent) -> str:
    """The id of a picture."""
    return sent.id or (await engine.add_file(sent.data, owner)).id
