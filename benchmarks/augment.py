"""What synthetic training data is worth: handwritten digits, 30 of each to learn from, with and without copies of them.

    python benchmarks/augment.py --mnist FILE.npz [--classes 10] [--per-class 30] [--per-image 8] [--test 2000]
        [--strength 0.3..0.7] [--preset tiny] [--images 400000 | --model MODEL] [--label-preserving]
        [--work DIR] [--out benchmarks/augment.json]

FILE has x_train, y_train, x_test and y_test (28 x 28, uint8). The first ``--per-class`` training digits of each class
are all that anything learns from: a model is trained on them and on nothing else (``--model`` takes another one, which
the result then names) and paints the copies, and small classifiers learn from both (src/unfog/evaluate/gain.py). The
next ``VALID`` of each class watch that training. The test is the first ``--test`` test digits, evenly over the classes.
All is done by the commands that people use; the folders stay in ``--work``, and what is there is not made again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generate import machine
from unfog.cli.augment import say
from unfog.media.png import encode

HERE = Path(__file__).resolve().parent
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
VALID = 5
SEED = 0
WHAT = "a small classifier of handwritten digits that learned with and without synthetic copies"


def main() -> None:
    """Write the digits, train, augment and prove, print the table and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True, help="the digits (.npz)")
    parser.add_argument("--classes", type=int, default=10, help="digits from 0 on (default %(default)s)")
    parser.add_argument("--per-class", type=int, default=30, help="training pictures of each (default %(default)s)")
    parser.add_argument("--per-image", type=int, default=8, help="copies of each (default %(default)s)")
    parser.add_argument("--test", type=int, default=2000, help="pictures to test on (default %(default)s)")
    parser.add_argument("--strength", default="0.3..0.7", help="of the copies (default %(default)s)")
    parser.add_argument("--trials", type=int, default=5, help="seeds of each way (default %(default)s)")
    parser.add_argument("--batches", type=int, default=500, help="of a classifier (default %(default)s)")
    parser.add_argument("--label-preserving", action="store_true", help="keep only copies that keep their class")
    parser.add_argument("--model", help="paints the copies; unset: one is trained on the training digits alone")
    parser.add_argument("--preset", default="tiny", help="of the model that is trained (default %(default)s)")
    parser.add_argument("--size", type=int, default=28, help="that it is trained at (default %(default)s)")
    parser.add_argument("--images", type=int, default=400_000, help="that it sees (default %(default)s)")
    parser.add_argument("--set", action="append", default=[], help="further settings of its training")
    parser.add_argument("--work", type=Path, help="folder of digits, model and copies (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=HERE / "augment.json", help="file to write (default %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work: Path = arguments.work or Path(temporary)
        found = measure(arguments, work)
    say(found)
    settings = {name: value for name, value in vars(arguments).items() if name not in ("mnist", "work", "out")}
    report = {"what": WHAT, "settings": settings, "seed": SEED, **found, **machine()}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {arguments.out}")


def measure(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """What ``unfog augment --prove --json`` says."""
    train, test = work / "digits", work / "test-digits"
    with zipfile.ZipFile(arguments.mnist) as digits:
        known, learned = (array(digits, "x_train"), array(digits, "y_train")), arguments.per_class
        write(train / "train", *known, arguments.classes, range(learned))
        write(train / "validation", *known, arguments.classes, range(learned, learned + VALID))
        each = range(-(-arguments.test // arguments.classes))
        write(test, array(digits, "x_test"), array(digits, "y_test"), arguments.classes, each)
    model = arguments.model
    if model is None:
        model = work / "run"
        if not (model / "model").is_dir():
            options = [
                "--preset",
                arguments.preset,
                "--images",
                arguments.images,
                "--size",
                arguments.size,
                "--seed",
                SEED,
            ]
            more = [part for text in ["data.missing_captions=folder", *arguments.set] for part in ("--set", text)]
            unfog("train", train, "--out", model, "--resume", *options, *more)
    options = ["--per-image", arguments.per_image, "--strength", arguments.strength, "--model", model, "--seed", SEED]
    options += ["--label-preserving"] * arguments.label_preserving
    proof = ["--prove", "--test", test, "--trials", arguments.trials, "--batches", arguments.batches]
    return json.loads(unfog("augment", train, "--out", free(work / "copies"), *options, *proof, "--json"))


def array(digits: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of the file; nothing but numbers is accepted."""
    with digits.open(f"{name}.npy") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def write(folder: Path, pixels: np.ndarray, labels: np.ndarray, classes: int, of_each: range) -> None:
    """Some digits of each class, in their order, in a subfolder named after it, if the folder is not there."""
    if folder.exists():
        return
    for digit in range(classes):
        (folder / NAMES[digit]).mkdir(parents=True)
        for k in np.flatnonzero(labels == digit)[of_each.start : of_each.stop]:
            picture = torch.from_numpy(pixels[k])[None]
            (folder / NAMES[digit] / f"{k:05d}.png").write_bytes(encode(picture))


def free(path: Path) -> Path:
    """The path, or with a number where it is taken."""
    number = 1
    while (found := path if number == 1 else path.with_name(f"{path.name}-{number}")).exists():
        number += 1
    return found


def unfog(*arguments: object) -> str:
    """Run a command; what it prints."""
    command = [sys.executable, "-m", "unfog", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
