"""Keys from the command line."""

from __future__ import annotations

import pytest

from unfog.cli.serve import keys_of
from unfog.util.errors import UsageError

LONG = "a key that is long enough"


def test_keys_come_from_files_the_environment_and_nowhere_else(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("UNFOG_API_KEY", raising=False)
    file = tmp_path / "keys"
    file.write_text(f"# comment\n\n{LONG} 1\n  {LONG} 2 \n", encoding="utf-8")
    assert keys_of([str(file)], tmp_path) == ([f"{LONG} 1", f"{LONG} 2"], None)
    monkeypatch.setenv("UNFOG_API_KEY", f"{LONG} 3,{LONG} 4")
    assert keys_of([], tmp_path) == ([f"{LONG} 3", f"{LONG} 4"], None)
    assert capsys.readouterr().err == ""
    assert keys_of([LONG], tmp_path)[0][-1] == LONG
    assert "can be seen by other users" in capsys.readouterr().err


def test_a_key_is_made_once(tmp_path, monkeypatch):
    monkeypatch.delenv("UNFOG_API_KEY", raising=False)
    (key,), made = keys_of(["auto"], tmp_path)
    assert made == key
    assert keys_of(["auto"], tmp_path) == ([key], None)


def test_a_file_without_keys_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("UNFOG_API_KEY", raising=False)
    (tmp_path / "none").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no key"):
        keys_of([str(tmp_path / "none")], tmp_path)
