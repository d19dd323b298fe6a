"""The comment in the EXIF data of a JPEG or WebP file, where programs of the web UI family write their infotext.

UserComment (0x9286) begins with 8 bytes that name its encoding (EXIF 2.32, 4.6.5): ``ASCII``, ``UNICODE`` (UTF-16; the
web UI writes it big-endian), or nothing. ComfyUI writes ``prompt:{json}`` into Model (0x0110), ``workflow:`` into Make.
"""

from __future__ import annotations

import io

from PIL import Image

from unfog.media.image import BROKEN, check_header, quiet
from unfog.media.png import TEXT_LIMIT

SUB, COMMENT = 0x8769, 0x9286
NAMED = (0x010E, 0x010F, 0x0110)  # ImageDescription, Make, Model


def read_comment(data: bytes, *, name: str) -> dict[str, str]:
    """Texts by what they are: ``comment``, and ``prompt`` or ``workflow`` of ComfyUI. Damaged ones are left out.

    Raises:
        DataError: it is no picture, or too large.
    """
    header = check_header(data, name=name)
    try:
        with quiet():
            exif = Image.open(io.BytesIO(data), formats=[header.format]).getexif()
            comment, tags = exif.get_ifd(SUB).get(COMMENT), [exif.get(tag) for tag in NAMED]
    except (*BROKEN, Image.DecompressionBombError):
        return {}
    found = dict[str, str]()
    for tag in tags:
        kind, colon, rest = tag[:TEXT_LIMIT].partition(":") if isinstance(tag, str) else ("", "", "")
        if colon and kind.lower() in ("prompt", "workflow"):
            found[kind.lower()] = rest
    if isinstance(comment, str):
        found["comment"] = comment[:TEXT_LIMIT]
    if isinstance(comment, bytes) and len(comment) <= 2 * TEXT_LIMIT:
        found["comment"] = decoded(comment)
    return found


def decoded(comment: bytes) -> str:
    """A UserComment as text; what cannot be read is replaced."""
    kind, body = comment[:8], comment[8:]
    if kind.startswith(b"UNICODE"):
        little = body[:2] == b"\xff\xfe" or (len(body) > 1 and body[1] == 0 and body[0] != 0)
        return body.decode("utf-16-le" if little else "utf-16-be", "replace").lstrip("\ufeff").rstrip("\0")
    return (
        (body if kind.startswith(b"ASCII") or not kind.strip(b"\0") else comment)
        .decode("utf-8", "replace")
        .rstrip("\0")
    )
