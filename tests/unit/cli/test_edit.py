"""What the editing commands read from their options."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfog.cli.edit import in_style


@pytest.mark.parametrize(
    ("prompt", "style", "wanted"),
    [
        ("a cat", None, ("a cat", None)),
        ("a cat", "night.png", ("a cat", Path("night.png"))),
        ("", "neon", ("neon style", None)),
        ("a cat", "pixel art", ("a cat, pixel art style", None)),
        ("a cat", "3d style", ("a cat, 3d style", None)),
    ],
)
def test_a_style_is_a_file_or_a_name(prompt: str, style: str | None, wanted: tuple[str, Path | None]) -> None:
    assert in_style(prompt, style) == wanted


def test_a_file_without_a_suffix_is_a_picture(tmp_path: Path) -> None:
    (tmp_path / "neon").write_bytes(b"")
    assert in_style("a cat", str(tmp_path / "neon")) == ("a cat", tmp_path / "neon")
