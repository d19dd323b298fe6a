"""A picture to be changed: its values as people see them, its profile where that still describes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from tests.support.pictures import animated, encoded, pattern, write

from unfog.media.image import pixels_of
from unfog.media.original import Original, original_of, read_original
from unfog.util.errors import DataError

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def rgba() -> Image.Image:
    """Colours of their own under every opacity, 0 among them."""
    alpha = np.arange(13 * 11, dtype=np.uint8).reshape(11, 13)
    return Image.fromarray(np.dstack([pattern(13, 11), alpha]))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_values_and_hidden_colours_as_they_are(tmp_path, kind):
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    found = read_original(write(tmp_path / "a", encoded(rgba(), kind, **options)))
    assert torch.equal(found.pixels, pixels_of(rgba()))
    assert (found.size, found.profile) == ((13, 11), None)


def test_upright(tmp_path):
    path = write(tmp_path / "a.png", encoded(pattern(13, 11), orientation=6, icc_profile=PROFILE))
    found = read_original(path)
    assert found.size == (11, 13)
    assert torch.equal(found.pixels, pixels_of(Image.fromarray(pattern(13, 11)).transpose(Image.Transpose.ROTATE_270)))
    assert found.profile == PROFILE


@pytest.mark.parametrize(
    ("mode", "channels", "kept"),
    [("RGB", 3, True), ("RGBA", 4, True), ("P", 3, True), ("L", 3, False), ("LA", 4, False), ("1", 3, False)],
)
def test_the_profile_stays_where_it_still_describes_the_numbers(tmp_path, mode, channels, kept):
    picture = rgba().convert(mode) if mode != "P" else rgba().convert("RGB").convert("P")
    found = read_original(write(tmp_path / "a.png", encoded(picture, icc_profile=PROFILE)))
    assert found.pixels.shape == (channels, 11, 13)
    assert found.profile == (PROFILE if kept else None)


def test_cmyk(tmp_path):
    data = encoded(Image.fromarray(pattern(16, 16)).convert("CMYK"), "JPEG", quality=100, icc_profile=PROFILE)
    found = read_original(write(tmp_path / "a.jpg", data))
    assert (found.pixels.shape, found.profile) == ((3, 16, 16), None)
    assert (found.pixels.int() - pixels_of(Image.fromarray(pattern(16, 16))).int()).abs().float().mean() <= 12


def test_sixteen_bits_of_grey(tmp_path):
    values = (np.arange(13 * 11, dtype=np.uint16) * 450).reshape(11, 13)
    found = read_original(write(tmp_path / "a.png", encoded(Image.fromarray(values))))
    wanted = torch.from_numpy(np.rint(values / 257).astype(np.uint8)).expand(3, 11, 13)
    assert torch.equal(found.pixels, wanted)


def test_a_palette_with_a_transparent_entry(tmp_path):
    picture = Image.fromarray(pattern(13, 11)).quantize(16)
    first = picture.getpixel((0, 0))
    found = read_original(write(tmp_path / "a.png", encoded(picture, transparency=first)))
    assert found.pixels.shape == (4, 11, 13)
    assert found.pixels[3, 0, 0] == 0
    assert found.pixels[3].max() == 255


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"GIF89a" + bytes(99), "not a readable PNG, JPEG or WebP"),
        (encoded(pattern(40, 40))[:200], "is damaged"),
        (animated("WEBP"), "is animated"),
        (animated("PNG"), "is animated"),
    ],
)
def test_what_cannot_be_read(tmp_path, data, said):
    with pytest.raises(DataError, match=said):
        read_original(write(tmp_path / "a.png", data))
    with pytest.raises(DataError, match="cannot be read"):
        read_original(tmp_path / "none.png")


def test_equal_pixels_have_equal_names_whatever_the_file(tmp_path):
    picture = Image.fromarray(pattern(13, 11))
    files = [write(tmp_path / f"{k}.png", encoded(picture, compress_level=k)) for k in (0, 9)]
    files.append(write(tmp_path / "a.webp", encoded(picture, "WEBP", lossless=True)))
    assert len({read_original(path).sha256 for path in files}) == 1
    one = original_of(picture)
    assert one.sha256 == read_original(files[0]).sha256
    turned = Original(one.pixels.transpose(1, 2).contiguous())
    longer = Original(one.pixels.reshape(3, 13, 11))
    less = one.pixels.clone()
    less[0, 0, 0] += 1
    assert len({o.sha256 for o in (one, turned, longer, Original(less), Original(pixels_of(rgba())))}) == 5
    assert Original(one.pixels, PROFILE).sha256 == one.sha256
