"""T5: archives with links, devices, lies and bombs in them: unfog unpacks none, wherever one is handed to it."""

from __future__ import annotations

import ast
import contextlib
import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.cases import some
from tests.support.commands import tree
from tests.support.doors import Doors
from tests.support.folders import captioned_folder
from tests.support.saved import save_tiny

from unfog.model.store import MANIFEST, WEIGHTS
from unfog.util.errors import Exit

pytestmark = pytest.mark.slow

OUT = "escaped.txt"
CHANGE = {"x-unfog": "1"}
PICKLE = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x11touch escaped.txt\x94\x85\x94R\x94."


def zipped(*names: str, data: bytes = b"out") -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # one name twice is what is wanted
        for name in names:
            file.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def tarred(**kinds: tuple[bytes, str]) -> bytes:
    """A tar file of members ``name: (type, where a link leads)``; underscores in names are slashes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, (kind, link) in kinds.items():
            member = tarfile.TarInfo(name.replace("__", "../").replace("_", "/"))
            member.type, member.linkname = kind, link
            member.size = 3 if kind == tarfile.REGTYPE else 0
            file.addfile(member, io.BytesIO(b"out") if member.size else None)
    return out.getvalue()


def lying() -> bytes:
    """A tar whose only member says that it has a terabyte."""
    member = tarfile.TarInfo("a.png")
    member.size = 2**40
    return member.tobuf() + b"out"


ARCHIVES: dict[str, bytes] = {
    "zip that climbs": zipped("../../" + OUT, "/" + OUT, "..\\..\\" + OUT, "C:\\" + OUT),
    "zip with the same name twice": zipped("a.png", "a.png", "A.PNG"),
    "zip of a zip of zeros": zipped("b.zip", data=zipped("zeros.png", data=bytes(10_000_000))),
    "zip of 20000 members": zipped(*(f"{k}.png" for k in range(20_000)), data=b""),
    "zip of a pickle": zipped("archive/data.pkl", data=PICKLE),
    "npz of a pickle": zipped("a.npy", data=b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'shape': ()}"),
    "tar that climbs": tarred(____escaped=(tarfile.REGTYPE, "")),
    "tar of a link, then through it": tarred(way=(tarfile.SYMTYPE, ".."), way_escaped=(tarfile.REGTYPE, "")),
    "tar of a hard link": tarred(passwords=(tarfile.LNKTYPE, "/etc/passwd")),
    "tar of a device": tarred(null=(tarfile.CHRTYPE, ""), pipe=(tarfile.FIFOTYPE, "")),
    "tar that lies": lying(),
    "gzip bomb": gzip.compress(bytes(10_000_000)),
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64),
    "rar": b"Rar!\x1a\x07\x01\x00" + bytes(64),
}  # fmt: skip
NAMED = some(
    ARCHIVES,
    ("zip that climbs", "zip of a zip of zeros", "zip of a pickle", "tar of a link, then through it", "gzip bomb"),
)
NAMES = ("x.zip", "x.tar", "x.npz", "x.tgz", "x.safetensors", "x.png")


@pytest.fixture
def untouched(tmp_path) -> Iterator[Callable[[], None]]:
    """Says, at the end, that nothing has appeared anywhere around."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    def look() -> None:
        assert [path for path in tree(tmp_path) if "escaped" in path or path.endswith(("zeros.png", "a.npy"))] == []
        assert not Path("/" + OUT).exists()

    with contextlib.chdir(inner):
        yield look


@pytest.mark.parametrize("name", NAMED)
def test_no_command_takes_one(unfog, untouched, tmp_path, name):
    path = tmp_path / "a/b" / NAMES[list(ARCHIVES).index(name) % len(NAMES)]
    path.write_bytes(ARCHIVES[name])
    for arguments in (
        ["generate", "a red circle", "--model", path, "--native", "-o", "out"],
        ["train", path, "--out", "out", "--images", "8"],
        ["train", "scenes", "--sprites", path, "--out", "out", "--images", "8"],
        ["data", "check", path],
        ["vary", path, "a red circle", "-o", "out"],
        ["replay", path],
        ["model", "snapshot", path, "-o", "out"],
    ):
        code, line = unfog.error(*arguments)
        assert code in (Exit.USAGE, Exit.DATA, Exit.MODEL, Exit.RECIPE), line
        assert not Path("out").exists()
    untouched()


@pytest.mark.parametrize("name", NAMED)
def test_one_among_pictures_is_left_as_it_is(unfog, untouched, tmp_path, name):
    data = captioned_folder(tmp_path / "a/b/data", 3)
    for called in ("shard-000000.tar", "more.zip", "x.npz", "x.parquet"):
        (data / called).write_bytes(ARCHIVES[name])
    before = tree(data)
    said = unfog("data", "check", data, "--json").json
    assert said["pictures"] == 3
    assert set(said["ignored_files"]) >= {".tar", ".zip", ".npz"}
    (data / "z.png").write_bytes(ARCHIVES[name])
    (data / "z.txt").write_bytes(ARCHIVES[name])
    code = unfog("train", data, "--out", "out", "--images", "8").code
    assert code == Exit.DATA
    assert tree(data) == sorted([*before, "z.png", "z.txt"])
    untouched()


@pytest.mark.parametrize("name", NAMED)
def test_one_in_a_model_folder_is_no_weights(unfog, home, untouched, name):
    (home / "tiny" / WEIGHTS).write_bytes(ARCHIVES[name])
    assert unfog.error("generate", "a red circle", "--model", "tiny", "-o", "out")[0] == Exit.MODEL
    (home / "tiny" / MANIFEST).write_bytes(ARCHIVES[name])
    assert unfog.error("generate", "a red circle", "--model", "tiny", "-o", "out")[0] == Exit.MODEL
    untouched()


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),), roots=(str(tmp_path_factory.mktemp("own")),))
    yield doors
    doors.close()


@pytest.mark.parametrize("name", NAMED)
def test_none_is_uploaded(doors, untouched, name):
    before = tree(doors.engine.store.root / "files")
    for called, kind in (("x.zip", "application/zip"), ("x.png", "image/png"), ("x.tar", "application/x-tar")):
        for route in ("/api/v1/files", "/api/v1/recall"):
            said = doors("POST", route, headers=CHANGE, files={"file": (called, ARCHIVES[name], kind)})
            assert said.status_code == 400
    files = {"image": ("x.png", ARCHIVES[name], "image/png")}
    said = doors("POST", "/v1/images/edits", headers=CHANGE, files=files, data={"prompt": "a red circle"})
    assert said.status_code == 400
    assert tree(doors.engine.store.root / "files") == before
    untouched()


def test_nothing_in_the_package_can_unpack(repo):
    """The one use of an archive is writing one: pictures of the gallery, to be taken away."""
    readers = {"tarfile", "gzip", "bz2", "lzma", "zipimport", "rarfile", "py7zr", "webdataset"}
    for path in (repo / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not readers & {one.partition(".")[0] for one in named}, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("unpack_archive", "extractall", "extract"), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "ZipFile":
                assert isinstance(node.args[1], ast.Constant), path
                assert node.args[1].value == "w", path
