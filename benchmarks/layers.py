"""Whether both of two things are there: painted in one piece, and as layers.

    python benchmarks/layers.py SPRITES --classifier JUDGE [--model emoji-64] [-n 100] [--seed 0] [--out FILE]

Prompts of two things in a relation, as ``unfog evaluate --suite heldout`` asks for them: pairs that training shows
together, and pairs that it never does. A classifier of single things looks through windows of several sizes at the
picture in the model's own size; a thing is there if it is the likeliest in one of them. The ceiling is how often both
are found in true renders, chance how often two things of another prompt are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from generate import machine
from unfog.data.compose.render import render
from unfog.data.compose.sprites import Sprites, load_sprites
from unfog.evaluate.classifier import Classifier, judge, load_classifier
from unfog.evaluate.faithfulness import wilson
from unfog.evaluate.portraits import Portrait, duos
from unfog.jobs.events import Picture
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.layered import paintings
from unfog.jobs.settings import Chosen, request_for
from unfog.media.alpha import premultiplied
from unfog.model.locate import locate
from unfog.util.devices import set_threads

WAYS = ("in one piece", "layers", "renders")


def main() -> None:
    """Measure, print a table and write the JSON file if one is asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sprites", type=Path)
    options.add_argument("--classifier", type=Path, required=True)
    options.add_argument("--model", default="emoji-64")
    options.add_argument("-n", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    set_threads()
    loaded, sprites = open_model(locate(asked.model)), load_sprites(asked.sprites)
    classifier, _ = load_classifier(asked.classifier)
    tables = dict[str, dict[str, list[float]]]()
    for held in (False, True):
        pairs = duos(sprites, asked.seed, asked.n, held=held)
        name = "held pairs" if held else "seen pairs"
        tables[name] = {way: measured(loaded, sprites, classifier, pairs, way) for way in WAYS}
        for way, numbers in tables[name].items():
            print(f"{name}  {way:<13}  " + "  ".join(f"{number:6.1%}" for number in numbers))
    report = {"n": asked.n, "seed": asked.seed, "model": asked.model, "columns": COLUMNS, **tables, **machine()}
    if asked.out is not None:
        asked.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


COLUMNS = ("both", "low", "high", "one of them", "low", "high", "by chance", "as layers")
SIDES, STRIDE = (24, 32, 40, 48, 64), 8


def measured(loaded: Loaded, sprites: Sprites, classifier: Classifier, pairs: list[Portrait], way: str) -> list[float]:
    """``COLUMNS`` of one way to paint."""
    side, layered = loaded.model.config.picture.size, 0
    if way == "renders":
        x = render([pair.scene for pair in pairs], sprites, side)
    else:
        made = list[torch.Tensor]()
        for k, pair in enumerate(pairs):
            options = {"seed": k, "native": True, "transparent": True, "whole": way != "layers"}
            request = request_for(loaded.found.manifest, pair.prompt, Chosen(), **options)
            layered += paintings(request) > 1
            (picture,) = (event.pixels for event in generate_job(request, loaded) if isinstance(event, Picture))
            made.append(picture)
        x = premultiplied(torch.stack(made))
    names = [{sprites.table[row].concept for row in pair.rows} for pair in pairs]
    there = [found(classifier, one[None]) for one in x]
    both = wilson(sum(n <= t for n, t in zip(names, there, strict=True)), len(pairs))
    either = wilson(sum(bool(n & t) for n, t in zip(names, there, strict=True)), len(pairs))
    others = [n <= t for n, t in zip(names[1:] + names[:1], there, strict=True)]
    chance, share = sum(others) / len(pairs), layered / len(pairs)
    return [both.value, both.low, both.high, either.value, either.low, either.high, chance, share]


def found(classifier: Classifier, x: Float[Tensor, "1 c h w"]) -> set[str]:
    """All things that are the likeliest in some window of a picture."""
    windows = list[Tensor]()
    for side in SIDES:
        cut = F.unfold(x, side, stride=STRIDE).view(x.shape[1], side, side, -1).permute(3, 0, 1, 2)
        windows.append(F.interpolate(cut, (64, 64), mode="bilinear", antialias=True, align_corners=False))
    said = judge(classifier, torch.cat(windows)).concepts.argmax(dim=1)
    return {classifier.labels.concepts[k] for k in said.tolist()}


if __name__ == "__main__":
    main()
