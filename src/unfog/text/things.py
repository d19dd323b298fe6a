"""Things that people may name, by group, and which of the known ones a thing is nearest to.

The table (``assets/things.txt``) is the order of emoji in Unicode CLDR: things of one subgroup ("musical-instrument")
stand together, subgroups of one group ("objects") after each other, and neighbours are alike. Lines are names, then
keywords; ``[group/subgroup]`` opens a subgroup. With i, j the places of two things, the nearest known one is

    argmin_j ( subgroups differ, i - j if j <= i else 2 (j - i) + 2 )        over known things of the same group

because a subgroup begins with what is typical of it. There is none outside the group, and in groups of all sorts
(``MIXED``) none outside the subgroup: a telescope is not like a door. Nearest text vectors of a model that was never
shown a word are those of words spelt alike, and were tried and left (docs/LOG.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "assets" / "things.txt"
MIXED = frozenset(("objects", "activities", "symbols", "people-body", "travel-places"))


@dataclass(frozen=True)
class Thing:
    """A line of the table."""

    place: int
    group: str
    subgroup: str
    names: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True)
class Things:
    """The table, and where a text occurs in it: as a name, as its last word, as any word of it, as a keyword."""

    rows: tuple[Thing, ...]
    by_name: dict[str, list[Thing]]
    by_head: dict[str, list[Thing]]
    by_word: dict[str, list[Thing]]
    by_keyword: dict[str, list[Thing]]

    def called(self, text: str) -> list[Thing]:
        """What a text means: things of that name, else with that word in their name, else with that keyword.

        What is done ("playing") is no thing, even where it is a keyword.
        """
        if text.endswith("ing") and text not in self.by_name:
            return []
        return (
            self.by_name.get(text)
            or self.by_head.get(text)
            or self.by_word.get(text)
            or self.by_keyword.get(text)
            or []
        )

    def means(self, text: str) -> bool:
        """Whether a text is a word of the table, so that whoever writes it may mean it."""
        return bool(self.called(text))

    def nearest(self, text: str, known: Iterable[str]) -> str | None:
        """The one of ``known`` names that is nearest to what ``text`` means; of equally near ones the first.

        ``None`` if the table does not have the text, or nothing known of its groups.
        """
        wanted = self.called(text)
        best: tuple[tuple[bool, int], str] | None = None
        for name in known if wanted else ():
            for thing in self.by_name.get(name, ()):
                for like in wanted:
                    if like.group != thing.group or (like.subgroup != thing.subgroup and like.group in MIXED):
                        continue
                    far = (like.subgroup != thing.subgroup, distance(like.place, thing.place))
                    if best is None or far < best[0]:
                        best = far, name
        return None if best is None else best[1]


def distance(wanted: int, known: int) -> int:
    """Between two places of the table (see the module docstring)."""
    return wanted - known if known <= wanted else 2 * (known - wanted) + 2


@cache
def things() -> Things:
    """The table of this package, read once."""
    rows, group, subgroup = list[Thing](), "", ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group, _, subgroup = line.strip("[]").partition("/")
        elif line and not line.startswith("#"):
            names, _, keywords = line.partition("; ")
            rows.append(Thing(len(rows), group, subgroup, parts(names), parts(keywords)))
    tables: tuple[dict[str, list[Thing]], ...] = ({}, {}, {}, {})
    for row in rows:
        words = [name.split() for name in row.names]
        found = (row.names, [w[-1] for w in words], [part for w in words for part in w], row.keywords)
        for table, texts in zip(tables, found, strict=True):
            for text in dict.fromkeys(texts):
                table.setdefault(text, []).append(row)
    return Things(tuple(rows), *tables)


def parts(text: str) -> tuple[str, ...]:
    """The entries of a list with commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
