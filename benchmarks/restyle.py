"""Whether a thing that was never trained on, shown in another hand, comes nearer to how that hand draws it.

    python tools/sprite_folder.py ARCHIVE SPRITES
    python benchmarks/restyle.py SPRITES --classifier JUDGE [--model emoji-64] [-n 100] [--keep 0.5] [--out FILE]

Things of the families that the embedded model's training kept out (``data/compose/hold.py``), drawn by at least three
hands. One hand's picture is restyled by the picture that another hand made of some thing that was trained on; the truth
is that other hand's picture of the first thing. Distances to the truth, of the restyled picture, of the picture it came
from, and of that one with the mean and covariance of colours of the style picture: squared, over mid-grey, in pixels;
and between the unit features of a classifier of sprites. The share in which the restyled picture is nearer than both.
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
from unfog.data.compose.hold import unseen_family
from unfog.data.compose.sprites import Sprites, load_sprites
from unfog.evaluate.classifier import Classifier, load_classifier, over_grey
from unfog.evaluate.faithfulness import wilson
from unfog.guidance.palette import moments, transferred
from unfog.jobs.generate import open_model
from unfog.jobs.settings import Chosen, settle
from unfog.media.image import picture_of, to_uint8
from unfog.model.locate import locate
from unfog.samplers.step import last
from unfog.tasks.restyle import restyle
from unfog.util.random import Dice, Draw

SIDE, INNER = 64, 56


def main() -> None:
    """Measure, print, and write the JSON file if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sprites", type=Path)
    parser.add_argument("--classifier", type=Path, required=True)
    parser.add_argument("--model", default="emoji-64")
    parser.add_argument("-n", type=int, default=100, help="families")
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sheet", type=Path, help="picture of rows: from, style, restyled, colours alone, truth")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    sprites, (judge, _) = load_sprites(asked.sprites), load_classifier(asked.classifier)
    loaded = open_model(locate(asked.model))
    sample = settle(loaded.found.manifest, Chosen())
    rows = triples(sprites, asked.n, asked.seed)
    sheet = list[Tensor]()
    nearer = {"pixels": 0, "features": 0}
    for k, (source, style, truth) in enumerate(rows):
        x, led, true = (picture(sprites, row) for row in (source, style, truth))
        run = restyle(loaded.model, x, led, "", [asked.seed + k], sample, keep=asked.keep, colours=0.3)
        made = loaded.model.codec.decode(last(run).x).clamp(-1, 1)
        plain = recoloured(x, led)
        for name, far in (("pixels", squared), ("features", lambda a, b: apart(judge, a, b))):
            nearer[name] += far(made, true) < min(far(x, true), far(plain, true))
        sheet.append(torch.cat([x, led, made, plain, true], dim=3)[0])
    found = {name: wilson(count, len(rows)) for name, count in nearer.items()}
    report = {name: {"value": s.value, "low": s.low, "high": s.high, "n": s.n} for name, s in found.items()}
    print(json.dumps(report, indent=1))
    if asked.sheet is not None:
        save_sheet(torch.stack(sheet[:12]), asked.sheet)
    if asked.out is not None:
        facts = {"what": "share of restyled pictures nearer to the truth than source and colours alone", **report}
        facts |= {"model": loaded.found.id, "keep": asked.keep, "seed": asked.seed, **machine()}
        asked.out.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def triples(sprites: Sprites, n: int, seed: int) -> list[tuple[int, int, int]]:
    """Rows of a thing in one hand, of another thing that was trained on in another, and of the first in that one."""
    families = dict[str, list[str]]()
    for concept in sprites.concepts:
        sprite = sprites.table[sprites.of(concept)[0]]
        if unseen_family(sprite.family) and len(sprites.of(concept)) >= 3:
            families.setdefault(sprite.family, []).append(concept)
    seen = [k for k, sprite in enumerate(sprites.table) if not unseen_family(sprite.family)]
    out = list[tuple[int, int, int]]()
    for k, family in enumerate(sorted(families)[:n]):
        dice = Dice(seed, k, Draw.TEST)
        here = list(sprites.of(families[family][0]))
        source = dice.choice(here)
        truth = dice.choice([row for row in here if row != source])
        hand = sprites.table[truth].style
        out.append((source, dice.choice([row for row in seen if sprites.table[row].style == hand]), truth))
    return out


def picture(sprites: Sprites, row: int) -> Float[Tensor, "1 4 side side"]:
    """A sprite as the model was shown those that stand alone: premultiplied around mid-grey, in [-1, 1]."""
    tile = F.interpolate(sprites.pixels[row][None].float() / 255, (INNER, INNER), mode="bilinear", antialias=True)
    tile = F.pad(tile, [(SIDE - INNER) // 2] * 4)
    alpha = tile[:, 3:]
    return torch.cat([2 * tile[:, :3] - alpha, 2 * alpha - 1], dim=1)


def recoloured(x: Float[Tensor, "1 4 h w"], style: Float[Tensor, "1 4 h w"]) -> Float[Tensor, "1 4 h w"]:
    """A picture whose opaque part has the mean and covariance of colours of another's opaque part."""
    inks = [some[:, :3, some[0, 3] > 0.9] for some in (x, style)]
    mean, covariance = (part[0] for part in moments(inks[1]))
    out = x.clone()
    out[:, :3, x[0, 3] > 0.9] = transferred(inks[0], mean, covariance).clamp(-1, 1)
    return out


def squared(a: Tensor, b: Tensor) -> float:
    """Mean squared distance over mid-grey."""
    return float(F.mse_loss(over_grey(a), over_grey(b)))


@torch.no_grad()
def apart(judge: Classifier, a: Tensor, b: Tensor) -> float:
    """Distance of unit features."""
    one, other = (F.normalize(judge.features(over_grey(x)), dim=1) for x in (a, b))
    return float((one - other).square().sum())


def save_sheet(rows: Float[Tensor, "n 4 h w"], path: Path) -> None:
    """Rows below each other, over mid-grey."""
    picture_of(to_uint8(torch.cat(list(rows), dim=1)[:3])).resize((5 * 128, 128 * len(rows))).save(path)


if __name__ == "__main__":
    main()
