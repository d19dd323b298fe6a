"""The models of a server: by name or sha256, never by a path that somebody sent."""

from __future__ import annotations

from pathlib import Path

from unfog.config.ask import EditAsk, GenerateAsk, PictureAsk, said_in
from unfog.config.edit import cleans
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.suited import best_of
from unfog.model.locate import NAME, Found, drawing, draws, inspect, locate
from unfog.util.errors import ModelError, UsageError
from unfog.util.nearest import unknown


class Catalogue:
    """What is served.

    Args:
        wanted: names or folders, as the owner of the machine says; none: all installed models that draw.
        trained: where the runs of each owner are.

    Raises:
        ModelError: a wanted one is missing, damaged or draws no pictures, or there is none at all.
    """

    def __init__(self, wanted: tuple[str, ...], trained: Path) -> None:
        found = [locate(which) for which in wanted] if wanted else list(drawing())
        if not found:
            found = [locate(None)]
        for one in found:
            if not draws(one.manifest):
                raise ModelError(f"the model {one.name} draws no pictures, so it cannot be served; name another")
        self.models: dict[str, Found] = {}
        for one in found:
            self.models.setdefault(name_of(one), one)
        self.default = next(iter(self.models))
        self.pinned = bool(wanted)
        self._at_first = self.default, self.pinned
        self.trained = trained

    def of(self, owner: str) -> dict[str, Found]:
        """All that an owner may use, by name."""
        mine = dict[str, Found]()
        folder = self.trained / owner
        for run in sorted(folder.iterdir()) if folder.is_dir() else ():
            model = RunFolder(run).model
            if NAME.fullmatch(run.name) and (model / "unfog.json").is_file():
                try:
                    found = inspect(model)
                except ModelError:
                    continue  # of a version that is gone; the run says so when it is looked at
                if draws(found.manifest):
                    mine[run.name] = found
        return {**mine, **self.models}

    def served(self, name: str) -> Found:
        """The model of that name that everybody may use.

        Raises:
            UsageError: there is none; the nearest name is suggested.
        """
        if name not in self.models:
            raise UsageError(unknown("model", name, self.models))
        return self.models[name]

    def use(self, name: str) -> None:
        """Make a model the default one, whatever prompts say."""
        self.default, self.pinned = name, True

    def unuse(self, name: str) -> None:
        """Take that back: what is used by default, and whether words may choose, is as at the start."""
        if name == self.default:
            self.default, self.pinned = self._at_first

    def of_ask(self, ask: PictureAsk, owner: str, *, chosen: str | None = None) -> Found:
        """The model that is named, or else suits the words.

        That is the one in the box that knows most of them (``jobs/suited.py``), unless whoever owns the machine has
        said which to use.

        Args:
            chosen: name or sha256 of what was taken when it was asked for, which is taken again if it is still there.

        Raises:
            UsageError: as ``resolve``.
        """
        if chosen is not None and (found := self.known(chosen, owner)) is not None:
            return found
        first = self.models[self.default]
        if ask.model is not None or self.pinned or first.origin != "built in":
            return self.resolve(ask.model, owner)
        others = [one for name, one in self.models.items() if name != self.default and one.origin == "built in"]
        transparent = isinstance(ask, GenerateAsk) and ask.transparent
        cleaned = isinstance(ask, EditAsk) and cleans(ask.way, ask.prompt)
        return best_of([first, *others], said_in(ask), transparent=transparent, cleaned=cleaned)

    def resolve(self, which: str | None, owner: str) -> Found:
        """The model of that name or sha256; ``None``: the default.

        Raises:
            UsageError: there is none; the nearest name is suggested.
        """
        if which is None or which in self.models:
            return self.models[which or self.default]
        if (found := self.known(which, owner)) is None:
            raise UsageError(unknown("model", which, self.of(owner)))
        return found

    def known(self, which: str, owner: str) -> Found | None:
        """The model of that name or sha256, if an owner may use one."""
        known = self.of(owner)
        return known.get(which) or next((one for one in known.values() if one.id == which), None)


def name_of(found: Found) -> str:
    """What a model is called here: the name of its folder, where that is a name."""
    run = found.origin == "folder" and found.folder.name == "model"
    name = found.name if run else found.folder.name
    return name if NAME.fullmatch(name) else found.name
