"""The folders whose subfolders may be trained on: named ``ROOT/FOLDER``, never by a path, and never left."""

from __future__ import annotations

import re
from pathlib import Path

from unfog.util.errors import UsageError

NAME = re.compile(r"[\w][\w\- .]{0,119}")
BUILT_IN = "scenes"  # coloured shapes, drawn as they are trained on
MOST = 2000  # folders of one root that are listed


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

    def folders(self) -> list[dict[str, object]]:
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
        missing = f"there is no training folder {folder[:80]!r}; choose one of those that the server lists"
        if root not in self.roots or not slash or not NAME.fullmatch(name) or name.endswith((".", " ")):
            raise UsageError(missing)
        path = self.roots[root] / name
        if path.is_symlink() or not path.is_dir() or path.resolve().parent != self.roots[root]:
            raise UsageError(missing)
        return path

    def data(self, folder: str, *, enabled: bool) -> str:
        """What a training reads: a folder, or the shapes that are drawn on the way.

        Raises:
            UsageError: there is no such folder, or nothing may be trained here.
        """
        if not enabled:
            raise UsageError("this server trains nothing; its owner may allow it")
        return BUILT_IN if folder == BUILT_IN else str(self.find(folder))
