"""What the house rules are checked on: the files of the repository, and what is in those of Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.sources import Source, read_source


@pytest.fixture(scope="session")
def tracked(repo: Path) -> list[Path]:
    """Every file that is, or would be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repo,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for name in listed.stdout.split("\0") if name and (path := repo / name).is_file())


@pytest.fixture(scope="session")
def modules(repo: Path, tracked: list[Path]) -> dict[str, Source]:
    """Every Python file of the repository by its relative path."""
    return {
        path.relative_to(repo).as_posix(): read_source(path.read_text(encoding="utf-8"))
        for path in tracked
        if path.suffix == ".py"
    }
