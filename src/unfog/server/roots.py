"""The folders whose subfolders may be trained on: named ``ROOT/FOLDER``, never by a path, and never left."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypedDict

from unfog.util.errors import UsageError
from unfog.util.nearest import nearest

NAME = re.compile(r"[\w][\w\- .]{0,119}")
BUILT_IN = "scenes"  # coloured shapes, drawn as they are trained on
MOST = 2000  # folders of one root that are listed
SHOWN = 80  # characters of a name that was asked for


class Subfolders(TypedDict):
    """A root, and what in it may be trained on."""

    name: str
    folders: list[str]


class Roots:
    """The training roots of a server.

    Args:
        paths: folders on this machine, as its owner says.

    Raises:
        UsageError: one is no folder.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.roots: dict[str, Path] = {}
        for text in paths:
            path = Path(text).expanduser().resolve()
            if not path.is_dir():
                raise UsageError(f"the training root {text} is no folder; make it, or name another")
            name, number = path.name or "root", 1
            while name in self.roots:
                number += 1
                name = f"{path.name}-{number}"
            self.roots[name] = path

    def folders(self) -> list[Subfolders]:
        """What may be trained on, by root; folders behind links are left out."""
        return [
            {
                "name": name,
                "folders": sorted(
                    child.name
                    for child in root.iterdir()
                    if child.is_dir() and not child.is_symlink() and NAME.fullmatch(child.name)
                )[:MOST],
            }
            for name, root in self.roots.items()
        ]

    def find(self, folder: str) -> Path:
        """The folder called ``ROOT/FOLDER``.

        Raises:
            UsageError: there is none; nothing outside the roots is ever looked at.
        """
        root, slash, name = folder.partition("/")
        if root not in self.roots or not slash or not NAME.fullmatch(name) or name.endswith((".", " ")):
            raise self._missing(folder)
        path = self.roots[root] / name
        if path.is_symlink() or not path.is_dir() or path.resolve().parent != self.roots[root]:
            raise self._missing(folder)
        return path

    def _missing(self, folder: str) -> UsageError:
        """What is said of a folder that is not there: the nearest of those that are."""
        there = [f"{root['name']}/{name}" for root in self.folders() for name in root["folders"]]
        near = nearest(folder[:SHOWN], [BUILT_IN, *there])
        hint = "choose one of those that the server lists" if near is None else f"did you mean {near!r}?"
        return UsageError(f"there is no training folder {folder[:SHOWN]!r}; {hint}")

    def data(self, folder: str, *, enabled: bool) -> str:
        """What a training reads: a folder, or the shapes that are drawn on the way.

        Raises:
            UsageError: there is no such folder, or nothing may be trained here.
        """
        if not enabled:
            raise UsageError("this server trains nothing; its owner may allow it")
        return BUILT_IN if folder == BUILT_IN else str(self.find(folder))
