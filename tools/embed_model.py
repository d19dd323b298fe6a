"""Put a trained model into the package, with what was measured about it.

    unfog evaluate run --suite scenes -n 500 --json > metrics.json
    python tools/embed_model.py run/model --metrics metrics.json [--set sample.steps=16] [--description "..."] \
        [--upscaler run-of-preset-upscale]

The model lands in ``src/unfog/assets/models/NAME`` in place of an older one. Metrics and recommended settings go into
the manifest; the card is written from it. A model that was trained before manifests said what it knows is given that
with ``--scenes``, or with ``--sprites DIR`` (whose notice goes with it, too).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from unfog.config.manifest import Metric
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.sprites import load_sprites
from unfog.data.scenes import Scenes
from unfog.jobs.card import card
from unfog.jobs.credits import notice_of
from unfog.jobs.knowledge import knowledge_of
from unfog.model.locate import builtin_root, locate
from unfog.model.store import NOTICE, UPSCALER, count, load_any, read_manifest, save_model


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="put a trained model into the package")
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("--metrics", type=Path, help="what `unfog evaluate --json` printed")
    parser.add_argument("--description", help="one or two sentences for the card")
    parser.add_argument("--upscaler", help="model that doubles its pictures (unset: the one it has already, if any)")
    parser.add_argument("--set", dest="assignments", action="append", default=[], help="for example sample.steps=16")
    parser.add_argument("--scenes", action="store_true", help="it knows what the procedural scenes say")
    parser.add_argument("--sprites", type=Path, help="it knows what scenes composed of this folder say")
    arguments = parser.parse_args()
    manifest = read_manifest(arguments.model, hashes=True).override(arguments.assignments)
    model = load_any(arguments.model)
    changes: dict[str, object] = {"files": {}, "parameters": count(model)}
    if arguments.metrics:
        found = json.loads(arguments.metrics.read_text(encoding="utf-8"))
        note = f"suite {found['suite']}, seed {found['seed']}"
        changes["metrics"] = tuple(
            Metric.model_validate(m | {"note": "; ".join(filter(None, (m.get("note"), note)))})
            for m in found["metrics"]
        )
    if arguments.description:
        changes["description"] = arguments.description
    kept = arguments.model / NOTICE
    notice = kept.read_text(encoding="utf-8") if kept.is_file() else ""
    if arguments.scenes:
        changes["knows"] = knowledge_of(Scenes(manifest.model.picture.size))
    if arguments.sprites:
        shown = Compositions(load_sprites(arguments.sprites), manifest.model.picture.size)
        changes["knows"], notice = knowledge_of(shown), notice_of(shown, str(arguments.sprites))
    manifest = manifest.model_copy(update=changes)
    upscaler = arguments.model / UPSCALER if (arguments.model / UPSCALER).is_dir() else None
    if arguments.upscaler:
        upscaler = locate(arguments.upscaler).folder
    target = builtin_root() / manifest.name
    if target.exists():
        shutil.rmtree(target)
    save_model(model, target, manifest, card(manifest), upscaler=upscaler, notice=notice)
    print(target)


if __name__ == "__main__":
    main()
