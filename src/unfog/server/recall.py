"""From a picture that somebody drags in to settings that fill a form. Nothing here runs, loads or fetches anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from unfog.config.ask import spoken
from unfog.config.names import grid_named, sampler_and_grid
from unfog.config.recipe import AnyRecipe, EditRecipe, Recipe
from unfog.config.sample import SampleConfig
from unfog.media.exif import read_comment
from unfog.media.foreign import Said, read_foreign
from unfog.media.image import check_header
from unfog.media.png import read_text
from unfog.media.recipe import KEY, parse_recipe
from unfog.model.locate import Found
from unfog.util.errors import RecipeError, UsageError, one_line

OURS = re.compile(r'\A\s*\{.*"format":\s*"unfog\.recipe/', re.DOTALL)  # comments of JPEG and WebP
HASH = 8  # characters of a model's hash that must agree at least
DEFAULTS = SampleConfig()


def recall(data: bytes, known: Mapping[str, Found]) -> dict[str, Any]:
    """What a picture says: ``source``, ``ask`` (fields of an ask for pictures), ``warnings``, and our ``recipe``.

    Args:
        data: the file.
        known: the models that are here, by name.

    Raises:
        DataError: it is no picture. RecipeError: it says nothing that is understood.
    """
    read = read_text if check_header(data, name="the picture").format == "PNG" else read_comment
    texts = read(data, name="the picture")
    if KEY in texts:
        return ours(parse_recipe(texts[KEY], name="the picture"), known)
    if OURS.search(texts.get("comment", "")):
        return ours(parse_recipe(texts["comment"], name="the picture"), known)
    said = read_foreign(texts)
    if said is None:
        raise RecipeError("this picture does not say how it was made; drop one that a program of this kind wrote")
    return theirs(said, known)


def ours(recipe: AnyRecipe, known: Mapping[str, Found]) -> dict[str, Any]:
    """Of our own pictures: exact."""
    name = next((name for name, found in known.items() if found.id == recipe.model.sha256), None)
    warnings = list[str]()
    if name is None:
        sha256 = recipe.model.sha256
        warnings.append(f"made with the model {recipe.model.name} (sha256 {sha256[:16]}...), which is not here")
    sample = recipe.sample
    chosen: dict[str, Any] = {
        "sampler": sample.sampler,
        "grid": sample.grid,
        "steps": sample.steps,
        "guidance": sample.guidance,
        "guide": [one.name if one.value is None else f"{one.name}:{one.value:g}" for one in sample.guide],
    }
    chosen |= {"interval": sample.interval} if sample.interval is not None else {}
    extras = {key: getattr(sample, key) for key in ("rescale", "sag", "eta")}
    chosen |= {key: value for key, value in extras.items() if value != getattr(DEFAULTS, key)}
    ask: dict[str, Any] = {
        "task": recipe.task,
        "model": name,
        "prompt": recipe.prompt,
        "negative": recipe.negative,
        "seed": spoken(recipe.seed),
        "chosen": chosen,
    }
    if isinstance(recipe, Recipe):
        ask |= {"size": recipe.size, "canvas": recipe.canvas or recipe.size, "transparent": recipe.transparent}
        layered = recipe.layout is not None and len(recipe.layout.layers) > 0
        ask |= {"whole": not layered}  # layers are found in the prompt again, and in a new one
        ask |= {} if recipe.layout is None or layered else {"layout": recipe.layout.model_dump(mode="json")}
    if isinstance(recipe, EditRecipe):
        ask |= {"way": recipe.way.model_dump(mode="json")}
        went = " and ".join(sorted(recipe.inputs))
        warnings.append(f"made from other pictures ({went}), which are not in this file: choose them again")
    return {"source": "unfog", "ask": ask, "warnings": warnings, "recipe": json.loads(recipe.model_dump_json())}


def theirs(said: Said, known: Mapping[str, Found]) -> dict[str, Any]:
    """Of pictures of other programs: what means something here; the rest is said to be left out."""
    warnings, chosen = ["made by another program: the same settings give another picture here"], dict[str, Any]()
    if said.sampler is not None:
        try:
            sampler, grid = sampler_and_grid(said.sampler)
            chosen |= {"sampler": sampler} | ({} if grid is None else {"grid": grid})
        except UsageError as error:
            warnings.append(str(error))
    if said.grid is not None:
        try:
            grid = grid_named(said.grid)
            chosen |= {} if grid is None else {"grid": grid}
        except UsageError as error:
            warnings.append(str(error))
    chosen |= {key: value for key in ("steps", "guidance", "rescale") if (value := getattr(said, key)) is not None}
    for key, most in (("guidance", 100.0), ("rescale", 1.0)):
        if key in chosen and not 0 <= chosen[key] <= most:
            warnings.append(f"{key} = {chosen.pop(key):g} is out of bounds here")
    model = model_of(said, known)
    if model is None and (said.model or said.model_hash):
        hashed = f" (hash {said.model_hash})" if said.model_hash else ""
        warnings.append(one_line(f"made with the model {said.model or 'without a name'}{hashed}, which is not here"))
    if said.more:
        warnings.append(one_line(f"left out: {', '.join(said.more)}")[:300])
    ask: dict[str, Any] = {"task": "generate", "prompt": said.prompt, "negative": said.negative, "chosen": chosen}
    ask |= {"model": model} if model is not None else {}
    ask |= {"seed": spoken(said.seed)} if said.seed is not None else {}
    ask |= {"size": said.size} if said.size is not None else {}
    ask |= {"whole": True} if said.whole else {}
    return {"source": said.source, "ask": ask, "warnings": warnings, "recipe": None}


def model_of(said: Said, known: Mapping[str, Found]) -> str | None:
    """The model with that hash, if it is here; names decide nothing."""
    digits = (said.model_hash or "").lower()
    if len(digits) < HASH:
        return None
    return next((name for name, found in known.items() if found.id.startswith(digits)), None)
