"""A folder becomes the same numbers every time, and every reason not to train on it is one clear error."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.folders import load_folder
from tests.support.pictures import animated, encoded, pattern, raw_png, write

from unfog.data.captions import Problem
from unfog.data.split import FOLDER_RULE, RULE
from unfog.media.image import from_uint8
from unfog.util.errors import DataError, Exit


def shade(k: int) -> np.ndarray:
    """A plain picture of its own colour, 13 wide and 11 high."""
    return np.full((11, 13, 3), (k, 255 - k, k // 2), dtype=np.uint8)


def shades(root: Path, n: int) -> Path:
    """``n`` plain pictures with two captions each."""
    for k in range(n):
        write(root / f"{k:03d}.png", shade(k), f"shade {k}\ncolour {k}")
    return root


def test_pixels_are_the_middle_square_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "a.png", pattern(17, 11), "wide")
    write(tmp_path / "b.webp", encoded(pattern(11, 18), "WEBP", lossless=True), "high")
    data = load_folder(tmp_path, 11)
    batch = data.batch([1, 0], seed=0, split="train")
    wanted = np.stack([pattern(11, 18)[3:14], pattern(17, 11)[:, 3:14]])
    assert batch.captions == ["high", "wide"]
    assert torch.equal(batch.x, from_uint8(torch.from_numpy(wanted).permute(0, 3, 1, 2)))
    assert [(e.width, e.height) for e in data.entries] == [(17, 11), (11, 18)]
    assert data.entries[0].sha256 == hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()
    assert data.entries[0].bytes == (tmp_path / "a.png").stat().st_size


def test_an_item_depends_on_its_number_and_the_seed_alone(tmp_path: Path) -> None:
    root = shades(tmp_path / "data", 24)
    data = load_folder(root, 8, flip=True)
    assert data.count == 23
    whole = data.batch(range(23), seed=3, split="train")
    for k in (0, 7, 22):
        alone = data.batch([k], seed=3, split="train")
        assert torch.equal(alone.x[0], whole.x[k])
        assert alone.captions == [whole.captions[k]]
    again = load_folder(root, 8, flip=True, cache_bytes=5 * 3 * 8 * 8).batch(range(23), seed=3, split="train")
    assert torch.equal(again.x, whole.x)
    assert again.captions == whole.captions
    assert data.batch(range(23), seed=4, split="train").captions != whole.captions


def test_pictures_beyond_the_cache_are_read_again_and_compared(tmp_path: Path) -> None:
    root = shades(tmp_path, 5)
    data = load_folder(root, 8, cache_bytes=2 * 3 * 8 * 8)
    assert len(data.cache) == 2
    assert data.batch([4], seed=0, split="train").x[0, 0, 0, 0].item() == pytest.approx(4 / 127.5 - 1)
    write(root / "004.png", shade(99))
    with pytest.raises(DataError, match=r"004\.png changed since it was first read \(has other bytes\); start again"):
        data.batch([4], seed=0, split="train")
    (root / "003.png").unlink()
    with pytest.raises(DataError, match=r"003\.png changed .*No such file"):
        data.batch([3], seed=0, split="train")
    assert data.batch([0], seed=0, split="train").captions[0] in ("shade 0", "colour 0")


def test_the_fingerprint_is_of_files_captions_and_paths(tmp_path: Path) -> None:
    """The numbers are computed here from the definition: sorted lines of two hashes and a path."""
    root = shades(tmp_path / "data", 3)
    lines = []
    for k in range(3):
        file = hashlib.sha256((root / f"{k:03d}.png").read_bytes()).hexdigest()
        text = hashlib.sha256(f"shade {k}\ncolour {k}".encode()).hexdigest()
        lines.append(f"{file} {text} {k:03d}.png\n".encode())
    wanted = "sha256:" + hashlib.sha256(b"".join(sorted(lines))).hexdigest()
    assert load_folder(root, 8).fingerprint() == wanted
    assert load_folder(root, 11, flip=True, cache_bytes=0).fingerprint() == wanted
    moved = Path(shutil.copytree(root, tmp_path / "elsewhere"))
    os.utime(moved / "000.png", (0, 0))
    (moved / "001.txt").write_bytes(b"  shade 1\r\n\r\ncolour   1\r\n")
    (moved / "notes.md").write_text("not a picture")
    assert load_folder(moved, 8).fingerprint() == wanted


@pytest.mark.parametrize("change", ["caption", "order", "picture", "added", "removed", "renamed"])
def test_the_fingerprint_notices(tmp_path: Path, change: str) -> None:
    root = shades(tmp_path, 3)
    before = load_folder(root, 8).fingerprint()
    match change:
        case "caption":
            (root / "001.txt").write_text("shade 1\ncolour one")
        case "order":
            (root / "001.txt").write_text("colour 1\nshade 1")
        case "picture":
            one_pixel = shade(1)
            one_pixel[5, 5, 2] ^= 1
            write(root / "001.png", one_pixel)
        case "added":
            write(root / "003.png", shade(3), "shade 3")
        case "removed":
            (root / "001.png").unlink()
        case "renamed":
            (root / "001.png").rename(root / "one.png")
            (root / "001.txt").rename(root / "one.txt")
    assert load_folder(root, 8).fingerprint() != before


def test_pictures_without_caption_are_an_error_unless_left_out(tmp_path: Path) -> None:
    root = shades(tmp_path, 6)
    for k in (1, 2, 3, 5):
        (root / f"{k:03d}.txt").unlink()
    with pytest.raises(DataError) as caught:
        load_folder(root, 8)
    assert str(caught.value) == (
        f"4 of 6 pictures have no caption: 001.png, 002.png, 003.png and 1 more (`unfog data check {root}` lists all); "
        "write a .txt file beside each, or leave them out with --set data.missing_captions=drop"
    )
    assert caught.value.exit_code == Exit.DATA
    data = load_folder(root, 8, missing="drop")
    assert [e.path for e in data.entries] == ["000.png", "004.png"]
    assert data.problems == tuple(Problem(f"{k:03d}.png", "has no caption", "caption") for k in (1, 2, 3, 5))


def test_no_caption_at_all_is_an_error_in_any_case(tmp_path: Path) -> None:
    write(tmp_path / "a.png", pattern(9, 8))
    for missing in ("error", "drop", "folder"):
        with pytest.raises(DataError, match=r"holds 1 pictures and no caption \(no caption: 1 pictures\); accepted"):
            load_folder(tmp_path, 8, missing=missing)
    (tmp_path / "a.png").unlink()
    with pytest.raises(DataError, match="holds no PNG, JPEG or WebP pictures; accepted layouts"):
        load_folder(tmp_path, 8)


def test_folder_names_become_captions_when_asked(tmp_path: Path) -> None:
    for name in ("red_fox/1.png", "red_fox/2.png", "barn-owl/1.png"):
        write(tmp_path / name, pattern(9, 8))
    with pytest.raises(DataError, match=r"as captions with --set data\.missing_captions=folder$"):
        load_folder(tmp_path, 8)
    data = load_folder(tmp_path, 8, missing="folder")
    assert [e.captions for e in data.entries] == [("barn owl",), ("red fox",), ("red fox",)]
    write(tmp_path / "loose.png", pattern(9, 8))
    with pytest.raises(DataError, match=r"1 of 4 pictures have no caption: loose\.png; write"):
        load_folder(tmp_path, 8, missing="folder")


BROKEN = {
    "truncated.png": (encoded(pattern(37, 23))[:120], "is damaged ("),
    "tiny.png": (encoded(pattern(1, 1)), "is 1x1 pixels; every side needs at least 8"),
    "bomb.png": (raw_png(20000, 20000, b"", depth=8, colour=2), "is 20000x20000 = 400000000 pixels; at most"),
    "moving.png": (animated("PNG"), "is animated"),
    "moving.webp": (animated("WEBP"), "is animated"),
    "empty.jpg": (b"", "is empty (0 bytes)"),
    "page.jpg": (b"<html></html>", "is not a readable PNG, JPEG or WebP picture"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_is_an_error_unless_left_out(tmp_path: Path, name: str) -> None:
    data, says = BROKEN[name]
    root = shades(tmp_path, 2)
    write(root / name, data, "broken")
    with pytest.raises(DataError) as caught:
        load_folder(root, 8)
    assert str(caught.value).startswith(f"{name}: {says}")
    assert str(caught.value).endswith("or leave such files out with --set data.broken_files=drop")
    kept = load_folder(root, 8, broken="drop")
    assert [e.path for e in kept.entries] == ["000.png", "001.png"]
    assert [(p.path, p.reason.startswith(says)) for p in kept.problems] == [(name, True)]


def test_an_unreadable_sidecar_is_named_before_the_caption_it_lacks(tmp_path: Path) -> None:
    root = shades(tmp_path, 2)
    (root / "001.txt").write_bytes("naïve".encode("latin-1"))
    with pytest.raises(DataError, match=r"^001\.txt: is not UTF-8 text \(byte 2\)"):
        load_folder(root, 8)
    assert [e.path for e in load_folder(root, 8, broken="drop", missing="drop").entries] == ["000.png"]


def test_nothing_usable_and_nothing_to_train_on(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a.png", encoded(pattern(7, 7)), "too small")
    with pytest.raises(DataError, match="has no usable picture left of 1"):
        load_folder(tmp_path, 8, broken="drop")
    write(tmp_path / "valid" / "b.png", encoded(pattern(8, 8)), "fine")
    with pytest.raises(DataError, match="no usable picture in train/: all 1 are kept for validation"):
        load_folder(tmp_path, 8, broken="drop")


def test_every_kind_of_picture_people_have(tmp_path: Path) -> None:
    """Each shows the same upper left corner; JPEG and CMYK come close, the rest is exact."""
    upright = pattern(16, 16)
    image = Image.fromarray(upright)
    alpha = image.convert("RGBA")
    alpha.putalpha(255)
    files = {
        "alpha.png": encoded(alpha),
        "rotated.png": encoded(np.ascontiguousarray(np.rot90(upright)), orientation=6),
        "deep.png": raw_png(16, 16, (upright.astype(">u2") * 257).tobytes(), depth=16, colour=2),
        "lossless.webp": encoded(upright, "WEBP", lossless=True),
        "rgb.jpg": encoded(upright, "JPEG", quality=100, subsampling=0),
        "cmyk.jpg": encoded(image.convert("CMYK"), "JPEG", quality=100),
        "really-a-png.jpg": encoded(upright),
    }
    for name, data in files.items():
        write(tmp_path / name, data, name)
    loaded = load_folder(tmp_path, 16)
    wanted = torch.from_numpy(upright).permute(2, 0, 1).float()
    for entry, pixels in zip(loaded.entries, loaded.cache, strict=True):
        away = (pixels.float() - wanted).abs().max().item()
        assert away <= {"rgb.jpg": 4, "cmyk.jpg": 6}.get(entry.path, 0), entry.path


def test_groups_and_folders_decide_the_split(tmp_path: Path) -> None:
    rows = []
    for k in range(40):
        write(tmp_path / "data" / f"{k:02d}.png", shade(k))
        rows.append({"file_name": f"{k:02d}.png", "text": "x", "split_group": f"g{k % 10}"})
    (tmp_path / "data" / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = load_folder(tmp_path / "data", 8)
    valid = {int(e.path[:2]) % 10 for e in data.entries if e.split == "valid"}
    assert len(valid) == 1
    assert data.valid_count == 4
    assert data.split_rule == RULE
    for k in range(3):
        write(tmp_path / "own" / ("train" if k else "val") / f"{k}.png", shade(k), "x")
    own = load_folder(tmp_path / "own", 8)
    assert [(e.path, e.split) for e in own.entries] == [
        ("train/1.png", "train"),
        ("train/2.png", "train"),
        ("val/0.png", "valid"),
    ]
    assert own.split_rule == FOLDER_RULE


def test_licences_and_credits_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.png", shade(1))
    write(tmp_path / "b.png", shade(2), "b")
    (tmp_path / "metadata.csv").write_text("file_name,text,license,attribution\na.png,a,CC BY 4.0,Ann\n")
    data = load_folder(tmp_path, 8)
    assert data.licences() == {"CC BY 4.0": 1, "unknown": 1}
    assert data.entries[0].info == (("attribution", "Ann"),)
    assert not data.redistributable()
    (tmp_path / "LICENSE").write_text("CC0 1.0 Universal")
    again = load_folder(tmp_path, 8)
    assert again.licences() == {"CC BY 4.0": 1, "CC0-1.0": 1}
    assert again.redistributable()
    assert again.fingerprint() == data.fingerprint()
