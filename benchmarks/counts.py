"""Numbers of shapes that training shows, and numbers that it never does: painted in one piece, and as layers.

    python benchmarks/counts.py [--model emoji-64] [-n 100] [--seed 0] [--out FILE]

The prompts of ``unfog evaluate --suite heldout`` ("three purple triangles"), painted as ``unfog generate`` paints them
with ``--whole`` and without, and read by the same reader of shapes (``unfog/evaluate/parser.py``): the share of
pictures in which number, shape and colour are right. The ceiling is the share of renders that are read so.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from generate import machine
from unfog.evaluate.difference import difference
from unfog.evaluate.faithfulness import Share, grade, shares
from unfog.evaluate.parser import parse
from unfog.evaluate.questions import COMPOSED_SHAPES, HELD_COUNT
from unfog.jobs.events import Picture
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.settings import Chosen, request_for
from unfog.media.alpha import straight
from unfog.media.image import to_uint8
from unfog.model.locate import locate
from unfog.util.devices import set_threads

SEEN = replace(COMPOSED_SHAPES, kinds=HELD_COUNT.kinds)
WAYS = ("in one piece", "layers", "renders")


def main() -> None:
    """Measure, print a table and write the JSON file if one is asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="emoji-64")
    options.add_argument("-n", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    set_threads()
    loaded, report = open_model(locate(asked.model)), dict[str, object]()
    for way in WAYS:
        seen, held = (measured(loaded, way, asked.n, asked.seed, held=held) for held in (False, True))
        apart = difference(held, seen)
        told = {"seen": seen, "held": held, "held minus seen": apart}
        report[way] = {name: [share.value, share.low, share.high] for name, share in told.items()}
        print(f"{way:<13}" + "".join(f"  {name} {s.value:.1%} [{s.low:.1%}, {s.high:.1%}]" for name, s in told.items()))
    if asked.out is not None:
        facts = {"n": asked.n, "seed": asked.seed, "model": loaded.found.id, **report, **machine()}
        asked.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def measured(loaded: Loaded, way: str, n: int, seed: int, *, held: bool) -> Share:
    """Share of pictures with all facts right."""
    questions, side = HELD_COUNT if held else SEEN, loaded.model.config.picture.size
    asked = questions.prompts(seed, n, "count")
    if way == "renders":
        pixels = to_uint8(straight(questions.pictures(seed, n, "count", side)))
    else:
        pixels = torch.stack(
            [painted(loaded, text, k, whole=way != "layers") for k, (text, _) in enumerate(asked, seed)]
        )
    read = parse(pixels, questions.drawing)
    return shares([grade(found, facts) for found, (_, facts) in zip(read, asked, strict=True)])["all"]


def painted(loaded: Loaded, prompt: str, seed: int, *, whole: bool) -> torch.Tensor:
    """One picture in the model's own size, transparent as the renders are."""
    options = {"seed": seed, "native": True, "transparent": True, "whole": whole}
    request = request_for(loaded.found.manifest, prompt, Chosen(), **options)
    (picture,) = (event for event in generate_job(request, loaded) if isinstance(event, Picture))
    return picture.pixels


if __name__ == "__main__":
    main()
