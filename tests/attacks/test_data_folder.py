"""T24: data sets of strangers: pictures, texts and tables are read, inside the folder, as what they are; no more."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from tests.support.cases import first
from tests.support.commands import tree
from tests.support.doors import Doors
from tests.support.folders import captioned_folder, load_folder, settings
from tests.support.pictures import encoded, pattern
from tests.support.saved import save_tiny

from unfog.util.errors import DataError, Exit

pytestmark = pytest.mark.slow

PICKLE = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x0ftouch pwned.txt\x94\x85\x94R\x94."
CODE = b"import os\nos.system('touch pwned.txt')\n"
PIPE = "pipe:touch pwned.txt"
HOSTILE = {
    "x.pth": PICKLE, "x.pt": PICKLE, "x.ckpt": PICKLE, "x.bin": PICKLE, "x.pkl": PICKLE, "x.npy": PICKLE,
    "x.cls": PICKLE, "x.pyd": CODE, "x.so": b"\x7fELF", "data.py": CODE, "__init__.py": CODE, "conftest.py": CODE,
    "sitecustomize.py": CODE,
    "dataset_infos.json": b'{"builder": "os.system"}', "state.json": b'{"_target_": "os.system"}',
    "shards.txt": PIPE.encode(),
    "desktop.ini": CODE, "Makefile": b"all:\n\ttouch pwned.txt\n",
    "x.yaml": b"!!python/object/apply:os.system ['touch pwned.txt']",
    "x.parquet": b"PAR1", "shard-{000000..999999}.tar": b"", "x.csv": b"=cmd|'/c touch pwned.txt'!A0",
}  # fmt: skip
ADDRESSES = [
    PIPE, "http://169.254.169.254/latest/x.png", "https://evil.test/x.png", "s3://bucket/x.png", "file:///etc/passwd",
    "../outside.png", "a/../../outside.png", "/etc/passwd", "..\\outside.png", "C:\\x.png", "\\\\host\\share\\x.png",
    "~/x.png", "$HOME/x.png", "x.png\x00.txt", "-rf", "data:image/png;base64,AAAA", "::x.tar", "zip://x.zip::a.png",
]  # fmt: skip
MARKUP = "<img src=x onerror=alert(1)> <script>alert(1)</script> [a](javascript:alert(1)) \x1b]0;owned\x07 {{7*7}}"


@pytest.fixture
def folder(tmp_path) -> Path:
    return captioned_folder(tmp_path / "data", 6)


@pytest.fixture(scope="module")
def watched():
    """What is run, imported from elsewhere or connected to; the hook cannot be taken away again."""
    seen, on = list[str](), [False]

    def hook(event, arguments):
        if not on[0]:
            return
        if event in (
            "os.system",
            "subprocess.Popen",
            "os.exec",
            "os.posix_spawn",
            "socket.connect",
            "socket.getaddrinfo",
        ):
            seen.append(f"{event} {arguments}")
        if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(("passwd", "outside.png")):
            seen.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    on[0] = True
    yield seen
    on[0] = False


def test_what_is_no_picture_is_not_read(unfog, folder, watched):
    for name, data in HOSTILE.items():
        (folder / name).write_bytes(data)
    watched.clear()
    report = unfog("data", "check", folder, "--json").json
    assert (report["pictures"], report["usable"]) == (6, 6)
    assert sum(report["ignored_files"].values()) == len(HOSTILE) - 1  # all but a text without a picture
    dataset = load_folder(folder, 16)
    assert dataset.count + dataset.valid_count == 6
    assert watched == []
    assert not Path("pwned.txt").exists()
    assert not (folder / "pwned.txt").exists()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".txt", ".caption"])
def test_nor_under_the_name_of_one(unfog, folder, watched, ending):
    (folder / f"9999{ending}").write_bytes(PICKLE)
    if ending in (".txt", ".caption"):
        (folder / "9999.png").write_bytes(encoded(pattern(16, 16)))
    watched.clear()
    assert unfog("data", "check", folder).code == Exit.DATA
    with pytest.raises(DataError, match="9999"):
        load_folder(folder, 16)
    assert watched == []


@pytest.mark.parametrize("address", first(10, ADDRESSES))
def test_a_table_names_files_of_its_folder_and_nothing_else(unfog, folder, tmp_path, watched, address):
    (tmp_path / "outside.png").write_bytes(encoded(pattern(16, 16)))
    rows = [{"file_name": address, "text": "a cat"}, {"image": address, "text": "a cat"}]
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    before = tree(tmp_path)
    watched.clear()
    said = unfog("data", "check", folder, "--json")
    assert said.code == Exit.DATA
    with pytest.raises(DataError, match="metadata"):
        load_folder(folder, 16)
    assert watched == []
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "address", [PIPE, "https://evil.test/shards", "s3://bucket", "hf://user/set", "a.tar", "*.tar"]
)
def test_a_data_set_is_a_folder_and_no_address(unfog, tmp_path, watched, address):
    watched.clear()
    code, line = unfog.error("train", address, "--out", tmp_path / "run", "--images", "8")
    assert (code, "is neither a folder nor" in line) == (Exit.DATA, True), line
    assert watched == []
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_links_out_of_the_folder_are_not_followed(unfog, folder, tmp_path):
    outside = captioned_folder(tmp_path / "outside", 3)
    (outside / "0000.txt").write_text("a secret of somebody else", encoding="utf-8")
    (folder / "link.png").symlink_to(outside / "0000.png")
    (folder / "link.txt").symlink_to(outside / "0000.txt")
    (folder / "more").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.png").symlink_to(tmp_path / "nothing.png")
    (folder / "self.png").symlink_to(folder / "self.png")
    (folder / "LICENSE").symlink_to(outside / "0000.txt")
    said = unfog("data", "check", folder, "--json")
    assert said.code == Exit.DATA
    assert "secret" not in said.out
    with pytest.raises(DataError, match="link"):
        load_folder(folder, 16)
    kept = load_folder(folder, 16, broken="drop", missing="drop")
    assert {entry.path for entry in kept.entries} == {f"{k:04d}.png" for k in range(6)}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
@pytest.mark.parametrize("name", ["pipe.png", "0000.txt", "metadata.jsonl", "LICENSE"])
def test_what_never_ends_is_not_waited_for(unfog, folder, name):
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    said = unfog("data", "check", folder)
    assert said.code == Exit.DATA
    assert "not a regular file" in said.out + said.err


@pytest.mark.parametrize("name", ["0000.txt", "metadata.jsonl", "metadata.csv", "big.png"])
def test_what_is_far_too_large_is_not_read(unfog, folder, name):
    if name == "0000.txt":
        (folder / name).unlink()
    with (folder / name).open("wb") as file:
        file.truncate(2**41)
    said = unfog("data", "check", folder)
    assert said.code == Exit.DATA
    assert name in said.out + said.err


def test_captions_of_markup_stay_captions(unfog, folder, tmp_path):
    """In a report, on a terminal, in the table of a job, in a model's card and its vocabulary they are text."""
    (folder / "0000.txt").write_text(MARKUP + "\n", encoding="utf-8")
    dataset = load_folder(folder, 16)
    assert {entry.captions for entry in dataset.entries if entry.path == "0000.png"} == {(MARKUP,)}
    every = settings("train.batch=12", "train.preview_every_images=12", "data.tell_captions=true")
    said = unfog("train", folder, "--out", tmp_path / "run", "--images", "12", "--threads", "1", *every)
    assert said.code == 0
    for shown in (said, unfog("model", "show", tmp_path / "run"), unfog("data", "check", folder)):
        assert all(line.isprintable() for line in (shown.out + shown.err).split("\n"))
    card = (tmp_path / "run/model/README.md").read_text(encoding="utf-8")
    assert "alert" in card
    assert re.search(r"(?<!\\)<script|(?<!\\)\]\(javascript|(?<!\\)<img", card) is None


@pytest.mark.parametrize("name", ["data.py", "x.pth", "metadata.jsonl"])
def test_the_server_s_check_reads_no_more(tmp_path, folder, watched, name):
    (folder / name).write_bytes(HOSTILE.get(name, json.dumps({"file_name": PIPE, "text": MARKUP}).encode()))
    tiny = save_tiny(tmp_path / "models/tiny")
    doors = Doors(tmp_path / "server", (str(tiny),), roots=(str(tmp_path),))
    try:
        watched.clear()
        said = doors("POST", "/api/v1/training/check", json={"folder": f"{tmp_path.name}/data"})
        assert said.status_code == 200
        assert said.headers["content-type"] == "application/json"
        assert str(tmp_path) not in said.text
        assert watched == []
    finally:
        doors.close()
