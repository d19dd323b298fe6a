"""A home with two tiny models, for commands run in this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.serving import Serving


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder with the models ``tiny`` (hybrid) and ``unet``, to be copied from."""
    from tests.support.saved import save_tiny, unet_config

    root = tmp_path_factory.mktemp("models")
    save_tiny(root / "tiny")
    save_tiny(root / "unet", unet_config(), name="unet")
    return root


@pytest.fixture(scope="session")
def served(models: Path, tmp_path_factory) -> Iterator[Serving]:
    """A running server with both, which tests share that change nothing of it."""
    from tests.support.serving import Serving

    folders = [str(models / "tiny"), str(models / "unet")]
    serving = Serving(tmp_path_factory.mktemp("data"), models=folders, engine={"preview_s": 0}).until_ready()
    yield serving
    serving.stop()


@pytest.fixture
def home(models: Path, tmp_path: Path, monkeypatch) -> Path:
    """This test's own copy of the models, where commands look for models; one thread."""
    monkeypatch.setenv("UNFOG_HOME", str(tmp_path / "home"))
    return Path(shutil.copytree(models, tmp_path / "home/models"))


@pytest.fixture
def unfog(home, capsys):
    """The command."""
    from tests.support.commands import Unfog

    return Unfog(capsys)
