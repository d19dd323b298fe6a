"""Make a folder of photographs that anyone may use: CC0, CC-BY or public domain, named one by one, for the photo prior.

    python tools/photo_folder.py DATA OUT

DATA holds ``images/`` and ``photos/`` (``coco_mini_ccby_256.zip``, ``dreambooth_256.zip``); the other photographs come
with the Python packages scikit-image and scikit-learn, which must be installed. OUT gets two folders, each with a
``metadata.jsonl`` that gives every file's licence, author and source:

    OUT/train    to train on; photographs of one object are one ``split_group``
    OUT/held     ``HELD``: whole photographs and whole objects to judge by, which nothing is trained on

What is left out, and why: COCO rows under a share-alike licence; DreamBooth objects whose photographs come from
Unsplash (its licence is none of the three) or show a drawing by somebody else; pictures of scikit-image whose
documentation says no more than "no known restrictions", or nothing. OUT appears complete or not at all.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

CC0, CC_BY, PUBLIC = "CC0-1.0", "CC-BY-2.0", "public domain"
FREE = ("CC0-1.0", "CC-BY-2.0", "CC-BY-4.0", PUBLIC)

# What the documentation of skimage.data (0.26) says of each file.
SKIMAGE = {
    "astronaut.png": (PUBLIC, "NASA Great Images, flic.kr/p/r9qvLn"),
    "brick.png": (CC0, "CC0Textures Bricks25"),
    "camera.png": (CC0, "Lav Varshney"),
    "chelsea.png": (CC0, "Stefan van der Walt"),
    "clock_motion.png": (PUBLIC, "Stefan van der Walt"),
    "coffee.png": (CC0, "Rachel Michetti, Pikolo Espresso Bar"),
    "grass.png": (CC0, "scikit-image, grass"),
    "gravel.png": (CC0, "CC0Textures Gravel04"),
    "hubble_deep_field.jpg": (PUBLIC, "NASA, hubblesite.org 2012-37"),
    "rocket.jpg": (PUBLIC, "SpaceX, flickr.com/photos/spacexphotos/16511594820"),
}
# sklearn/datasets/images/README.txt
SKLEARN = {
    "china.jpg": (CC_BY, "danielbuechele, flickr.com/photos/danielbuechele/6061409035"),
    "flower.jpg": (CC_BY, "flickr.com/photos/vultilion/6056698931"),
}
PAINTINGS = {"starry_night.jpg": "Vincent van Gogh, 1889", "the_scream.jpg": "Edvard Munch, 1893"}
# photos/dreambooth_256.zip, references_and_licenses.txt: photographs "taken by" an author of the data set (CC-BY-4.0).
DREAMBOOTH = {
    "backpack_dog": "Yuanzhen Li",
    "bear_plushie": "Nataniel Ruiz",
    "candle": "Nataniel Ruiz",
    "colorful_sneaker": "Nataniel Ruiz",
    "dog3": "Yael Pritch",
    "duck_toy": "Nataniel Ruiz",
    "fancy_boot": "Nataniel Ruiz",
    "grey_sloth_plushie": "Nataniel Ruiz",
    "monster_toy": "Varun Jampani",
    "poop_emoji": "Nataniel Ruiz",
    "rc_car": "Varun Jampani",
    "robot_toy": "Varun Jampani",
    "shiny_sneaker": "Nataniel Ruiz",
    "wolf_plushie": "Nataniel Ruiz",
}
# Chosen before anything was trained: four well-known photographs, the eight CC-BY rows of COCO whose file names have
# the smallest sha256, and two objects of DreamBooth. Never change it without training again.
HELD = frozenset(
    {
        "skimage/astronaut.png",
        "skimage/camera.png",
        "skimage/coffee.png",
        "sklearn/china.jpg",
        "coco/000000475678.jpg",
        "coco/000000160012.jpg",
        "coco/000000231460.jpg",
        "coco/000000107438.jpg",
        "coco/000000174375.jpg",
        "coco/000000099053.jpg",
        "coco/000000229358.jpg",
        "coco/000000397133.jpg",
    }
)
HELD_GROUPS = frozenset({"dreambooth/dog3", "dreambooth/robot_toy"})


@dataclass(frozen=True)
class Photo:
    """A file as it will lie in the folder; ``data`` are its bytes, unchanged."""

    file_name: str
    data: bytes
    licence: str
    attribution: str
    source: str
    split_group: str

    @property
    def held(self) -> bool:
        return self.file_name in HELD or self.split_group in HELD_GROUPS

    @property
    def row(self) -> dict[str, str]:
        """The line of ``metadata.jsonl``."""
        return {key: value for key, value in asdict(self).items() if key != "data"}


def of_packages() -> Iterator[Photo]:
    """The photographs that scikit-image and scikit-learn bring along."""
    for package, inner, table in (("skimage", "data", SKIMAGE), ("sklearn", "datasets/images", SKLEARN)):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{package} is not installed: pip install scikit-image==0.26.0 scikit-learn")
        folder = Path(spec.origin).parent / inner
        for name, (licence, attribution) in table.items():
            path, key = folder / name, f"{package}/{name}"
            if not path.is_file():
                raise SystemExit(f"{path} is not there: pip install scikit-image==0.26.0 scikit-learn")
            yield Photo(key, path.read_bytes(), licence, attribution, f"{package}/{inner}/{name}", key)


def of_paintings(data: Path) -> Iterator[Photo]:
    """Photographs of paintings whose painters died more than seventy years ago."""
    for name, attribution in PAINTINGS.items():
        key = f"paintings/{name}"
        yield Photo(key, (data / "images" / name).read_bytes(), PUBLIC, attribution, f"images/{name}", key)


def of_coco(data: Path) -> Iterator[Photo]:
    """The photographs of COCO whose authors ask for attribution only."""
    with zipfile.ZipFile(data / "photos/coco_mini_ccby_256.zip") as archive:
        for row in rows_of(archive):
            if row["licence"] == "Attribution License":
                key, url = f"coco/{Path(row['file']).name}", row["flickr_url"]
                yield Photo(key, archive.read(row["file"]), CC_BY, url, f"COCO {row['file']}", key)


def of_dreambooth(data: Path) -> Iterator[Photo]:
    """The photographs that the authors of the DreamBooth data set took themselves."""
    with zipfile.ZipFile(data / "photos/dreambooth_256.zip") as archive:
        for row in rows_of(archive):
            author = DREAMBOOTH.get(row["subject"])
            if author is not None:
                key, group = f"dreambooth/{row['file'].replace('/', '_')}", f"dreambooth/{row['subject']}"
                yield Photo(key, archive.read(row["file"]), "CC-BY-4.0", author, f"DreamBooth {row['file']}", group)


def rows_of(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    """The rows of an archive's ``metadata.jsonl``."""
    return [json.loads(line) for line in archive.read("metadata.jsonl").decode().splitlines()]


def write_folder(data: Path, out: Path) -> Counter[str]:
    """Write all photographs into ``out``; how many per part and licence."""
    photos = [*of_packages(), *of_paintings(data), *of_coco(data), *of_dreambooth(data)]
    missing = sorted((HELD | HELD_GROUPS) - {name for p in photos for name in (p.file_name, p.split_group)})
    if missing:
        raise SystemExit(f"photographs to judge by are not there: {', '.join(missing)}")
    counts, tables = Counter[str](), dict[str, list[str]]()
    for photo in photos:
        assert photo.licence in FREE
        Image.open(io.BytesIO(photo.data), formats=["PNG", "JPEG"]).verify()
        part = "held" if photo.held else "train"
        target = out / part / photo.file_name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(photo.data)
        tables.setdefault(part, []).append(json.dumps(photo.row, ensure_ascii=False) + "\n")
        counts[f"{part}, {photo.licence}"] += 1
    for part, lines in tables.items():
        (out / part / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    return counts


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="photographs under free licences, to train on and to judge by")
    parser.add_argument("data", type=Path, help="folder with images/ and photos/")
    parser.add_argument("out", type=Path, help="folder to make; must not exist")
    asked = parser.parse_args()
    if asked.out.exists():
        raise SystemExit(f"{asked.out} exists already; give a new folder or remove it")
    partial = asked.out.with_name(asked.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    counts = write_folder(asked.data, partial)
    partial.rename(asked.out)
    for kind, number in sorted(counts.items()):
        sys.stdout.write(f"{number:6d}  {kind}\n")
    sys.stdout.write(f"{counts.total():6d}  photographs in {asked.out}\n")


if __name__ == "__main__":
    main()
