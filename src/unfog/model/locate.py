"""Where models are: from a name or a folder to a model folder, and from a recipe's sha256 to one.

A name is looked up in the user's folder and then among the models inside this package; anything with a path separator
is a folder. What decides a model's pictures has one name, its id:

    id = sha256 of canonical JSON {"files": {name: {bytes, sha256}}, "model": configuration}

over all files but the cards and notices, so new numbers in a card do not orphan the pictures made before, and another
schedule over the same weights is another model.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.model.store import CARD, MANIFEST, NOTICE, manifest_json, read_manifest
from unfog.util.errors import ModelError
from unfog.util.files import canonical_json
from unfog.util.nearest import unknown

DEFAULT = "scenes-32"
NAME = re.compile(r"\w[\w.\-]{0,79}")
UNPICKLED = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".safetensors")

Origin = Literal["built in", "yours", "folder"]


@dataclass(frozen=True)
class Found:
    """A model folder whose manifest was read and whose files have the sizes it says (hashes are checked on loading)."""

    folder: Path
    origin: Origin
    id: str
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.name


def builtin_root() -> Path:
    """The models inside this package."""
    return Path(__file__).resolve().parents[1] / "assets" / "models"


def user_root() -> Path:
    """The user's models: ``$UNFOG_HOME/models``, or ``unfog/models`` in this system's place for application data."""
    if chosen := os.environ.get("UNFOG_HOME"):
        return Path(chosen).expanduser() / "models"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "unfog" / "models"


def installed() -> Iterator[tuple[Origin, Path]]:
    """Every folder that a name can mean, the user's before ours; they may be damaged."""
    roots: tuple[tuple[Origin, Path], ...] = (("yours", user_root()), ("built in", builtin_root()))
    for origin, root in roots:
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if NAME.fullmatch(folder.name) and folder.is_dir():
                yield origin, folder


def model_id(record: Mapping[str, Any]) -> str:
    """The id of a model, from its manifest as stored."""
    files = {name: entry for name, entry in record["files"].items() if PurePosixPath(name).name not in (CARD, NOTICE)}
    text = canonical_json({"files": files, "model": record["model"]})
    return hashlib.sha256(text.encode()).hexdigest()


def inspect(folder: Path, origin: Origin = "folder") -> Found:
    """Read the manifest of a model folder.

    Raises:
        ModelError: it is no model folder, a file is missing or has another size, or the manifest is not understood.
    """
    manifest = read_manifest(folder, hashes=False)
    return Found(folder, origin, model_id(manifest_json(folder)), manifest)


def locate(which: str | Path | None = None) -> Found:
    """The model called ``which``: a name, a model folder, or a run folder that holds a finished model.

    Args:
        which: ``None`` is the default model.

    Raises:
        ModelError: there is no such model, or it is damaged; the nearest name is suggested.
    """
    text = str(which) if which is not None else DEFAULT
    is_path = isinstance(which, Path) or any(c in text for c in ("/", "\\")) or text.startswith((".", "~"))
    if not is_path:
        for origin, folder in installed():
            if folder.name == text:
                return inspect(folder, origin)
    path = Path(os.path.expanduser(text))  # noqa: PTH111  (never raises, whatever the text)
    if os.path.exists(path):  # noqa: PTH110  (likewise)
        return inspect(path / "model" if (path / "model" / MANIFEST).is_file() else path)
    if is_path or path.suffix in UNPICKLED:
        raise ModelError(f"there is no model folder {text}; `unfog model list` shows the models that have a name")
    if which is None:
        raise ModelError("this installation holds no model; train one with `unfog train` and name it with --model DIR")
    raise ModelError(f"{unknown('model', text, [f.name for _, f in installed()])}; or give a model folder")


def drawing() -> Iterator[Found]:
    """The installed models that draw, the default one first."""
    every = list[Found]()
    for origin, folder in installed():
        try:
            found = inspect(folder, origin)
        except ModelError:
            continue  # `unfog model list` names it
        if draws(found.manifest):
            every.append(found)
    try:
        first = locate(None).folder
    except ModelError:
        first = None
    yield from sorted(every, key=lambda one: one.folder != first)


def draws(manifest: Manifest) -> bool:
    """Whether a model makes pictures."""
    made = manifest.model
    return isinstance(made, ModelConfig) and made.ndim == 2 and made.picture.channels in (1, 3, 4)


def by_id(wanted: str, *, called: str) -> Found:
    """The installed model with this id.

    Args:
        wanted: the id.
        called: the name that the model had, for the error; names decide nothing.

    Raises:
        ModelError: there is none; the message says which sha256 is needed.
    """
    for origin, folder in installed():
        try:
            found = inspect(folder, origin)
        except ModelError:
            continue  # a damaged folder cannot be the one; `unfog model list` names it
        if found.id == wanted:
            return found
    raise ModelError(f"no installed model has the sha256 {wanted} ({called}); give its folder with --model DIR")
