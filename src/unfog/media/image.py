"""Picture files <-> tensors.

Pictures are ``(c, h, w)``: uint8 v in 0..255 at rest, float32 x in [-1, 1] for the networks, with

    x = v / 127.5 - 1            v = round((clip(x, -1, 1) + 1) * 127.5)   (ties to even)

so v -> x -> v gives back all 256 values. Files come from strangers: only PNG, JPEG and WebP are opened, and bytes,
pixels, frames and scans are checked before any decoder runs. Decoding gives plain RGB as people see the picture: EXIF
rotation applied, palettes, grey, 16 bits and CMYK converted, transparency flattened over white (``decode_rgba`` keeps
it). Colour profiles are ignored (values are taken as sRGB).
"""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

from unfog.media.header import Header, read_header
from unfog.util.errors import DataError

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp"})
FILTERS = {"lanczos": Image.Resampling.LANCZOS, "box": Image.Resampling.BOX}
DRAFT_FACTOR = 4  # a JPEG is decoded at the power-of-two scale that is still this many times the wanted size
# Every exception Pillow's three decoders and its EXIF reader are known to raise on damaged files.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Limits:
    """What a picture file may cost. Sides and pixels count before any resizing."""

    file_bytes: int = 64 * 2**20
    pixels: int = 50_000_000
    min_side: int = 1
    scans: int = 100


SAFE = Limits()
TRAINING = Limits(min_side=8)


def check_header(data: bytes, *, name: str, limits: Limits = SAFE) -> Header:
    """Refuse a file by its size and first bytes, without decoding it.

    Raises:
        DataError: not PNG/JPEG/WebP, too many bytes, pixels, frames or scans, or a side below the minimum.
    """
    if not data:
        raise DataError(f"{name} is empty (0 bytes); remove it or save the picture again")
    if len(data) > limits.file_bytes:
        raise DataError(f"{name} has {len(data)} bytes; at most {limits.file_bytes} are read: save it smaller")
    header = read_header(data)
    if header is None:
        raise DataError(f"{name} is not a readable PNG, JPEG or WebP picture; convert it to one of them or remove it")
    w, h = header.width, header.height
    if w * h > limits.pixels:
        raise DataError(f"{name} is {w}x{h} = {w * h} pixels; at most {limits.pixels} are allowed: scale it down")
    if min(w, h) < limits.min_side:
        raise DataError(f"{name} is {w}x{h} pixels; every side needs at least {limits.min_side}: remove or replace it")
    if header.animated:
        raise DataError(f"{name} is animated; a picture has one frame: save the frame you want as PNG")
    if header.scans > limits.scans:
        raise DataError(f"{name} is a JPEG of {header.scans} scans; at most {limits.scans} are read: save it again")
    return header


def decode(data: bytes, *, name: str, limits: Limits = SAFE, at_least: int | None = None) -> Image.Image:
    """The picture in a PNG, JPEG or WebP file as an upright RGB image.

    Args:
        data: the whole file.
        name: what to call it in errors.
        limits: caps checked before decoding.
        at_least: shorter side that will do; a large JPEG is then decoded at a reduced scale (several times faster).

    Raises:
        DataError: refused by ``check_header``, truncated or damaged.
    """
    return _decoded(data, name, limits, at_least, flatten)


def decode_rgba(data: bytes, *, name: str, limits: Limits = SAFE) -> Image.Image:
    """The picture in a PNG or WebP file with transparency as an upright RGBA image; arguments as in ``decode``.

    Raises:
        DataError: refused by ``check_header``, truncated or damaged, or the file has no alpha channel.
    """
    picture = _decoded(data, name, limits, None, _with_alpha)
    if picture.mode != "RGBA":
        raise DataError(
            f"{name} has no transparency ({picture.mode}); remove its background and save it as PNG or WebP with alpha"
        )
    return picture


def decode_any(data: bytes, *, name: str, limits: Limits = SAFE) -> tuple[Image.Image, str]:
    """The picture in a file as an upright RGB image, or RGBA where it has transparency, and its mode in the file.

    Raises:
        DataError: as ``decode``.
    """
    modes = list[str]()

    def finish(picture: Image.Image) -> Image.Image:
        modes.append(picture.mode)
        return plain(picture)

    return _decoded(data, name, limits, None, finish), modes[0]


def jpeg_steps(data: bytes) -> tuple[int, ...] | None:
    """The quantisation steps of lightness of a JPEG file that can be decoded, row by row; ``None`` for other files."""
    with Image.open(io.BytesIO(data)) as picture:
        return tuple(picture.quantization[0]) if isinstance(picture, JpegImageFile) else None


def _decoded(
    data: bytes, name: str, limits: Limits, at_least: int | None, finish: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """Check, decode, turn upright and convert with ``finish``; whatever Pillow raises becomes a ``DataError``."""
    header = check_header(data, name=name, limits=limits)
    try:
        picture = Image.open(io.BytesIO(data), formats=[header.format])
        if picture.size != (header.width, header.height):
            raise DataError(f"{name} says two sizes, {header.width}x{header.height} and {picture.size}; save it again")
        if at_least is not None and header.format == "JPEG" and picture.mode in ("RGB", "L"):
            picture.draft(picture.mode, (DRAFT_FACTOR * at_least, DRAFT_FACTOR * at_least))
        picture.load()
        return finish(ImageOps.exif_transpose(picture))
    except DataError:
        raise
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise DataError(
            f"{name} is damaged ({' '.join(str(error).split())}); save the picture again or remove it"
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings: damaged EXIF data, which photographs often have, do not concern a person.

    Filters belong to the process, so this goes round the threads that decode, not into them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        yield


def flatten(picture: Image.Image) -> Image.Image:
    """Any Pillow mode to RGB; transparency over white; 16-bit grey scaled by 255/65535 and rounded."""
    if picture.mode.startswith("I"):
        levels = np.rint(np.arange(65536) * (255 / 65535)).astype(np.uint8)
        return Image.fromarray(levels[np.clip(np.asarray(picture), 0, 65535)]).convert("RGB")
    over = _with_alpha(picture)
    if over.mode == "RGBA":
        return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    return picture.convert("RGB")


def plain(picture: Image.Image) -> Image.Image:
    """Any Pillow mode to RGBA where it has transparency, and else to RGB as ``flatten`` does."""
    over = _with_alpha(picture)
    return over if over.mode == "RGBA" else flatten(picture)


def _with_alpha(picture: Image.Image) -> Image.Image:
    """Any Pillow mode with transparency to RGBA; a picture without it is returned as it is."""
    transparent = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA") if transparent else picture


def square(picture: Image.Image, size: int, *, kernel: Literal["lanczos", "box"] = "lanczos") -> Image.Image:
    """The centred square of a picture, resized to ``size`` x ``size``.

    Both filters widen with the reduction, so detail finer than the new pixels is averaged, never aliased.
    """
    w, h = picture.size
    side = min(w, h)
    left, top = (w - side) // 2, (h - side) // 2
    return picture.resize((size, size), FILTERS[kernel], box=(left, top, left + side, top + side))


def pixels_of(picture: Image.Image) -> UInt8[Tensor, "c h w"]:
    """The values of an RGB (or grey) Pillow image."""
    array = np.array(picture, dtype=np.uint8)  # (h, w, c) or (h, w)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1).contiguous()


def picture_of(pixels: UInt8[Tensor, "c h w"]) -> Image.Image:
    """A Pillow image of 1 (grey), 3 (RGB) or 4 (RGBA) channels."""
    if pixels.shape[0] not in (1, 3, 4):
        raise ValueError(f"a picture has 1, 3 or 4 channels, got {pixels.shape[0]}")
    array = pixels.permute(1, 2, 0).contiguous().cpu().numpy()
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def from_uint8(pixels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """0..255 to float32 in [-1, 1]: ``v / 127.5 - 1``."""
    return pixels.float().div_(127.5).sub_(1.0)


def to_uint8(x: Float[Tensor, "*shape"]) -> UInt8[Tensor, "*shape"]:
    """[-1, 1] to 0..255, values outside clipped: ``round((x + 1) * 127.5)``, ties to even.

    Raises:
        DataError: ``x`` holds NaN, which has no colour.
    """
    if torch.isnan(x).any():
        raise DataError("the picture holds NaN; the model or its settings diverged: use fewer extremes or float32")
    return ((x.float().clamp(-1.0, 1.0) + 1.0) * 127.5).round_().to(torch.uint8)


def read_bytes(path: Path, *, name: str | None = None, limits: Limits = SAFE) -> bytes:
    """A whole file, refused by its size before it is read."""
    name = name or str(path)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # reading a pipe or a terminal would wait for ever
            raise DataError(f"{name} is not a regular file; give the file of a picture")
        if facts.st_size > limits.file_bytes:
            raise DataError(f"{name} has {facts.st_size} bytes; at most {limits.file_bytes} are read: save it smaller")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}); check the file and its permissions") from error
