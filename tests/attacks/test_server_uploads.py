"""T4, T6, T7, T13: pictures that are bombs or no pictures, ids that are paths or addresses."""

from __future__ import annotations

import contextlib
import io
import re
import resource
import struct
import sys
import time
import zlib

import httpx2
import pytest
from PIL import Image
from tests.support.doors import Doors
from tests.support.pictures import animated, chunk, encoded, pattern, raw_png
from tests.support.saved import save_tiny

from unfog.server.roots import Roots
from unfog.util.errors import UsageError

CHANGE = {"x-unfog": "1"}
PATHS = [
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..\\..\\etc\\passwd",
    "/etc/passwd", "%2fetc%2fpasswd", "C:\\Windows\\win.ini", "\\\\?\\C:\\x", "CON", "NUL.png", "a%00.png",
    "....//....//etc/passwd", ".", "..", "~root", "../server.db", "\u202egnp.exe", "x" * 3000, "http://169.254.169.254/latest",
    "%c0%ae%c0%ae/etc/passwd", " ", ".env", "G" * 32, "' OR 1=1 --",
]  # fmt: skip


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),), limits={"pixels": 2_000_000, "upload_bytes": 2**20})
    yield doors
    doors.close()


RESERVED = ("CON", "NUL.png", ".", "..", ".env")


def train(name: str) -> dict[str, str]:
    return {"task": "train", "folder": "scenes", "name": name}


def send(doors: Doors, data: bytes, name: str = "p.png", kind: str = "image/png"):
    return doors("POST", "/api/v1/files", headers=CHANGE, files={"file": (name, data, kind)})


def bare_png(width: int, height: int, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"".join([chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(b"\0" * 64)), chunk(b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + body


def many_scans() -> bytes:
    plain = encoded(pattern(16, 16), "JPEG", progressive=True)
    return plain[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00" * 1000 + plain[-2:]


BOMBS = {
    "tall": bare_png(1, 2**31 - 1),
    "huge": bare_png(50_000, 50_000),
    "two million and one": raw_png(2001, 1000, b"", depth=1, colour=0),
    "animated png": animated("PNG"),
    "animated webp": animated("WEBP"),
    "many scans": many_scans(),
    "truncated": encoded(pattern(64, 64))[:-100],
    "no data": b"",
    "text": b"hello",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "html": b"<html><script>alert(1)</script></html>",
    "gif": encoded(pattern(8, 8), "GIF"),
    "bmp": encoded(pattern(8, 8), "BMP"),
    "tiff": encoded(pattern(8, 8), "TIFF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "fits": b"SIMPLE  =                    T" + b" " * 2850,
    "pickle": b"\x80\x04\x95" + b"\0" * 64,
    "zip": b"PK\x03\x04" + b"\0" * 64,
    "deflate bomb in a text": bare_png(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 5_000_000))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_quickly_and_cheaply(doors, name):
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    said = send(doors, BOMBS[name])
    assert said.status_code == 400, name
    assert said.json()["error"]["code"] == "invalid_request"
    assert time.process_time() - begin < 2
    scale = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * scale < 300e6


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/x-php"])
def test_what_is_sent_back_is_a_picture_whatever_it_was_called(doors, kind):
    said = send(doors, encoded(pattern(8, 8), "JPEG"), "x.svg", kind)
    assert said.status_code == 201
    back = doors("GET", f"/api/v1/files/{said.json()['id']}")
    assert back.headers["content-type"] == "image/jpeg"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]


def test_markup_hidden_in_a_picture_comes_back_as_a_picture(doors):
    data = encoded(pattern(8, 8), "PNG") + b"<script>alert(1)</script>"
    name = send(doors, data, "<script>.png").json()["id"]
    back = doors("GET", f"/api/v1/files/{name}")
    assert back.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(back.content)).size == (8, 8)


def test_too_many_bytes_are_not_read(doors):
    assert send(doors, b"\x89PNG\r\n\x1a\n" + b"x" * 2**20).status_code in (400, 413)
    assert send(doors, b"x" * (2**20 + 2**17)).status_code == 413


def test_forms_of_many_parts_are_refused(doors):
    files = [("file", (f"{k}.png", b"x")) for k in range(2000)]
    assert doors("POST", "/api/v1/files", headers=CHANGE, files=files).status_code == 400
    fields = {f"k{k}": "v" for k in range(2000)}
    said = doors("POST", "/api/v1/files", headers=CHANGE, files={"file": ("p.png", b"x")}, data=fields)
    assert said.status_code == 400


@pytest.fixture(scope="module")
def opened():
    """Files that are opened under names that nobody should open; the hook cannot be taken away again."""
    seen, on = list[str](), [False]

    def hook(event, arguments):
        if on[0] and event == "open" and isinstance(arguments[0], str | bytes):
            seen.append(str(arguments[0]))

    sys.addaudithook(hook)
    on[0] = True
    yield seen
    on[0] = False


@pytest.mark.parametrize("name", PATHS)
def test_no_name_is_a_path(doors, opened, name):
    routes = [
        f"/api/v1/jobs/{name}", f"/api/v1/jobs/{'0' * 32}/files/{name}", f"/api/v1/files/{name}", f"/assets/{name}",
        f"/api/v1/pictures/{name}/file", f"/api/v1/pictures/{name}/thumb", f"/api/v1/jobs/{name}/events",
        f"/v2/models/{name}/ready",
    ]  # fmt: skip
    opened.clear()
    for route in routes:
        with contextlib.suppress(httpx2.InvalidURL):  # the client refuses to send some of them
            said = doors("GET", route)
            assert said.status_code in (400, 404, 414) or name in (".", "..")  # which the client takes away
            assert "root:" not in said.text
    asks = [
        {"task": "edit", "way": {"kind": "upscale"}, "inputs": {"picture": name}},
        {"task": "edit", "way": {"kind": "inpaint"}, "inputs": {"picture": "0" * 32, "mask": name}},
        {"task": "explain", "what": "forward", "picture": name},
        {"task": "generate", "prompt": "x", "model": name},
        {"task": "train", "folder": name, "name": "x"},
        {"task": "train", "folder": f"root/{name}", "name": "x"},
        *([] if re.fullmatch(r"[\w.]+", name) and name not in RESERVED else [train(name)]),
    ]
    for ask in asks:
        assert doors("POST", "/api/v1/jobs", json=ask).status_code == 400, ask
    assert doors("POST", "/api/v1/tokens", json={"model": name}).status_code == 400
    assert doors("POST", "/api/v1/training/check", json={"folder": name}).status_code == 400
    assert not [path for path in opened if "passwd" in path or path.endswith(("win.ini", "/key", ".env"))]


def test_no_address_is_fetched(doors):
    for address in (
        "http://169.254.169.254/",
        "http://[::1]/x.png",
        "http://2130706433/",
        "file:///x",
        "//evil.test/x",
    ):
        ask = {"task": "edit", "way": {"kind": "upscale"}, "inputs": {"picture": address}}
        assert doors("POST", "/api/v1/jobs", json=ask).status_code == 400


@pytest.mark.parametrize(
    "text",
    ["data.source=/etc", "data . source = '/etc'", "data={source='/etc'}", "train.x\ndata.source=/", "train={}",
     "train", "data.sprites=/etc", "data.flip.x=1/../..", "train.=1", ".=1", "",
     "model.net.kind='a'\n[data]\nsource='/etc'"],
)  # fmt: skip
def test_a_training_stays_where_it_is_put(doors, text):
    said = doors("POST", "/api/v1/jobs", json=train("run") | {"set": [text]})
    assert said.status_code == 400


def test_links_in_a_root_are_not_followed(tmp_path):
    root = tmp_path / "root"
    (root / "good").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path)
    (tmp_path / "secret").mkdir()
    roots = Roots((str(root),))
    assert roots.folders() == [{"name": "root", "folders": ["good"]}]
    assert roots.find("root/good") == root / "good"
    for name in (
        "root/out",
        "root/../secret",
        "root/good/..",
        "root/.",
        "root",
        "good",
        "other/good",
        "root/good ",
        "root//good",
    ):
        with pytest.raises(UsageError, match="there is no training folder"):
            roots.find(name)
    with pytest.raises(UsageError, match=r"'root/goood'; did you mean 'root/good'\?"):
        roots.find("root/goood")
    with pytest.raises(UsageError, match="choose one of those that the server lists"):
        roots.find("wxyz")


def test_a_link_in_place_of_a_picture_is_not_served(doors, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    job = doors.submit("local")
    folder = doors.engine.store.root / "jobs" / job
    folder.mkdir()
    (folder / "x.png").symlink_to(secret)
    doors.runner.run(doors.engine.cancel(job, "local"))
    assert doors("GET", f"/api/v1/jobs/{job}/files/x.png").status_code == 404
