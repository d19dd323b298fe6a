"""tools/emoji_folder.py: an archive of several vendors' pictures becomes a folder that training reads."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tests.support.folders import load_folder
from tests.support.pictures import encoded

ROWS = [
    ("noto", "1F600", "grinning face", ["face", "grin", "smile", "happy", "joy"], "1F600"),
    ("noto", "1F3C3-1F3FB", "person running", None, "1F3C3"),
    ("noto", "1F1F9-1F1E9", "flag: Chad", ["TD", "flag"], "1F1F9-1F1E9"),
    ("fluent-flat", "0033-20E3", "keycap: 3", ["3"], "0033-20E3"),
]
LICENCES = {"noto": "Apache-2.0", "fluent-flat": "MIT"}


@pytest.fixture
def tool(repo: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("emoji_folder", repo / "tools/emoji_folder.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    root.mkdir()
    table = []
    for k, (vendor, code, name, keywords, family) in enumerate(ROWS):
        member = f"{code}.webp"
        with zipfile.ZipFile(root / f"{vendor}_128.zip", "a") as file:
            file.writestr(member, encoded(np.full((128, 128, 3), 40 * k, dtype=np.uint8), "WEBP", lossless=True))
        row = {"vendor": vendor, "file": f"{vendor}_128.zip:{member}", "licence": LICENCES[vendor], "codepoints": code}
        table.append(row | {"name": name, "keywords": keywords, "family": family, "group": "g"})
    (root / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")
    return root


def made(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["emoji_folder.py", *map(str, arguments)])
    tool.main()


def test_captions_say_name_style_and_keywords(tool: ModuleType) -> None:
    row = {"vendor": "fluent-flat", "name": "flag: Chad", "keywords": ["TD", "Flag", "a", "b", "c"]}
    assert tool.caption_lines(row) == [
        "flag of Chad, fluent flat style",
        "fluent flat style flag of Chad",
        "flag of Chad",
        "flag of Chad, TD, a, b, fluent flat style",
        "fluent flat style flag of Chad, c",
    ]
    assert tool.caption_lines({"vendor": "noto", "name": "keycap: 3", "keywords": None})[2] == "keycap 3"


def test_the_folder_is_what_training_reads(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tool, monkeypatch, archive, tmp_path / "out", "--vendors", "noto,fluent-flat", "--size", 12)
    assert capsys.readouterr().out.splitlines()[-1] == f"     4  pictures in {tmp_path / 'out'}"
    data = load_folder(tmp_path / "out", 12)
    assert [e.path for e in data.entries] == [
        "fluent-flat/0033-20E3.png",
        "noto/1F1F9-1F1E9.png",
        "noto/1F3C3-1F3FB.png",
        "noto/1F600.png",
    ]
    assert data.cache[:, 0, 5, 5].tolist() == [120, 80, 40, 0]
    assert data.entries[3].captions[3] == "grinning face, grin, smile, happy, noto style"
    assert data.licences() == {"Apache-2.0": 3, "MIT": 1}
    assert dict(data.entries[0].info)["attribution"].startswith("Fluent UI Emoji")
    rows = [json.loads(line) for line in (tmp_path / "out/metadata.jsonl").read_text().splitlines()]
    assert rows[1]["split_group"] == "1F3C3"


def test_only_the_vendors_asked_for(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tool, monkeypatch, archive, tmp_path / "out", "--vendors", "fluent-flat")
    assert [e.captions[2] for e in load_folder(tmp_path / "out", 32).entries] == ["keycap 3"]
    for arguments, says in (
        ((archive, tmp_path / "out"), "exists already"),
        ((archive, tmp_path / "other", "--vendors", "acme"), r"unknown vendors \['acme'\]"),
    ):
        with pytest.raises(SystemExit, match=says):
            made(tool, monkeypatch, *arguments)
    assert not (tmp_path / "other").exists()
