"""How captions are worded: probabilities of saying what is there, and of the ways to say it (recipes.md 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Wording:
    """Probabilities with which a caption says things, and how it says them.

    Attributes:
        colour .. ground: that a dense caption says what is there; a partial one says each with half of it.
        usual: that it says what goes without saying: a plain white ground; alone: that a thing alone is large.
        hand: that it says the sprites' own style.
        reading: that two things are told in reading order; within, sides: how their relation is put (as in
            ``data/scenes_caption.py``, where the reason stands).
        partial, tags, foreign: shares of the ways to speak; the rest is dense English.
        varied: whether synonyms, digits and rare wordings appear.
    """

    colour: float = 0.97
    shape: float = 0.98
    size: float = 0.8
    turn: float = 0.95
    place: float = 0.9
    relation: float = 0.95
    style: float = 0.97
    ground: float = 0.93
    usual: float = 0.4
    alone: float = 0.2
    hand: float = 0.5
    reading: float = 0.75
    within: float = 0.5
    sides: float = 0.33
    partial: float = 0.25
    tags: float = 0.2
    foreign: float = 0.1
    typos: float = 0.05
    loose: float = 0.1
    varied: bool = True


TRAIN = Wording()
FULL = Wording(
    colour=1, shape=1, size=1, turn=1, place=1, relation=1, style=1, ground=1, usual=1, alone=1, hand=1,
    reading=0.5, within=0.66, sides=0.17,
    partial=0, tags=0, foreign=0, typos=0, loose=0, varied=False,
)  # fmt: skip
BARE = replace(FULL, size=0, turn=0, place=0, style=0, ground=0, usual=0, alone=0, hand=0)
