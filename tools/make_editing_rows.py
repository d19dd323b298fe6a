"""Run the commands of ``docs/editing.md`` in their order and make the rows of pictures it shows.

    python tools/make_editing_rows.py [--work DIR]

Every line that begins with ``    unfog`` is run as it stands, but for those about a folder of one's own. What else they
need (a noisy, a small and a blurred picture) is made from the first scene. Rows go to ``docs/images/editing``.
"""

from __future__ import annotations

import argparse
import shlex
import tempfile
from pathlib import Path

import torch
from PIL import Image

from unfog.cli.main import run
from unfog.core.blur import Blur, gaussian
from unfog.media.image import picture_of, pixels_of
from unfog.util.random import Draw, normal

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEIGHT, GAP = 160, 8
FOLDERS = "augment"  # the command that needs a folder of one's own
ROWS = {
    "edit": ["scene.png", "edited.png"],
    "word": ["scene.png", "green.png"],
    "vary": ["variants/*.png"],
    "inpaint": ["scene.png", "heart.png", "star.png"],
    "outpaint": ["heart.png", "wide.png"],
    "restyle": ["scene.png", "night.png", "restyled.png", "flower.png", "lines.png"],
    "compose": ["two.png"],
    "canvases": ["panorama.png", "tiles.png"],
    "denoise": ["noisy.png", "clean.png", "samples/*.png", "map.png"],
    "restore": ["small.png", "large.png", "blurred.png", "sharp.png", "poor.jpg", "rich.png"],
}
MOST = {"denoise": 4}  # pictures of a row


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="make the rows of docs/editing.md")
    parser.add_argument("--work", type=Path, help="folder for the pictures (unset: a temporary one)")
    asked = parser.parse_args()
    work = asked.work or Path(tempfile.mkdtemp())
    commands = [
        line.strip() for line in (DOCS / "editing.md").read_text().splitlines() if line.startswith("    unfog ")
    ]
    for command in commands:
        words = shlex.split(command)[1:]
        if words[0] == FOLDERS:
            continue
        words = [
            str(work / word) if word.endswith((".png", ".jpg")) or word in ("variants", "samples") else word
            for word in words
        ]
        print(command)
        if code := run(words):
            raise SystemExit(code)
        if not (work / "noisy.png").exists():
            degraded(work)
    tile = Image.open(work / "tile.png").convert("RGB")
    tiles = Image.new("RGB", (2 * tile.width, 2 * tile.height))
    for k in range(4):
        tiles.paste(tile, (k % 2 * tile.width, k // 2 * tile.height))
    tiles.save(work / "tiles.png")
    for name, patterns in ROWS.items():
        files = [
            path for pattern in patterns for path in sorted(work.glob(pattern))[: 1 if name == "denoise" else None]
        ]
        row([Image.open(path).convert("RGB") for path in files], DOCS / "images/editing" / f"{name}.webp")


def degraded(work: Path) -> None:
    """What is denoised and restored, from the first scene."""
    scene = Image.open(work / "scene.png").convert("RGB")
    noise = normal([1], (3, 96, 96), draw=Draw.TEST)[0]
    shown = pixels_of(scene.resize((96, 96))).float() + 25 * noise
    picture_of(shown.round().clamp(0, 255).to(torch.uint8)).save(work / "noisy.png")
    scene.resize((16, 16), Image.Resampling.BOX).save(work / "small.png")
    scene.resize((32, 32), Image.Resampling.BOX).save(work / "poor.jpg", quality=8)
    small = pixels_of(scene.resize((32, 32), Image.Resampling.BOX)).float()
    blurred = Blur(gaussian(1.5)).forward(small[None])[0] + 2 * noise[:, :32, :32]
    picture_of(blurred.round().clamp(0, 255).to(torch.uint8)).save(work / "blurred.png")


def row(pictures: list[Image.Image], out: Path) -> None:
    """Pictures side by side, equally high."""
    fine, coarse = Image.Resampling.LANCZOS, Image.Resampling.NEAREST
    small = [
        p.resize((round(p.width * HEIGHT / p.height), HEIGHT), fine if p.height > HEIGHT else coarse) for p in pictures
    ]
    sheet = Image.new("RGB", (sum(p.width + GAP for p in small) - GAP, HEIGHT), (200, 200, 200))
    at = 0
    for picture in small:
        sheet.paste(picture, (at, 0))
        at += picture.width + GAP
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=80, method=6)


if __name__ == "__main__":
    main()
