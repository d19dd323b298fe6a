"""What a model is shown by name, from the pictures it is trained on, for its manifest.

Composed scenes name their sprites, in several languages, and say the rest with the words of a grammar; of other
pictures there are the words of their captions, in alphabetical order, so that no caption can be read off. A word of one
caption alone may be somebody's name and is left out, unless captions may be told. Things that training never shows
(``data/compose/hold.py``) are not among it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from unfog.config.manifest import Knowledge
from unfog.data.compose.cast import cast_of
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.nouns import noun
from unfog.data.compose.said import said_texts
from unfog.data.compose.scene import SHAPES, STYLES
from unfog.data.dataset import Dataset
from unfog.data.scenes import Scenes
from unfog.data.scenes_layout import SHAPES as SCENE_SHAPES
from unfog.text.closed import CLOSED
from unfog.text.spelling import normal, words_of

CAPTIONS = 20_000  # of a set that are read
GRAMMAR = 1_000  # captions of scenes, made of 60 words, that hold all of them
MOST = 20_000  # words of captions, the most frequent first


def knowledge_of(dataset: Dataset, *, least: int = 1) -> Knowledge:
    """What a model trained on these pictures knows by name; words of a folder that stand in ``least`` captions."""
    if isinstance(dataset, Compositions):
        return of_compositions(dataset)
    limit = GRAMMAR if isinstance(dataset, Scenes) else CAPTIONS
    words = Counter(word for text in dataset.captions(limit) for word in set(words_of(normal(text))))
    if isinstance(dataset, Scenes):
        return Knowledge(concepts=SCENE_SHAPES, words=listed(words))
    return Knowledge(words=listed(word for word, n in words.most_common(MOST) if n >= least))


def of_compositions(dataset: Compositions) -> Knowledge:
    """Names of the sprites that training shows, and the words of the grammar."""
    cast = cast_of(dataset.sprites)
    shown = [cast.table[rows[0]] for rows in cast.usual]
    hands = sorted({cast.table[row].style for rows in cast.usual for row in rows} - {""})
    names = dict[str, dict[str, None]]()
    for sprite in shown:
        for language, called in sprite.names.items():
            names.setdefault(language, {}).update(dict.fromkeys(map(bare, called)))
    english = [(sprite.name, *sprite.synonyms) for sprite in shown]
    counted = [noun(name).several for called in english for name in called]  # "bunches of grapes"
    parts = {word for called in english for name in called for word in words_of(normal(name))}
    measures = {word for text in counted for word in words_of(normal(text))} - parts
    said = {word for text in (*said_texts(), *hands) for word in words_of(normal(text))}
    return Knowledge(
        concepts=(*("|".join(map(bare, called)) for called in english), *SHAPES),
        names={language: "|".join(found) for language, found in sorted(names.items())},
        words=listed(said | measures),
        styles=(*(style for style in STYLES if style != "plain"), *hands),
    )


def bare(name: str) -> str:
    """A name without what separates names in a manifest."""
    return name.replace("|", " ")


def listed(words: Iterable[str]) -> str:
    """Words for a manifest, without those that every model is taken to know."""
    return " ".join(sorted(set(words) - CLOSED))
