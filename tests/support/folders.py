"""Small real folders of captioned pictures for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.outcome import outcome
from unfog.data.captioned import Captioned
from unfog.data.folder import read_folder
from unfog.data.scenes import Scenes
from unfog.media.image import to_uint8
from unfog.media.png import encode

SMALL_NET = (
    "model.net.patch=2",
    "model.net.widths=[32]",
    "model.net.blocks=1",
    "model.net.core_width=32",
    "model.net.core_depth=1",
    "model.net.heads=2",
    "model.net.emb=64",
    "model.text.vocabulary=300",
    "model.text.width=32",
    "model.text.depth=1",
    "model.text.heads=2",
)
"""Settings of a network of about 0.1 M parameters, for ``--set``."""


def settings(*more: str) -> list[str]:
    """``--set`` arguments of the small network and ``more``."""
    return [part for text in (*SMALL_NET, *more) for part in ("--set", text)]


def captioned_folder(root: Path, n: int, *, size: int = 16) -> Path:
    """``n`` procedural scenes as PNG files with a ``.txt`` caption beside each."""
    batch = Scenes(size).batch(range(n), seed=5, split="train")
    root.mkdir()
    for k, (pixels, text) in enumerate(zip(to_uint8(batch.x), batch.captions, strict=True)):
        (root / f"{k:04d}.png").write_bytes(encode(pixels))
        (root / f"{k:04d}.txt").write_text(text + "\n", encoding="utf-8")
    return root


def load_folder(root: Path | str, size: int, **settings: Any) -> Captioned:
    """A folder read at once; settings as in ``read_folder``."""
    return outcome(read_folder(root, size, **settings))
