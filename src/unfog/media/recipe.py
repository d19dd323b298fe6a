"""Recipes in picture files: canonical JSON under the key ``unfog``, and infotext under ``parameters`` for others.

What is read back comes from strangers. The text is at most 256 KiB, nested at most 32 deep, has no unknown key, and
every number in it is bounded (``config/recipe.py``); it names a model by its sha256, so it cannot name a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from jaxtyping import UInt8
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor

from unfog.config.faults import explain
from unfog.config.recipe import AnyRecipe, EditRecipe, Recipe
from unfog.media.image import read_bytes
from unfog.media.infotext import write_infotext
from unfog.media.png import PARAMETERS, TEXT_LIMIT, encode, read_text
from unfog.util.errors import DataError, RecipeError
from unfog.util.files import canonical_json

KEY = "unfog"
FOREIGN = {
    PARAMETERS: "a web UI's",
    "prompt": "ComfyUI's",
    "workflow": "ComfyUI's",
    "invokeai_metadata": "InvokeAI's",
    "Comment": "NovelAI's",
}
DEPTH_LIMIT = 32
KINDS: TypeAdapter[AnyRecipe] = TypeAdapter(Annotated[Recipe | EditRecipe, Field(discriminator="task")])
# A string that does not end is a string up to the end of the text: with a closing quote demanded, a text of nothing but
# escaped quotes would be searched in quadratic time. Nothing of a string is given back (``*+``): what can be given back
# takes more than 100 bytes of memory for every character or escape.
PARTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|([\[{])|([\]}])|,', re.DOTALL)


def recipe_text(recipe: AnyRecipe) -> str:
    """Canonical JSON: equal recipes have equal text."""
    told = recipe.model_dump(mode="json")
    if told.get("layout") is None:
        told.pop("layout", None)
    return canonical_json(told)


def texts(recipe: AnyRecipe) -> dict[str, str]:
    """What a picture file says about its picture, by key."""
    return {KEY: recipe_text(recipe), PARAMETERS: write_infotext(recipe)}


def picture_file(pixels: UInt8[Tensor, "c h w"], recipe: AnyRecipe, profile: bytes | None = None) -> bytes:
    """The PNG file of a picture, with its recipe and, if it has one, its colour profile."""
    return encode(pixels, texts(recipe), profile)


def parse_recipe(text: str, *, name: str) -> AnyRecipe:
    """Read a recipe as untrusted input.

    Args:
        text: JSON.
        name: of the file it is from, for errors.

    Raises:
        RecipeError: too long, too deep, not JSON, an unknown key, or a value out of bounds.
    """
    if len(text) > TEXT_LIMIT:
        raise RecipeError(f"{name}: the recipe has {len(text)} characters; at most {TEXT_LIMIT} are read")
    if depth(text) > DEPTH_LIMIT:
        raise RecipeError(f"{name}: the recipe is nested more than {DEPTH_LIMIT} deep; that is no recipe of unfog")
    try:
        return KINDS.validate_json(text, strict=True)
    except ValidationError as error:
        raise RecipeError(f"{name}: the recipe is refused: {explain(error)}") from None


def read_recipe(path: Path) -> AnyRecipe:
    """The recipe inside a PNG file.

    Raises:
        DataError: no such file, or it cannot be read.
        RecipeError: no recipe in it, or one that ``parse_recipe`` refuses.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file; give a picture that unfog wrote")
    text = read_text(read_bytes(path), name=str(path))
    if KEY in text:
        return parse_recipe(text[KEY], name=str(path))
    other = next((whose for key, whose in FOREIGN.items() if key in text), None)
    said = f"only {other} description, which is not exact" if other else "no recipe"
    raise RecipeError(f"{path} holds {said}; only pictures that unfog wrote can be replayed, no sheets of several")


def prompt_in(path: Path) -> str:
    """The prompt of the recipe inside a picture; "" if there is none that can be read."""
    try:
        return read_recipe(path).prompt
    except RecipeError:
        return ""


def depth(text: str) -> int:
    """How deep arrays and objects are nested in a JSON text."""
    return max(depths(text), default=0)


def depths(text: str) -> Iterator[int]:
    """How deep it is at every string, bracket and comma of a JSON text: whoever has seen enough may stop."""
    now = 0
    for match in PARTS.finditer(text):
        now += (match[1] is not None) - (match[2] is not None)
        yield now
