"""What the house rules are checked on: the files of the repository and the parsed modules of the package."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest


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
def modules(repo: Path, tracked: list[Path]) -> dict[str, ast.Module]:
    """Every Python file of the repository by its relative path, parsed."""
    return {
        path.relative_to(repo).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in tracked
        if path.suffix == ".py"
    }
