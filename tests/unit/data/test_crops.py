"""Squares cut out of photographs: parts of them, another one at every visit, the same for the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.support.folders import load_folder
from tests.support.pictures import pattern, write

from unfog.config.train import DataConfig
from unfog.data.crops import Crops, load_whole
from unfog.jobs.datasets import open_dataset
from unfog.media.image import from_uint8, to_uint8
from unfog.util.errors import UsageError


def ramps(width: int, height: int) -> np.ndarray:
    """Red is the column, green the row, so that a square says where it was cut out and how much smaller it became."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([columns, rows, np.zeros_like(rows)], axis=2)


def folder(root: Path, n: int = 3) -> Path:
    """Photographs of 60 x 40 pixels and more, the second with a caption."""
    for k in range(n):
        write(root / f"{k}.png", ramps(60 + k, 40 + 2 * k), "a caption" if k == 1 else None)
    return root


def test_squares_are_parts_of_the_photograph_at_all_scales(tmp_path: Path) -> None:
    data = load_folder(folder(tmp_path), 16, crop=True)
    seen = torch.cat([data.batch(range(3), seed=s, split="train").x for s in range(60)])
    pixels = to_uint8(seen).float()  # (180, 3, 16, 16)
    reach = pixels[:, 0].amax((1, 2)) - pixels[:, 0].amin((1, 2))  # columns from first to last
    assert reach.min() == 15
    assert 35 < reach.max() <= 44
    middle = pixels[:, 0].mean((1, 2))
    assert middle.min() < 12
    assert middle.max() > 48
    assert torch.allclose(pixels[:, 0].diff(dim=1).float(), torch.zeros(180, 15, 16), atol=1)  # upright, not mirrored
    assert (pixels[:, 0, 0, -1] > pixels[:, 0, 0, 0]).all()


def test_a_square_depends_on_its_number_and_the_seed_alone(tmp_path: Path) -> None:
    root = folder(tmp_path)
    data = load_folder(root, 16, crop=True, flip=True)
    whole = data.batch([0, 1, 2], seed=5, split="train").x
    assert torch.equal(data.batch([2], seed=5, split="train").x[0], whole[2])
    assert not torch.equal(data.batch([2], seed=6, split="train").x[0], whole[2])
    read_again = load_folder(root, 16, crop=True, flip=True, cache_bytes=3 * 60 * 40)
    assert read_again.crops is not None
    assert len(read_again.crops.kept) == 1
    assert torch.equal(read_again.batch([0, 1, 2], seed=5, split="train").x, whole)


def test_no_captions_are_asked_for_and_none_kept(tmp_path: Path) -> None:
    data = load_folder(folder(tmp_path), 16, crop=True)
    assert data.batch([0, 1], seed=0, split="train").captions == ["", ""]
    assert data.captions(10) == ["", "", ""]
    assert data.fingerprint() != load_folder(tmp_path, 16, missing="drop").fingerprint()


def test_a_photograph_smaller_than_the_square_is_enlarged(tmp_path: Path) -> None:
    write(tmp_path / "a.png", pattern(11, 9), None)
    x = load_folder(tmp_path, 16, crop=True).batch([0], seed=0, split="train").x
    assert x.shape == (1, 3, 16, 16)
    assert x.std() > 0.1


def test_a_square_of_full_size_is_cut_and_not_resampled() -> None:
    pixels = torch.from_numpy(ramps(16, 16)).permute(2, 0, 1)
    crops = Crops(16, (pixels,), lambda _: pixels)
    assert torch.equal(from_uint8(crops.cut([0], 3)[0]), from_uint8(pixels))


def test_what_is_very_large_is_kept_smaller(tmp_path: Path) -> None:
    write(tmp_path / "a.png", pattern(100, 170), None)
    assert load_whole(tmp_path, "a.png", 8).shape == (3, 109, 64)
    assert load_whole(tmp_path, "a.png", 16).shape == (3, 170, 100)


def test_what_is_built_in_is_not_cut() -> None:
    with pytest.raises(UsageError, match="cuts squares out of a folder of photographs, not of 'scenes'"):
        list(open_dataset(DataConfig(source="scenes", crop=True), 32))
