"""A home with two tiny models, for commands run in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder with the models ``tiny`` (hybrid) and ``unet``, to be copied from."""
    from tests.support.saved import save_tiny, unet_config

    root = tmp_path_factory.mktemp("models")
    save_tiny(root / "tiny")
    save_tiny(root / "unet", unet_config(), name="unet")
    return root


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
