"""Captions of composed scenes, and the facts each one states.

Three ways to speak: dense sentences, that say nearly everything; partial ones, that leave out each attribute with an
even chance, so that the model learns to fill it in; and tag lists. A thing itself is never left out. Of all captions
some are in another language (``foreign``) and some have typing mistakes (``typo``).
"""

from __future__ import annotations

from unfog.data.compose.claims import claims
from unfog.data.compose.facts import Facts
from unfog.data.compose.foreign import foreign_caption
from unfog.data.compose.scene import Scene
from unfog.data.compose.sentence import sentence
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.tag_list import tag_list
from unfog.data.compose.typo import with_typos
from unfog.data.compose.wording import BARE, FULL, TRAIN, Wording
from unfog.util.random import Dice

__all__ = ["BARE", "FULL", "TRAIN", "Facts", "Wording", "caption"]


def caption(scene: Scene, sprites: Sprites, dice: Dice, wording: Wording = TRAIN) -> tuple[str, Facts]:
    """A caption of the scene and exactly the facts it states."""
    if dice.chance(wording.foreign):
        found = foreign_caption(scene, sprites, dice)
        if found is not None:
            return found
    u = dice.uniform()
    tags = u < wording.tags
    keep = 0.5 if wording.tags <= u < wording.tags + wording.partial else 1.0
    facts, hand = claims(scene, sprites, dice, wording, keep)
    text = tag_list(facts, hand, dice) if tags else sentence(facts, hand, dice, wording)
    if dice.chance(wording.loose):
        text = text[0].upper() + text[1:]
    if dice.chance(wording.loose) and not tags:
        text += "."
    if dice.chance(wording.typos):
        text = with_typos(text, dice)
    return text, facts
