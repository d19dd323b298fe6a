"""``unfog model list`` and ``unfog model show``: which models there are, and what is known about one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unfog.jobs.abilities import TITLE, abilities, abilities_text
from unfog.jobs.events import Event, Note, Result
from unfog.model.locate import DEFAULT, Found, builtin_root, inspect, installed, locate, user_root
from unfog.model.store import CARD, NOTICE, manifest_json, read_manifest
from unfog.util.errors import ModelError


def list_job() -> Iterator[Event]:
    """Every model that has a name here. A damaged one is noted and does not hide the others."""
    rows = list[dict[str, Any]]()
    for origin, folder in installed():
        try:
            rows.append(row(inspect(folder, origin)) | {"name": folder.name})
        except ModelError as error:
            yield Note(f"{folder.name} cannot be used: {error}")
    yield Result({"models": rows, "folders": {"yours": str(user_root()), "built in": str(builtin_root())}})


def row(found: Found) -> dict[str, Any]:
    """What a list says about a model."""
    m = found.manifest
    return {
        "name": found.name,
        "sha256": found.id,
        "origin": found.origin,
        "size": m.model.picture.size,
        "bytes": sum(entry.bytes for entry in m.files.values()),
        "redistributable": m.redistributable,
        "description": m.description,
        "default": found.origin != "folder" and found.folder.name == DEFAULT,
    }


def show_job(which: str | None) -> Iterator[Event]:
    """The card and the manifest of a model, and what it can and cannot do.

    Raises:
        ModelError: there is no such model, or a file of it is damaged.
    """
    found = locate(which)
    read_manifest(found.folder, hashes=True)  # what is shown is what was published
    card = (found.folder / CARD).read_text(encoding="utf-8") if (found.folder / CARD).is_file() else ""
    notice = (found.folder / NOTICE).read_text(encoding="utf-8") if (found.folder / NOTICE).is_file() else ""
    said = {"abilities": abilities(found.manifest), "card": with_abilities(card, found), "notice": notice}
    yield Result(row(found) | {"folder": str(found.folder), **said, "manifest": manifest_json(found.folder)})


def with_abilities(card: str, found: Found) -> str:
    """The card as it stands, and behind it what the model can and cannot do, if it does not say so."""
    return card if TITLE in card else card + "\n".join(["", *abilities_text(found.manifest)])
