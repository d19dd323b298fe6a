"""The pictures that img2img begins with, at the size that is asked for, as files that an ask can name."""

from __future__ import annotations

import asyncio

from unfog.config.ask import Given
from unfog.media.formats import encoded
from unfog.media.image import Limits, decode_any, flatten, quiet
from unfog.server import uploads
from unfog.server.a1111_asks import fit_of
from unfog.server.a1111_fields import Img2Img
from unfog.server.carried import bytes_in
from unfog.server.engine import Engine
from unfog.server.fitting import fitted
from unfog.server.masks import mask_from_white


def prepared(fields: Img2Img, limits: Limits) -> tuple[bytes, bytes | None]:
    """Picture and mask; a picture that is as it should be already is left as it was sent.

    Raises:
        UsageError: an address instead of a picture. DataError: it cannot be read.
    """
    data, fit = bytes_in(fields.init_images[0], name="init_images[0]"), fit_of(fields)
    with quiet():
        sent, _ = decode_any(data, name="init_images[0]", limits=limits)
        picture = fitted(flatten(sent) if sent.mode == "RGBA" else sent, fit.size, fit.how)
        data = data if picture is sent else encoded(picture, "png")
        if fields.mask is None:
            return data, None
        mask = mask_from_white(
            bytes_in(fields.mask, name="mask"),
            inverted=fields.inpainting_mask_invert,
            rounded=fields.mask_round,
            name="mask",
            limits=limits,
        )
    return data, encoded(fitted(mask, fit.size, fit.how, mask=True), "png")


async def given_by(engine: Engine, owner: str, fields: Img2Img) -> Given:
    """Keep the pictures of a request, and name them.

    Raises:
        UsageError, DataError: as ``prepared``. FullError: there is no place.
    """
    limits = engine.settings.limits
    caps = Limits(file_bytes=limits.upload_bytes, pixels=limits.pixels)
    picture, mask = await asyncio.wrap_future(uploads.DECODER.submit(prepared, fields, caps))
    first = (await engine.add_file(picture, owner)).id
    return Given(picture=first, mask=None if mask is None else (await engine.add_file(mask, owner)).id)
