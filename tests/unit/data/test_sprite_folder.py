"""tools/sprite_folder.py: an archive of emoji pictures becomes a folder of sprites that ``load_sprites`` reads."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.folders import load_folder

from unfog.data.compose.hold import unseen_family
from unfog.data.compose.sprites import load_sprites

ROWS = [  # vendor, code points, name, group, subgroup, family
    ("noto", "1F422", "turtle", "animals-nature", "animal-reptile", "1F422"),
    ("fluent-flat", "1F422", "turtle", "animals-nature", "animal-reptile", "1F422"),
    ("noto", "1F34E", "red apple", "food-drink", "food-fruit", "1F34E"),
    ("noto", "1F1F9-1F1E9", "flag: Chad", "flags", "country-flag", "1F1F9-1F1E9"),
    ("noto", "1F9C2", "salt", "food-drink", "food-prepared", "1F9C2"),
    ("noto", "1F647", "person bowing", "people-body", "person-gesture", "1F647"),
    ("noto", "1F647-200D-2640", "woman bowing", "people-body", "person-gesture", "1F647"),
    ("noto", "1F64D-200D-2642", "man frowning", "people-body", "person-gesture", "1F64D"),
    ("openmoji", "1F408", "cat", "animals-nature", "animal-mammal", "1F408"),
]
WORDS = {
    "1F422": {"de": ["Schildkröte", "tier"]},
    "1F34E": {"de": ["roter Apfel", "rot", "apfel", "frucht"], "fr": ["pomme rouge", "pomme"], "ru": ["плод: яблоко"]},
}


@pytest.fixture(scope="module")
def tool(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    path = Path(request.config.rootpath) / "tools/sprite_folder.py"
    sys.path.insert(0, str(path.parent))  # as when it is run
    spec = importlib.util.spec_from_file_location("sprite_folder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sprite_folder"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["sprite_folder"]
    sys.path.remove(str(path.parent))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A grey box of 40 x 20 in a picture of 64, half transparent in its right half, over white."""
    root = tmp_path / "archive"
    root.mkdir()
    images = np.full((len(ROWS), 64, 64, 3), 255, dtype=np.uint8)
    alpha = np.zeros((len(ROWS), 64, 64), dtype=np.uint8)
    alpha[:, 30:50, 12:52] = 255
    alpha[:, 30:50, 32:52] = 102
    for k in range(len(ROWS)):
        images[k, 30:50, 12:32] = (10 * k, 100, 200)
        images[k, 30:50, 32:52] = (153 + 4 * k, 153 + 40, 153 + 80)  # 255 - a + (10 k, 100, 200) * a / 255
    np.savez_compressed(root / "emoji_64.npz", images=images, alpha=alpha)
    keys = ("vendor", "codepoints", "name", "group", "subgroup", "family")
    table = [dict(zip(keys, row, strict=True)) | {"row": k, "licence": "MIT"} for k, row in enumerate(ROWS)]
    (root / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")
    (root / "names_i18n.json.gz").write_bytes(gzip.compress(json.dumps(WORDS).encode()))
    return root


def made(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["sprite_folder.py", *map(str, arguments)])
    tool.main()


def test_white_is_taken_out_exactly(tool: ModuleType) -> None:
    """Every colour under every alpha: over white again, it is what it was."""
    a, c = (x.astype(np.float64) for x in np.meshgrid(np.arange(256), np.arange(0, 256, 5)))
    over = np.rint(c * a / 255 + 255 - a).astype(np.uint8)
    picture = np.asarray(tool.without_white(np.repeat(over[..., None], 3, axis=-1), a.astype(np.uint8)))
    back = np.rint(picture[..., 0] * a / 255 + 255 - a)
    assert np.array_equal(back, over)
    assert np.abs(picture[..., 0] - c)[a >= 128].max() <= 1
    assert picture[a == 0].max() == 0
    ringing = np.asarray(tool.without_white(np.full((1, 1, 3), 90, np.uint8), np.full((1, 1), 100, np.uint8)))
    assert ringing.tolist() == [[[0, 0, 0, 100]]]  # darker than black at this alpha


def test_alpha_is_found_at_twice_the_side(tool: ModuleType) -> None:
    """A soft disc over white: its alpha is known at half the side only, and found again from its colours."""
    axis = (np.arange(128) + 0.5) - 64
    a = np.clip(0.5 - (np.hypot(axis[:, None], axis[None]) - 41.3), 0, 1)
    small = np.rint(255 * a.reshape(64, 2, 64, 2).mean((1, 3))).astype(np.uint8)
    for colour, worst in (((200, 40, 30), 3), ((20, 60, 250), 3), ((250, 252, 255), 95)):  # white says nothing
        rgb = np.rint(a[..., None] * np.array(colour) + (1 - a[..., None]) * 255).astype(np.uint8)
        found = tool.alpha_of(rgb, small)
        assert np.abs(found - 255 * a).max() <= worst
        picture = np.asarray(tool.without_white(rgb, found)).astype(np.float64)
        again = picture[..., :3] * found[..., None] / 255 + 255 - found[..., None].astype(np.float64)
        assert np.abs(again - rgb).max() <= 4


@pytest.mark.slow
def test_large_pictures_come_from_the_archives_of_the_vendors(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in (archive / "metadata.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        row["file"] = f"{row['vendor']}_128.zip:{row['codepoints']}.webp"
        large = np.full((128, 128, 3), 255, dtype=np.uint8)
        large[60:100, 24:104] = (10 * row["row"], 100, 200)
        data = io.BytesIO()
        Image.fromarray(large).save(data, "WEBP", lossless=True)
        with zipfile.ZipFile(archive / f"{row['vendor']}_128.zip", "a") as pictures:
            pictures.writestr(f"{row['codepoints']}.webp", data.getvalue())
    (archive / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made(tool, monkeypatch, archive, tmp_path / "out", "--side", 128)
    with Image.open(tmp_path / "out/noto/1F422.webp") as picture:
        assert picture.size == (128, 128)
    sprites = load_sprites(tmp_path / "out", 128)
    assert sprites.pixels.shape[1:] == (4, 128, 128)
    assert "drawn at 128 pixels" in (tmp_path / "out/NOTICE.txt").read_text("utf-8")
    assert "noto_128.zip" in (tmp_path / "out/NOTICE.txt").read_text("utf-8")
    small = tmp_path / "small"
    made(tool, monkeypatch, archive, small)
    sides = zip(load_sprites(small).table, sprites.table, strict=True)
    for one, two in sides:
        assert one.anchors.keys() == two.anchors.keys()
        assert all(two.anchors[kind] == pytest.approx(place, abs=0.02) for kind, place in one.anchors.items())


def test_the_folder_has_sprites_in_all_styles(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    made(tool, monkeypatch, archive, out)
    said = capsys.readouterr().out.splitlines()
    assert said == ["     3  flat", "     7  noto", f"    10  pictures of 7 concepts in 7 families in {out}"]
    sprites = load_sprites(out)
    archived = [k for k, s in enumerate(sprites.table) if s.attribution != "drawn for unfog"]
    assert [(s.concept, s.style, s.name) for s in map(sprites.table.__getitem__, archived)] == [
        ("1F422", "flat", "turtle"),
        ("1F34E", "noto", "apple"),
        ("1F422", "noto", "turtle"),
        ("1F647", "noto", "person bowing"),
        ("1F64D-200D-2642", "noto", "person frowning"),
        ("1F9C2", "noto", "salt"),
    ]
    assert sprites.pixels[archived[1], :, 32, 16].tolist() == [20, 100, 200, 255]
    assert sprites.pixels[archived[1], :, 32, 48].tolist() == [8, 40, 80, 102]
    apple, turtle = (sprites.table[archived[k]] for k in (1, 2))
    assert dict(apple.names) == {"de": ("Apfel", "roter Apfel"), "fr": ("pomme", "pomme rouge")}
    assert (turtle.synonyms, turtle.group, turtle.family) == (("tortoise",), "animals-nature", "1F422")
    assert (apple.mirror, apple.recolour, apple.roles) == (True, True, ("held",))
    assert (turtle.roles, turtle.licence, turtle.attribution) == (("mount",), "MIT", "Noto Emoji (c) Google")


def test_anchors_are_where_the_table_says_in_the_sprite(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repo: Path
) -> None:
    """The table is in shares of the sprite, the folder in shares of the picture; the loader turns them back."""
    made(tool, monkeypatch, archive, tmp_path / "out")
    anchors = tomllib.loads((repo / "tools/sprite_anchors.toml").read_text("utf-8"))
    turtle = next(s for s in load_sprites(tmp_path / "out").table if (s.concept, s.style) == ("1F422", "noto"))
    where, width = tool.places(anchors["concept"]["1F422"]["noto"])
    assert set(where) == {"head", "eyes", "back"}
    for kind, point in where.items():
        assert turtle.anchors[kind] == pytest.approx(point, abs=2e-4)
    assert turtle.head == pytest.approx(width, abs=2e-4)
    row = json.loads((tmp_path / "out/metadata.jsonl").read_text().splitlines()[0])
    assert row["anchors"]["head"][0] == pytest.approx((0.23 * 64 - 2) / 60 * 40 / 64 + 12 / 64, abs=1e-3)


def test_the_folder_is_also_one_to_train_on_and_names_its_sources(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tool, monkeypatch, archive, tmp_path / "out", "--vendors", "fluent-flat,noto", "--limit", 2)
    data = load_folder(tmp_path / "out", 16)
    assert [entry.path for entry in data.entries] == ["flat/1F422.webp", "noto/1F34E.webp", "noto/1F422.webp"]
    assert data.entries[2].captions == ("turtle, noto style", "turtle", "tortoise")
    lines = (tmp_path / "out/NOTICE.txt").read_text().splitlines()
    assert lines[0].startswith("flat: 1 pictures, Fluent UI Emoji (c) Microsoft, MIT, laurentlahmy/")
    assert lines[1].startswith("noto: 2 pictures, Noto Emoji (c) Google, MIT, googlefonts/noto-emoji @ ")
    assert [line.partition("  ")[2] for line in lines[-3:]] == ["metadata.jsonl", "emoji_64.npz", "names_i18n.json.gz"]
    made(tool, monkeypatch, archive, tmp_path / "again", "--vendors", "fluent-flat,noto", "--limit", 2)
    for file in (tmp_path / "out").rglob("*.*"):
        assert (tmp_path / "again" / file.relative_to(tmp_path / "out")).read_bytes() == file.read_bytes()


def test_only_the_concepts_asked_for(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("1F9C2\n\nturtle\n")
    made(tool, monkeypatch, archive, tmp_path / "out", "--concepts", wanted)
    assert load_sprites(tmp_path / "out").concepts == ("1F422", "1F9C2")
    wanted.write_text("turtle\nChad\n")
    for arguments, says in (
        ((archive, tmp_path / "out"), "exists already"),
        ((archive, tmp_path / "no", "--vendors", "openmoji"), r"unknown vendors \['openmoji'\]; known are noto, blob"),
        ((archive, tmp_path / "no", "--concepts", wanted), "--concepts names Chad, which the archive does not have"),
        ((archive, tmp_path / "no", "--vendors", "twemoji"), "nothing to write"),
    ):
        with pytest.raises(SystemExit, match=says):
            made(tool, monkeypatch, *arguments)
    assert not (tmp_path / "no").exists()


def test_a_picture_without_transparent_pixels_keeps_its_alpha(tool: ModuleType) -> None:
    opaque = Image.new("RGBA", (64, 64), (1, 2, 3, 255))
    assert tool.encoded(opaque)[1] == "png"  # as WebP it would come back as RGB
    assert tool.encoded(Image.new("RGBA", (64, 64), (1, 2, 3, 254)))[1] == "webp"


def read(repo: Path, kind: str) -> dict[str, Any]:
    return tomllib.loads((repo / f"tools/sprite_{kind}.toml").read_text("utf-8"))


def test_the_tables_agree_with_themselves(tool: ModuleType, repo: Path) -> None:
    names, anchors = read(repo, "names"), read(repo, "anchors")
    listed = [code for part in tool.PARTS for code in names[part]]
    assert len(listed) == len(set(listed))
    words = [text.split(",")[0].strip() for part in tool.PARTS for text in names[part].values()]
    twice = {word for word in words if words.count(word) > 1}
    assert twice <= {"astronaut", "cook"}  # forms of one person
    best = [text.split(",")[0] for text in list(names["best"].values())[:150]]
    assert {"turtle", "sunglasses", "basketball"} <= set(best)
    for entry in (*anchors["concept"].values(), *anchors["subgroup"].values()):
        assert set(entry) <= {"any", *tool.STYLES.values()}
        for text in entry.values():
            where, width = tool.places(text)
            assert set(where) <= {"head", "eyes", "hand", "back"}
            assert all(0 < at < 1 for point in where.values() for at in point)
            assert (0.1 <= width <= 0.8) == ("head" in where)
    assert set(anchors["roles"]) == {"hat", "glasses", "held"}


def test_the_whole_archive_leaves_300_families_unseen(tool: ModuleType, repo: Path) -> None:
    table = repo.parent / "shared/data/emoji/metadata.jsonl"
    if not table.exists():
        pytest.skip(f"{table} is not there; it is not part of the repository")
    rows = [json.loads(line) for line in table.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["vendor"] in tool.STYLES]
    concepts = tool.curate(rows, read(repo, "names"))
    assert len(concepts) == 937
    vendors = dict[str, set[str]]()
    for row in rows:
        vendors.setdefault(row["codepoints"], set()).add(row["vendor"])
    styles = dict[str, set[str]]()
    for concept in concepts:
        styles.setdefault(concept.family, set()).update(vendors[concept.code])
    common = [family for family, drawn in styles.items() if len(drawn) >= 3]
    assert 285 <= sum(map(unseen_family, common)) <= 315
    assert not any(unseen_family(concept.family) for concept in concepts[:200])


@pytest.mark.slow
def test_what_the_archive_lacks_is_drawn(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tool, monkeypatch, archive, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out/metadata.jsonl").read_text("utf-8").splitlines()]
    ours = [row for row in rows if row["attribution"] == "drawn for unfog"]
    assert sorted((row["name"], row["style"]) for row in ours) == [
        (name, style) for name in ("basketball", "sunglasses") for style in ("flat", "noto")
    ]
    assert {row["licence"] for row in ours} == {"Apache-2.0"}
    for row in ours:
        pixels = np.asarray(Image.open(tmp_path / "out" / row["file_name"]).convert("RGBA")).astype(int)
        large = np.asarray(tool.drawn(row["concept"], row["style"], 128)).astype(int)
        r, g, b, a = (pixels[..., k] for k in range(4))
        assert (
            np.abs(large[..., 3].reshape(64, 2, 64, 2).mean((1, 3)) - a).max() <= 25
        )  # the same to a tenth of a pixel
        assert np.abs(a - a[:, ::-1]).max() <= 25  # as wide to the left as to the right
        if row["name"] == "basketball":
            assert a[32, 32] == 255
            assert abs((a / 255).sum() / (np.pi * (0.45 * 64) ** 2) - 1) < 0.01  # a disc
            assert ((r > g + 40) & (g > b + 40) & (a == 255)).mean() > 0.4  # orange
        else:
            assert a[:16].max() == a[48:].max() == 0  # glasses are wide
            assert np.median((r + g + b)[a == 255]) < 300  # and dark


def test_pictures_of_the_archive_are_preferred(
    tool: ModuleType, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (archive / "metadata.jsonl").read_text("utf-8").replace("1F9C2", "1F3C0").replace("salt", "basketball")
    (archive / "metadata.jsonl").write_text(text, encoding="utf-8")
    made(tool, monkeypatch, archive, tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out/metadata.jsonl").read_text("utf-8").splitlines()]
    assert [row["attribution"] for row in rows if row["name"] == "basketball"] == ["Noto Emoji (c) Google"]
