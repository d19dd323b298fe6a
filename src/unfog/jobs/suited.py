"""Which of the models in the box draws a prompt, if nobody says: the one that knows most of its words.

A typing mistake counts as the word that it is read as; an unknown word with a neighbour the model knows ("tortoise")
counts half. Models that know equally much: the default one. A picture of which nothing is said is denoised and
restored by the one that reads no words, because it was trained on photographs. Models of the user are only used by
name.
"""

from __future__ import annotations

from collections.abc import Sequence

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.model.locate import Found, drawing, locate
from unfog.text.prompt import parse, parts_of
from unfog.text.reading import reading_of

NEIGHBOUR = 0.5


def suited(which: str | None, prompts: Sequence[str], *, transparent: bool = False, cleaned: bool = False) -> Found:
    """The model called ``which``; for ``None`` the one in the box that these prompts suit best.

    Args:
        prompts: all texts that say what is shown.
        transparent: only models that paint transparency, if there is one.
        cleaned: a picture of which nothing is said is to be rid of noise or of what was done to it.

    Raises:
        ModelError: as ``locate``.
    """
    first = locate(which)
    if which is not None or first.origin != "built in":
        return first
    return best_of(
        [one for one in drawing() if one.origin == "built in"], prompts, transparent=transparent, cleaned=cleaned
    )


def best_of(
    models: Sequence[Found], prompts: Sequence[str], *, transparent: bool = False, cleaned: bool = False
) -> Found:
    """The first of these models that knows most of what is said; see ``suited``."""
    if cleaned:
        return next((found for found in models if wordless(found.manifest)), models[0])
    if not (prompts or transparent):
        return models[0]
    return max(
        models,
        key=lambda found: (not transparent or paints_transparency(found.manifest), -strange(found.manifest, prompts)),
    )


def strange(manifest: Manifest, prompts: Sequence[str]) -> float:
    """How much of what is said a model does not know; one that reads or names no word knows nothing."""
    if manifest.knows is None or wordless(manifest):
        return float("inf")
    reading = reading_of(manifest.knows)
    texts = [part.text for prompt in prompts for part in parts_of(parse(prompt))]
    return sum(1 if one.nearest is None else NEIGHBOUR for text in texts for one in reading.unknown(text))


def paints_transparency(manifest: Manifest) -> bool:
    """Whether pictures have four channels."""
    return isinstance(manifest.model, ModelConfig) and manifest.model.picture.channels == 4


def wordless(manifest: Manifest) -> bool:
    """Whether a model was trained without a word, as priors of photographs are."""
    return manifest.knows is not None and not (manifest.knows.concepts or manifest.knows.names or manifest.knows.words)
