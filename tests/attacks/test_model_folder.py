"""T1, T2, T22: crafted model folders: nothing in them is executed, believed or left to fill memory."""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.commands import tree

from unfog.model.store import CARD, MANIFEST, VOCABULARY, VOCABULARY_LIMIT, WEIGHTS, manifest_json
from unfog.util.errors import Exit
from unfog.util.files import sha256_file

SECONDS = 30
# Unpickling this makes a file; whoever does it is caught.
PICKLE = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x10touch evil-ran-x\x94\x85\x94R\x94."


@pytest.fixture
def evil(home: Path) -> Path:
    return (home / "tiny").rename(home / "evil")


def sign(folder: Path, record: dict[str, Any] | None = None) -> None:
    """Make the manifest fit the files, as whoever crafts a folder would."""
    record = record or manifest_json(folder)
    for name, entry in record["files"].items():
        if (folder / name).is_file():
            entry |= {"bytes": (folder / name).stat().st_size, "sha256": sha256_file(folder / name)}
    (folder / MANIFEST).write_text(json.dumps(record), encoding="utf-8")


def refused(unfog, *, model: object = "evil") -> str:
    """The line of a refusal with the exit code for models, quickly."""
    begin = time.perf_counter()
    code, line = unfog.error("generate", "a red circle", "--model", model, "-o", "no/such/folder")
    assert code == Exit.MODEL
    assert time.perf_counter() - begin < SECONDS
    assert not Path("no").exists()
    return line


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.ckpt", "pytorch_model.bin", "model.pkl", "model"])
def test_a_pickle_is_never_loaded(unfog, tmp_path, name):
    (tmp_path / name).write_bytes(PICKLE)
    assert "never unpickles" in refused(unfog, model=tmp_path / name)
    assert not Path("evil-ran-x").exists()


@pytest.mark.parametrize("name", [WEIGHTS, VOCABULARY, MANIFEST])
def test_nor_inside_a_folder(unfog, evil, name):
    (evil / name).write_bytes(PICKLE)
    if name != MANIFEST:
        sign(evil)
    refused(unfog)
    assert not Path("evil-ran-x").exists()


CODE = [
    "os.system",
    "builtins.eval",
    "unfog.cli.main:run",
    "__import__('os').system('touch evil-ran-x')",
    "../../evil.py",
]
NAMES = [
    "_target_",
    "_class_name",
    "auto_map",
    "custom_pipeline",
    "trust_remote_code",
    "__class__",
    "__reduce__",
    "kind",
]


def places_of(record: Any, *path: Any) -> list[tuple[Any, ...]]:
    """Where texts and tables stand in a manifest."""
    inner = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    here = [path] if isinstance(record, dict | str) and path else []
    return here + [found for key, value in inner for found in places_of(value, *path, key)]


@pytest.fixture(scope="module")
def imported():
    """Modules that are looked for, and programs that are started; the hook cannot be taken away again."""
    seen, on = list[str](), [False]

    def hook(event, arguments):
        if on[0] and event in ("import", "exec", "os.system", "subprocess.Popen", "os.exec", "os.posix_spawn"):
            seen.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)
    on[0] = True
    yield seen
    on[0] = False


def test_a_manifest_that_names_code(unfog, evil, imported):
    """In every text of it, and as a key beside each; whatever becomes of it, nothing so called is imported or run."""
    original = manifest_json(evil)
    where = [path for path in places_of(original) if path[0] != "files"]
    assert len(where) > 15
    unfog("model", "show", "evil")  # whatever is loaded once is loaded now
    unfog("model", "show", "nothing")
    imported.clear()
    for k, path in enumerate(where):
        record = json.loads(json.dumps(original))
        here = record
        for key in path[:-1]:
            here = here[key]
        if isinstance(here[path[-1]], dict):
            here[path[-1]][NAMES[k % len(NAMES)]] = CODE[k % len(CODE)]
        else:
            here[path[-1]] = CODE[k % len(CODE)]
        sign(evil, record)
        unfog("model", "show", "evil")
    assert [one for one in imported if any(name in one for name in ("evil", "system", "builtins", "cli.main:"))] == []
    assert not Path("evil-ran-x").exists()


SPLIT = {"type": "Split", "pattern": {"Regex": "(a|a)*$"}, "behavior": "Isolated", "invert": False}
PADDING = {"strategy": {"Fixed": 10**9}, "direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"}
TOKENIZERS: dict[str, tuple[str, Any]] = {
    "padding to a length": ("padding", PADDING | {"pad_to_multiple_of": None}),
    "regular expression": ("normalizer", {"type": "Replace", "pattern": {"Regex": "(a*)*b"}, "content": "c"}),
    "one inside a sequence": ("pre_tokenizer", {"type": "Sequence", "pretokenizers": [SPLIT]}),
    "template": ("post_processor", {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}),
    "another model": ("model", {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}),
    "no model": ("model", None),
    "merges left out by chance": ("dropout", 0.5),
}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_vocabulary_that_does_more_than_look_up_pieces(unfog, evil, name):
    part, crafted = TOKENIZERS[name]
    record = json.loads((evil / VOCABULARY).read_text(encoding="utf-8"))
    changed = {part: crafted} if part in record else {"model": record["model"] | {part: crafted}}
    (evil / VOCABULARY).write_text(json.dumps(record | changed), encoding="utf-8")
    sign(evil)
    assert "tokenizer.json" in refused(unfog)


def test_a_vocabulary_too_large_to_be_one(unfog, evil):
    os.truncate(evil / VOCABULARY, VOCABULARY_LIMIT + 1)
    sign(evil)
    assert "cannot be genuine" in refused(unfog)


def header(text: bytes) -> bytes:
    """A safetensors file with this header and four bytes of data."""
    return struct.pack("<Q", len(text)) + text + bytes(4)


BYTES = b'{"dtype":"U8","shape":[4],"data_offsets":[0,4]}'
WEIGHT_FILES = {
    "empty": b"",
    "header beyond the file": struct.pack("<Q", 2**60) + b"{}",
    "header that is no JSON": header(b"evil"),
    "deep header": header(b"[" * 200_000),
    "offsets beyond the file": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4000000000]}}'),
    "huge shape": header(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}'),
    "negative offsets": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'),
    "overlap": header(b'{"a":' + BYTES + b',"b":' + BYTES + b"}"),
    "other tensors": header(b'{"a":' + BYTES + b"}"),
    "overflowing shape": header(b'{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}'),
    "one name twice": header(b'{"a":' + BYTES + b',"a":' + BYTES + b"}"),
    "header of 99 MB": header(b'{"a":' + BYTES + b" " * 99_000_000 + b"}"),
    "pickle under its name": PICKLE,
    "zip of a pickle": b"PK\x03\x04" + bytes(26) + b"data.pkl" + PICKLE,
}


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_weights_with_a_crafted_header(unfog, evil, name):
    (evil / WEIGHTS).write_bytes(WEIGHT_FILES[name])
    sign(evil)
    assert "does not fit its unfog.json" in refused(unfog)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../outside", "..\\outside", "C:\\outside", "a\0b", ""]
)
def test_names_that_lead_out_of_the_folder(unfog, evil, name):
    record = manifest_json(evil)
    record["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    sign(evil, record)
    assert "outside its folder" in refused(unfog)


MANIFESTS: dict[str, Any] = {
    "nothing": "",
    "list": "[]",
    "deep": "[" * 100_000,
    "deep inside": '{"files": {}, "training": ' + '{"a":' * 50_000 + "1" + "}" * 50_001,
    "NaN": '{"files": {}, "caption_dropout": NaN}',
    "files as list": '{"files": []}',
    "size as text": {"files": {WEIGHTS: {"bytes": "1", "sha256": "0" * 64}}},
    "negative size": {"files": {WEIGHTS: {"bytes": -1, "sha256": "0" * 64}}},
    "no hashes": {"files": {}},
    "escapes": {"name": "\x1b]0;owned\x07"},
    "two files with one name": '{"files": {"a": {"bytes": 1, "sha256": "x"}, "a": 7}}',
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_crafted_manifest(unfog, evil, name):
    crafted = MANIFESTS[name]
    text = crafted if isinstance(crafted, str) else json.dumps(manifest_json(evil) | crafted)
    (evil / MANIFEST).write_text(text, encoding="utf-8")
    refused(unfog)
    listed = unfog("model", "list")  # a damaged one does not hide the others
    assert listed.code == 0
    assert "unet: " in listed.out
    assert "evil cannot be used: " in listed.err


def test_a_huge_manifest_is_not_read(unfog, evil):
    with (evil / MANIFEST).open("wb") as file:
        file.truncate(2**40)
    assert "cannot be genuine" in refused(unfog)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("net", "core_depth"), 65536),
        (("net", "widths"), [65536] * 5000),
        (("net", "core_width"), 65536),
        (("net", "emb"), 65536),
        (("text", "depth"), 65536),
        (("text", "width"), 65534),
        (("picture", "channels"), 10**9),
        (("picture", "size"), 10**9),
        (("schedule",), {"kind": "table", "betas": "linear", "steps": 10**9}),
    ],
    ids=str,
)
def test_a_configuration_that_asks_for_memory(unfog, evil, where, value):
    record = manifest_json(evil)
    here = record["model"]
    for key in where[:-1]:
        here = here[key]
    here[where[-1]] = value
    sign(evil, record)
    refused(unfog)


def test_a_card_cannot_write_to_the_terminal(unfog, evil):
    record = manifest_json(evil) | {"description": "\x1b]0;owned\x07 nice", "licence": "\x1b[2J"}
    (evil / CARD).write_text("# card\n\x1b]0;owned\x07\x1b[31mred\r\x9b2J\n", encoding="utf-8")
    sign(evil, record)
    for said in (
        unfog("model", "show", "evil"),
        unfog("model", "list"),
        unfog("doctor"),
        unfog("model", "show", "x\x1b[2J"),
    ):
        assert not {c for c in said.out + said.err if not c.isprintable()} - {"\n"}
    assert "\\x1b]0;owned\\x07\\x1b[31mred" in unfog("model", "show", "evil").out


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
def test_links_to_files_of_others_are_not_shown(unfog, evil, tmp_path):
    """A card that is a link to a private file: its bytes are not those of the manifest."""
    card = (evil / CARD).read_bytes()
    (tmp_path / "private").write_bytes(b"s" * len(card))
    (evil / CARD).unlink()
    (evil / CARD).symlink_to(tmp_path / "private")
    said = unfog("model", "show", "evil")
    assert (said.code, said.out) == (Exit.MODEL, "")
    assert "is damaged" in said.err


def test_a_folder_name_of_escapes_is_no_name(unfog, home):
    (home / "\x1b]0;owned\x07").mkdir()
    (home / ".tmp-123").mkdir()
    said = unfog("model", "list")
    assert said.out.count(", yours, ") == 2
    assert said.err == ""


def test_nothing_is_written_into_a_model_folder(unfog, evil, tmp_path):
    before = tree(evil), (evil / WEIGHTS).stat().st_mtime_ns
    assert unfog("generate", "a red circle", "--model", "evil", "--native", "-o", tmp_path / "out").code == 0
    assert (tree(evil), (evil / WEIGHTS).stat().st_mtime_ns) == before
