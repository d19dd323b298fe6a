"""JPEG as a measurement: its tables and coefficients are those of files that Pillow writes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from tests.support.problems import gauss

from unfog.core.jpeg import ROUNDING, Jpeg, quality_of, tables
from unfog.core.operator import solve
from unfog.util.errors import UsageError


def through_a_file(pixels: torch.Tensor, quality: int) -> tuple[JpegImageFile, torch.Tensor]:
    """What a file makes of (3, h, w) in 0..255."""
    out = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(out, "JPEG", quality=quality, subsampling="4:2:0")
    image = JpegImageFile(io.BytesIO(out.getvalue()))
    return image, torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def smooth(height: int, width: int) -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 3, height), torch.linspace(0, 4, width), indexing="ij")
    waves = torch.stack([torch.sin(x + y), torch.cos(x * y / 2), torch.sin(2 * y)])
    return (128 + 90 * waves + 6 * gauss(3, 3, height, width).float()).clamp(0, 255).to(torch.uint8)


@pytest.mark.parametrize("quality", [1, 12, 49, 50, 75, 95, 100])
def test_the_tables_are_those_of_files_and_say_the_quality(quality: int):
    image, _ = through_a_file(smooth(16, 16), quality)
    assert [list(table) for table in tables(quality)] == [list(image.quantization[k]) for k in (0, 1)]
    assert quality_of(image.quantization[0]) == quality


def test_coefficients_of_a_decoded_file_are_whole_numbers_and_near_those_of_the_picture():
    """Up to what decoding rounds; the difference is that of rounding, about 1/sqrt(12) where steps are not huge."""
    pixels = smooth(48, 64)
    _, decoded = through_a_file(pixels, 60)
    operator = Jpeg(60, (48, 64))
    true, seen = (operator.forward(p[None].double() / 127.5 - 1)[0] for p in (pixels, decoded))
    luma = slice(0, 48 * 64)
    assert (seen[luma] - seen[luma].round()).abs().mean() < 0.05
    error = (seen - true)[luma]
    assert error.abs().max() < 0.75
    assert error.std() < 1.1 * ROUNDING


def test_sides_are_filled_up_with_the_outermost_pixels():
    x = gauss(1, 2, 3, 19, 21)
    filled = torch.nn.functional.pad(x, (0, 11, 0, 13), mode="replicate")
    found = Jpeg(30, (19, 21)).forward(x)
    assert (found - Jpeg(30, (32, 32)).forward(filled)).abs().max() < 1e-12


def test_a_flat_picture_has_one_number_in_a_block():
    y = Jpeg(50, (16, 16)).forward(torch.full((1, 3, 16, 16), 0.5, dtype=torch.float64))[0]
    assert y.count_nonzero(dim=0) >= 4
    assert (y.abs() > 1e-3).sum() == 4  # of lightness; grey has no colour
    torch.testing.assert_close(y[0], torch.tensor(8 * 0.5 * 127.5 / 16, dtype=torch.float64))


def test_in_single_precision_inverses_err_little():
    operator, x = Jpeg(50, (16, 32)), gauss(4, 2, 3, 16, 32).float()
    y = operator.forward(x)
    assert y.dtype == operator.adjoint(y).dtype == torch.float32
    found, wide = (solve(operator, v, 0.25, ROUNDING**2) for v in (y, y.double()))
    assert (found - wide).abs().max() <= 1e-4 * y.abs().max()


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_that_no_file_has_is_refused(quality: int):
    with pytest.raises(UsageError, match=f"from 1 to 100, got {quality}"):
        Jpeg(quality, (16, 16))
