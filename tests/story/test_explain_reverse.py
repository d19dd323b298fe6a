"""``unfog explain reverse``: the picture of ``generate``, and a page about it that needs nothing else."""

from __future__ import annotations

import json
import re

from tests.support.commands import PROMPT


def test_a_page_about_the_picture_of_generate(unfog, home, tmp_path):
    options = ["--model", "tiny", "--seed", 11, "--guidance", 2, "--sag", 0.5]
    alone = unfog("generate", PROMPT, *options, "-o", tmp_path / "alone.png", "--json").json
    said = unfog("explain", "reverse", PROMPT, *options, "-o", tmp_path / "seen", "--json").json
    folder = tmp_path / "seen"
    assert (folder / "picture.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert said["nfe"] == alone["nfe"]
    assert [row["step"] for row in said["moments"]] == [1, 2, 3]
    assert said["moments"][0]["alpha"] == 0
    assert all(row["push"] > 0 and 0 < row["blurred_share"] < 1 for row in said["moments"])
    series = ("noisy", "clean", "noise", "push", "with-words", "without-words", "sag-mask")
    wanted = {f"{name}.{kind}" for name in series for kind in ("png", "gif")}
    wanted |= {"words.png", "words-effect.png", "sag-pair.png", "snr.png", "distance.png", "picture.png", "index.html"}
    assert wanted <= set(said["files"])
    assert all((folder / name).stat().st_size > 0 for name in wanted)
    assert "task" in json.loads((folder / "manifest.json").read_text())
    page = (folder / "index.html").read_text()
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:|#|["'])\w+:""", page)
    assert "default-src 'none'" in page
    for word in PROMPT.split():
        assert re.search(rf"{word} · \d+ %", page)
    assert page.count("<figure") == page.count("<figcaption") >= 13
    images = re.findall(r"<img[^>]*>", page)
    assert len(images) > 20
    assert all(re.search(r'alt="[^"]+"', image) for image in images)
    replayed = unfog("replay", folder / "picture.png", "--check", "--json").json
    assert replayed["equal"]
    code, line = unfog.error("explain", "reverse", PROMPT, "--model", "tiny", "-o", folder)
    assert code == 2
    assert "exists already" in line


def test_an_empty_prompt_has_no_words_to_show(unfog, home, tmp_path):
    said = unfog("explain", "reverse", "", "--model", "unet", "--seed", 1, "-o", tmp_path / "seen", "--json").json
    assert "words.png" not in said["files"]
    assert "there are no words in this prompt" in (tmp_path / "seen/index.html").read_text()
    assert all(row["push"] == 0 for row in said["moments"])
