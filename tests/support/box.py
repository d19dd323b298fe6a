"""A box with three models: one knows shapes, one things and transparency, one nothing."""

from __future__ import annotations

from pathlib import Path

from tests.support.models import tiny_config
from tests.support.saved import save_tiny
from unfog.config.manifest import Knowledge
from unfog.model.store import load_model, read_manifest, save_model

SHAPES = Knowledge(concepts=("circle", "star"), words="a red blue circle star left of", names={})
THINGS = Knowledge(
    concepts=("turtle", "circle"), words="a red turtle circle wearing", names={"de": "Schildkröte|Schere"}
)
OWN = Knowledge(concepts=("zeppelin",), words="a zeppelin", names={})


def knowing(source: Path, target: Path, knows: Knowledge) -> Path:
    """The model of a folder under another name, as one that was shown other things."""
    manifest = read_manifest(source, hashes=False)
    changes = {"knows": knows, "name": target.name, "files": {}}
    save_model(load_model(source), target, manifest.model_copy(update=changes), "# card\n")
    return target


def write_box(root: Path) -> Path:
    """``builtin``: ``scenes-32`` (the default), ``things``, ``wordless``, something broken; ``mine/models/own``."""
    plain = save_tiny(root / "plain")
    clear = save_tiny(root / "clear", tiny_config(channels=4))
    knowing(plain, root / "builtin/scenes-32", SHAPES)
    knowing(clear, root / "builtin/things", THINGS)
    knowing(plain, root / "builtin/wordless", Knowledge())
    (root / "builtin/broken").mkdir()
    knowing(clear, root / "mine/models/own", OWN)
    return root
