"""T14: crafted pictures: whatever their recipe says, one line comes back, quickly, and nothing is made."""

from __future__ import annotations

import json
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.cases import some
from tests.support.commands import tree
from tests.support.recipes import chunk, itxt, png, recipe_of

from unfog.media.png import read_text
from unfog.media.recipe import parse_recipe, recipe_text
from unfog.model.locate import inspect
from unfog.util.errors import Exit, RecipeError

GOOD: dict[str, Any] = json.loads(recipe_text(recipe_of()))
SECONDS = 30  # measured: milliseconds; what is attacked here would take minutes or gigabytes


def changed(path: str, value: object) -> str:
    """The text of a good recipe with one value replaced; NaN and Infinity as JSON readers of others accept them."""
    data = json.loads(json.dumps(GOOD))
    *outer, last = path.split(".")
    here = data
    for key in outer:
        here = here[key]
    here[last] = value
    return json.dumps(data)


CRAFTED = {
    "steps": changed("sample.steps", 10**9),
    "steps beyond integers": changed("sample.steps", 10**400),
    "steps as text": changed("sample.steps", "20"),
    "steps with a fraction": changed("sample.steps", 20.5),
    "steps as truth": changed("sample.steps", True),
    "size": changed("size", [10**9, 10**9]),
    "canvas": changed("canvas", [10**9, 10**9]),
    "a canvas as text": changed("canvas", "64x64"),
    "one side": changed("size", [32]),
    "negative size": changed("size", [-32, 32]),
    "nfe": changed("nfe", 10**9),
    "seed": changed("seed", 2**64),
    "NaN": changed("sample.guidance", float("nan")),
    "Infinity": changed("sample.guidance", float("inf")),
    "minus Infinity": changed("sample.interval", [float("-inf"), 3]),
    "exponent": changed("sample.guidance", 4.5).replace("4.5", "1e999"),
    "path as model": changed("model", "../../etc/passwd"),
    "path as name": changed("model.name", "../../etc/passwd"),
    "path as sha256": changed("model.sha256", "/etc/passwd"),
    "escapes as name": changed("model.name", "\x1b]0;owned\x07"),
    "file as model": changed("model.path", "weights.pt"),
    "sampler": changed("sample.sampler", "os.system"),
    "task": changed("task", "train"),
    "threads": changed("threads", 10**6),
    "unknown key": changed("command", "rm -rf"),
    "unknown inner key": changed("sample.callback", "os.system"),
    "dunder key": changed("__class__", "x"),
    "missing key": json.dumps({key: value for key, value in GOOD.items() if key != "seed"}),
    "long prompt": changed("prompt", "a" * 4097),
    "prompt as list": changed("prompt", ["a"]),
    "surrogate": changed("prompt", "XX").replace("XX", "\\ud800"),
    "deep": changed("prompt", "XX").replace('"XX"', "[" * 50_000 + "]" * 50_000),
    "deep objects": '{"a":' * 30_000 + "1" + "}" * 30_000,
    "unbalanced": "[" * 200_000,
    "escaped quotes": '"' + '\\"' * 130_000,
    "long number": changed("seed", 7).replace('"seed": 7', '"seed": ' + "9" * 200_000),
    "list": "[]",
    "nothing": "",
    "words": "rm -rf /",
    "code": "__import__('os').system('true')",
    "two": json.dumps(GOOD) * 2,
    "comment": json.dumps(GOOD) + "//",
}


EVERYDAY = ("steps", "canvas", "NaN", "path as model", "escapes as name", "sampler", "unknown key", "missing key",
            "long prompt", "surrogate", "deep", "unbalanced", "long number", "list")  # fmt: skip


@pytest.mark.parametrize("name", some(CRAFTED, EVERYDAY))
def test_a_crafted_recipe(unfog, tmp_path, name):
    path = tmp_path / "evil.png"
    path.write_bytes(png(itxt(b"unfog", CRAFTED[name].encode("utf-8", "surrogatepass"))))
    before, begin = tree(tmp_path), time.perf_counter()
    code, line = unfog.error("replay", path, "-o", tmp_path / "out")
    assert code == Exit.RECIPE
    assert line.startswith(f"{path}: the recipe ")
    assert len(line) < len(str(path)) + 400
    assert time.perf_counter() - begin < SECONDS
    assert tree(tmp_path) == before


LARGEST = zlib.compress(b" " * 2**18)  # the most that one text may have

CHUNKS = {
    "bomb": png(itxt(b"unfog", b"[" * 2**26, compressed=True)),
    "bomb in zTXt": png(chunk(b"zTXt", b"unfog\0\0" + zlib.compress(bytes(2**26)))),
    "many bombs": png(*(chunk(b"zTXt", b"k%d\0\0" % k + LARGEST) for k in range(3000))),
    "wrong checksum": png(chunk(b"iTXt", b"unfog\0\0\0\0\0" + json.dumps(GOOD).encode(), checksum=0)),
    "twice": png(*[itxt(b"unfog", json.dumps(GOOD).encode())] * 2),
    "twice, in two kinds": png(itxt(b"unfog", b"{}"), chunk(b"tEXt", b"unfog\0" + json.dumps(GOOD).encode())),
    "endless": png()[:-12] + b"\x7f\xff\xff\xffiTXtunfog",
    "broken deflate": png(chunk(b"zTXt", b"unfog\0\0\x78\x9c\xff\xff")),
    "half a chunk": png(itxt(b"unfog", json.dumps(GOOD).encode()))[:200],
    "no separators": png(chunk(b"iTXt", b"unfog"), chunk(b"zTXt", b"")),
    "many chunks": png(*[chunk(b"tIME", bytes(7))] * 200_000),
    "not utf-8": png(itxt(b"unfog", b'{"prompt": "\xff\xfe"}')),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_crafted_file(unfog, tmp_path, name):
    path = tmp_path / "evil.png"
    path.write_bytes(CHUNKS[name])
    begin = time.perf_counter()
    code, line = unfog.error("replay", path, "-o", tmp_path / "out")
    assert code == Exit.RECIPE
    assert line.startswith(str(path))
    assert time.perf_counter() - begin < SECONDS
    assert not (tmp_path / "out").exists()


def test_inflating_stops_at_the_limit(unfog, tmp_path):
    """64 MiB of text in 64 KiB: memory stays far below what it inflates to."""
    import tracemalloc

    path = tmp_path / "evil.png"
    path.write_bytes(CHUNKS["bomb"])
    tracemalloc.start()
    try:
        assert unfog("replay", path).code == Exit.RECIPE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


def test_a_huge_file_is_not_read(unfog, tmp_path):
    path = tmp_path / "evil.png"
    with path.open("wb") as file:
        file.write(png()[:-12])
        file.truncate(2**40)  # a hole
    assert "1099511627776 bytes; at most" in unfog.error("replay", path)[1]


@pytest.mark.parametrize(
    ("canvas", "refusal"),
    [(None, "4096x4096 pixels is too large"), ((16, 16), "at most 2048 pixels a side, not to 4096x4096")],
)
def test_the_largest_recipe_that_is_allowed_is_bounded_by_the_model(unfog, home, tmp_path, canvas, refusal):
    """A size that the schema allows and the model was never meant for is refused before any work."""
    sha256 = inspect(home / "tiny").id
    recipe = recipe_of(size=(4096, 4096), canvas=canvas, model={"name": "tiny", "sha256": sha256})
    path = tmp_path / "large.png"
    path.write_bytes(png(itxt(b"unfog", recipe_text(recipe).encode())))
    begin = time.perf_counter()
    code, line = unfog.error("replay", path, "--check")
    assert (code, refusal in line) == (Exit.USAGE, True)
    assert time.perf_counter() - begin < SECONDS


def test_escapes_in_prompts_never_reach_the_terminal(unfog, home, tmp_path):
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\r" + "red circle " * 99 + "\x1b[31m"
    asked = ("generate", evil, "--model", "tiny", "--seed", 1, "--native", "-o", tmp_path)
    for said in (
        unfog(*asked, "-n", 2, "--negative", evil, "--show"),
        unfog(*asked, "--json"),
        unfog("replay", tmp_path / f"{slug_of(tmp_path)}-1.png", "--check"),
        unfog("generate", "a", "--model", evil),
        unfog("generate", "a", "--sampler", evil),
        unfog("generate", "a", evil),
        unfog("replay", evil),
    ):
        assert not {c for c in said.out + said.err if not c.isprintable()} - {"\n"}
    texts = read_text((tmp_path / f"{slug_of(tmp_path)}-1.png").read_bytes(), name="a")
    assert not {c for c in texts["parameters"] if not c.isprintable()} - {"\n"}
    assert "\x1b" not in texts["unfog"]


def slug_of(folder: Path) -> str:
    """The name that pictures got, without seed."""
    return min(folder.glob("*-1.png")).name.removesuffix("-1.png")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["seed", "size", "prompt", "model", "threads", "sample", "sample.steps", "sample.guidance", "nfe"]
    ),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
)
def test_any_value_is_a_recipe_or_an_error(path, value):
    text = changed(path, value)
    try:
        recipe = parse_recipe(text, name="a")
    except RecipeError:
        return
    assert 1 <= recipe.sample.steps <= 1000
    assert 0 <= recipe.seed < 2**64
    assert all(8 <= side <= 4096 for side in recipe.size)
    assert 0 <= recipe.sample.guidance <= 100


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_any_text_is_a_recipe_or_an_error(text):
    with pytest.raises(RecipeError):
        parse_recipe(text, name="a")
