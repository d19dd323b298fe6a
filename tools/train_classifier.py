"""Train the judge of single concepts (``unfog.evaluate.classifier``) on renders of a folder of sprites.

    python tools/train_classifier.py --sprites DIR --out judge [--images 200000]

It is written to ``--out`` together with how often it is right on renders it never saw; ``unfog evaluate --suite
concepts --classifier judge`` takes it from there. While it learns, ``--out`` + ``.part`` holds the newest weights.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from unfog.config.train import OptimiserConfig
from unfog.data.compose.sprites import Sprites, load_sprites
from unfog.evaluate.classifier import Classifier, judge, save_classifier
from unfog.evaluate.lessons import Lessons, examples, labels_of, lessons
from unfog.nets.layers import initialise
from unfog.train.ema import decay, gamma_of, update
from unfog.train.optimise import optimisers, rate
from unfog.util.devices import bf16_supported

BATCH = 64
SMOOTHING = 0.05  # of the targets
EMA = 0.1
SAY_S, KEEP_S = 30.0, 300.0


def main() -> None:
    """Train, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sprites", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--examples", type=int, default=2400, help="renders to judge the judge by")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sprites = load_sprites(arguments.sprites)
    begin = time.monotonic()
    classifier = trained(sprites, arguments.images, arguments.seed, arguments.out)
    facts = score(classifier, sprites, arguments.examples, arguments.seed)
    facts |= {
        "images": arguments.images,
        "seed": arguments.seed,
        "sprites": sprites.fingerprint(),
        "seconds": round(time.monotonic() - begin),
    }
    save_classifier(classifier, arguments.out, facts)
    print(facts)


def loss_of(classifier: Classifier, batch: Lessons) -> torch.Tensor:
    """Cross-entropy of concepts and styles; two answers share the right one."""
    concepts, styles = classifier(batch.x)
    total = torch.zeros(())
    for scores, answers in ((concepts, batch.concepts), (styles, batch.styles)):
        for column in answers.unbind(1):
            total = total + F.cross_entropy(scores, column, label_smoothing=SMOOTHING) / 2
    return total


def trained(sprites: Sprites, images: int, seed: int, out: Path) -> Classifier:
    """A classifier after ``images`` lessons: the moving average of its weights."""
    labels = labels_of(sprites)
    classifier = Classifier(labels)
    initialise(classifier, seed)
    print(
        f"{sum(p.numel() for p in classifier.parameters()):,} parameters, {len(labels.concepts)} concepts", flush=True
    )
    config = OptimiserConfig(lr=2e-3, warmup_images=min(5_000, images // 10), decay_from=0.3)
    steps = optimisers(classifier, config)
    weights = list(classifier.parameters())
    ema, gamma = [p.detach().clone() for p in weights], gamma_of(EMA)
    said = kept = begin = time.monotonic()
    for step in range(-(-images // BATCH)):
        batch = lessons(sprites, labels, range(step * BATCH, (step + 1) * BATCH), seed)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16_supported(torch.device("cpu"))):
            loss = loss_of(classifier, batch)
        for optimiser in steps:
            optimiser.zero_grad()
        loss.backward()
        for optimiser in steps:
            for group in optimiser.param_groups:
                group["lr"] = rate(config, step * BATCH, images)
            optimiser.step()
        update(ema, [p.detach() for p in weights], decay(step + 1, gamma))
        now = time.monotonic()
        if now - said > SAY_S or step == 20:
            said = now
            seen = (step + 1) * BATCH
            print(f"{seen} images, loss {loss.item():.3f}, {seen / (now - begin):.0f}/s", flush=True)
        if now - kept > KEEP_S:
            kept = now
            keep(with_weights(classifier, ema), out, (step + 1) * BATCH)
    return with_weights(classifier, ema)


def with_weights(classifier: Classifier, values: list[torch.Tensor]) -> Classifier:
    """The same classifier with other weights, in evaluation mode."""
    other = Classifier(classifier.labels)
    with torch.no_grad():
        for p, value in zip(other.parameters(), values, strict=True):
            p.copy_(value)
    return other.eval().requires_grad_(False)


def keep(classifier: Classifier, out: Path, images: int) -> None:
    """The newest weights beside ``out``."""
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    save_classifier(classifier, part, {"images": images})


def score(classifier: Classifier, sprites: Sprites, n: int, seed: int) -> dict[str, object]:
    """Shares of renders never seen that are named rightly, clean and spoilt."""
    out: dict[str, object] = {"examples": n}
    for name, spoil in (("clean", False), ("spoilt", True)):
        parts = [
            examples(sprites, classifier.labels, range(k, min(k + 200, n)), seed, spoil=spoil) for k in range(0, n, 200)
        ]
        said = judge(classifier, torch.cat([p.x for p in parts]))
        concepts, styles = (torch.cat([getattr(p, what)[:, 0] for p in parts]) for what in ("concepts", "styles"))
        first = said.concepts.topk(5, dim=1).indices
        out[name] = {
            "top1": (first[:, 0] == concepts).double().mean().item(),
            "top5": (first == concepts[:, None]).any(dim=1).double().mean().item(),
            "style": (said.styles.argmax(dim=1) == styles).double().mean().item(),
        }
    return out


if __name__ == "__main__":
    main()
