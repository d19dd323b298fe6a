"""``dataset.lock.json``: what a set of captioned pictures was when somebody trained on it.

    fingerprint           sha256 over the sorted lines "<sha256 of the file> <sha256 of its captions> <path>"
    content_fingerprint   the same without paths: it survives renaming
    splits                how many pictures are on which side, by which rule, and the sha256 of the validation paths

``files`` holds the lines themselves, so that a later change can be named and not only noticed. Everything but
``created`` is a function of the pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from unfog.data.captioned import Captioned, Entry, fingerprint_of, line_of
from unfog.data.scan import nfc

FORMAT = "unfog.dataset/1"
NAMED = 3  # files named of every kind of change


def lock_of(dataset: Captioned, *, tool: str, created: str) -> dict[str, Any]:
    """The lock of a dataset as a JSON object; ``created`` is a UTC time (ISO 8601)."""
    entries = dataset.entries
    sides = sorted(min(entry.width, entry.height) for entry in entries)
    repeated = len(entries) - len({entry.sha256 for entry in entries})
    return {
        "format": FORMAT,
        "root": dataset.name,
        "count": len(entries),
        "bytes": sum(entry.bytes for entry in entries),
        "fingerprint": dataset.fingerprint(),
        "content_fingerprint": fingerprint_of(entries, paths=False),
        "splits": {
            "train": dataset.count,
            "valid": dataset.valid_count,
            "rule": dataset.split_rule,
            "valid_sha256": _valid_sha256(entries),
        },
        "rules": {"caption": dataset.layout, "decode": decoded(dataset)},
        "stats": {
            "shorter_side": {"smallest": sides[0], "median": sides[len(sides) // 2], "largest": sides[-1]},
            "duplicates": repeated,
            "left_out": [{"path": problem.path, "reason": problem.reason} for problem in dataset.problems],
        },
        "licences": dataset.licences(),
        "files": {nfc(entry.path): line_of(entry, path=False) for entry in entries},
        "created": created,
        "tool": tool,
    }


def decoded(dataset: Captioned) -> str:
    """How a file becomes numbers, in words."""
    which = "centred square" if dataset.crops is None else "squares cut out at random, scaled down to one"
    return f"RGB, upright, {which} of {dataset.size} pixels"


def change_since(lock: Mapping[str, Any], dataset: Captioned) -> str | None:
    """What is different from a lock, as words for a person; None if training on it would be the same.

    Licences and files that were left out may differ.
    """
    before: Mapping[str, str] = lock["files"]
    now = {nfc(entry.path): line_of(entry, path=False) for entry in dataset.entries}
    kinds = {
        "added": sorted(now.keys() - before.keys()),
        "removed": sorted(before.keys() - now.keys()),
        "changed": sorted(path for path in now.keys() & before.keys() if now[path] != before[path]),
    }
    said = [f"{len(paths)} {kind} ({_named(paths)})" for kind, paths in kinds.items() if paths]
    if not said and _valid_sha256(dataset.entries) != lock["splits"].get("valid_sha256"):
        said = ["other pictures are kept for validation"]
    return ", ".join(said) or None


def _valid_sha256(entries: Sequence[Entry]) -> str:
    paths = sorted(nfc(entry.path) for entry in entries if entry.split == "valid")
    return hashlib.sha256("\n".join(paths).encode("utf-8", "surrogateescape")).hexdigest()


def _named(paths: Sequence[str]) -> str:
    return ", ".join(paths[:NAMED]) + (", ..." if len(paths) > NAMED else "")
