"""What means the same: a name in another language, a synonym or a misspelt name, beside the usual English name.

Captions in any one other language are too seldom (0.8 % of all) for its names to be learned from pictures. Told
directly that "Schildkröte" means "turtle", a text encoder learns a few thousand words in minutes (docs/LOG.md).
"""

from __future__ import annotations

from functools import lru_cache

from unfog.data.compose.sprites import Sprites
from unfog.data.compose.typo import WORD, misspelt
from unfog.util.random import Dice

Same = tuple[str, str]
MISSPELT = 0.4  # share of misspelt English names
WITH_ARTICLE = 0.4
GROUNDS = ("", "", "", "", "", ", transparent background", " on a red background")


@lru_cache(maxsize=4)
def names(sprites: Sprites) -> tuple[tuple[str, ...], tuple[Same, ...]]:
    """The usual names of all concepts, and every other name with the usual one."""
    firsts = list({sprite.concept: sprite for sprite in reversed(sprites.table)}.values())
    usual = tuple(sprite.name for sprite in firsts)
    others = [
        (other, sprite.name)
        for sprite in firsts
        for other in (*sprite.synonyms, *(name for names in sprite.names.values() for name in names))
    ]
    return usual, tuple(others)


def same(dice: Dice, sprites: Sprites) -> Same:
    """Two texts that mean the same, the second in plain English."""
    usual, others = names(sprites)
    if others and not dice.chance(MISSPELT):
        said, meant = dice.choice(others)
    else:
        meant = dice.choice(usual)
        said = WORD.sub(lambda word: misspelt(word[0], dice), meant)
    article = "a " if said.isascii() and dice.chance(WITH_ARTICLE) else ""
    style = f", {dice.choice(sprites.table).style} style" if dice.chance(0.5) else ""
    end = style + dice.choice(GROUNDS)
    return article + said + end, meant + end
