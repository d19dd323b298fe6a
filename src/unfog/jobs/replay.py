"""``unfog replay``: make a picture again from the recipe inside it, and say whether it is the same."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.edit import EditRequest
from unfog.config.recipe import NUMERICS, AnyRecipe, EditRecipe
from unfog.config.sample import GenerateRequest
from unfog.jobs.edit import edit_job
from unfog.jobs.edit_work import Inputs
from unfog.jobs.events import Event, Note, Picture, Result
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.save import Place
from unfog.media.mask import mask_of, sha256_of
from unfog.media.original import read_original
from unfog.media.recipe import read_recipe
from unfog.model.locate import Found, by_id, locate
from unfog.util.devices import core_count, pick_device
from unfog.util.errors import ModelError, RecipeError, UsageError

THREADS_PER_CORE = 4  # a recipe is a stranger's: it may not start thousands of threads


def replay_job(
    path: Path,
    *,
    model: str | None = None,
    inputs: Sequence[Path] = (),
    compare: bool = False,
    out: Place | None = None,
    device: str | None = None,
) -> Iterator[Event]:
    """Remake the picture in ``path``.

    Args:
        path: a PNG file with a recipe.
        model: where the model is; ``None``: among the installed ones, by the sha256 in the recipe.
        inputs: the files of the pictures that were changed, of masks and style pictures, in any order.
        compare: compare the pixels with those of the file; the result says ``equal`` and ``max_difference`` (0..255).
        out: where to write the remade picture; ``None``: nowhere.
        device: ``None``: the kind of device in the recipe, where there is one.

    Raises:
        RecipeError: no recipe, or one out of bounds. ModelError: the model is missing or another one.
    """
    begin = time.perf_counter()
    recipe = read_recipe(path)
    found = required(recipe, model)
    yield from (Note(text) for text in differences(recipe))
    loaded = open_model(found, device or device_for(recipe))
    remade: Picture | None = None
    with threads(recipe.threads):
        for event in made_again(recipe, loaded, inputs, out):
            if isinstance(event, Picture):
                remade = event
            if not isinstance(event, Result):
                yield event
    assert remade is not None
    payload = {
        "file": str(path),
        "files": [] if remade.path is None else [str(remade.path)],
        "seed": recipe.seed,
        "model": {"name": found.name, "sha256": found.id},
        "nfe": remade.recipe.nfe,
    }
    if compare:
        payload |= comparison(read_original(path).pixels, rgb(remade.pixels))
    yield Result(payload | {"seconds": round(time.perf_counter() - begin, 3)})


def made_again(recipe: AnyRecipe, loaded: Loaded, inputs: Sequence[Path], out: Place | None) -> Iterator[Event]:
    """The job of a recipe.

    Raises:
        RecipeError: pictures that went in are missing, or others are given.
    """
    if isinstance(recipe, EditRecipe):
        asked = EditRequest(
            prompt=recipe.prompt, negative=recipe.negative, seed=recipe.seed, way=recipe.way, sample=recipe.sample
        )
        return edit_job(asked, inputs_by_sha256(recipe, inputs), loaded, out=out)
    if inputs:
        raise RecipeError("this picture was made from words alone; leave --input out")
    request = GenerateRequest(
        prompt=recipe.prompt,
        negative=recipe.negative,
        seed=recipe.seed,
        canvas=recipe.canvas or recipe.size,
        size=recipe.size,
        transparent=recipe.transparent,
        layout=recipe.layout,
        sample=recipe.sample,
    )
    return generate_job(request, loaded, out=out)


def inputs_by_sha256(recipe: EditRecipe, files: Sequence[Path]) -> Inputs:
    """The pictures that a recipe names, found among files by their pixels.

    Raises:
        RecipeError: one is missing. DataError: a file cannot be read.
    """
    found = {original.sha256: original for original in map(read_original, files)}
    masks = {sha256_of(mask): mask for mask in (mask_of(original) for original in found.values())}
    for role, sha256 in recipe.inputs.items():
        if sha256 not in (masks if role in ("mask", "kernel") else found):
            raise RecipeError(
                f"the {role} that this was made from is not among the inputs; give its file with --input (the sha256 of"
                f" its pixels is {sha256[:16]}...)"
            )
    mask, style, kernel = (recipe.inputs.get(role) for role in ("mask", "style", "kernel"))
    return Inputs(
        found[recipe.inputs["picture"]],
        None if mask is None else masks[mask],
        None if style is None else found[style],
        None if kernel is None else masks[kernel],
    )


def required(recipe: AnyRecipe, model: str | None) -> Found:
    """The model a recipe asks for.

    Raises:
        ModelError: it is not installed, or ``model`` is another one.
    """
    if model is None:
        return by_id(recipe.model.sha256, called=recipe.model.name)
    found = locate(model)
    if found.id != recipe.model.sha256:
        raise ModelError(
            f"{model} is the model with sha256 {found.id}; the recipe needs {recipe.model.name}, {recipe.model.sha256}"
        )
    return found


def differences(recipe: AnyRecipe) -> Iterator[str]:
    """Why the remade picture may differ, as far as the recipe tells."""
    if recipe.numerics != NUMERICS:
        yield f"made with numerics version {recipe.numerics}, this is {NUMERICS}: the pictures may differ"
    if recipe.promise in ("L0", "L1"):
        how = "cpu with changing numbers of threads" if recipe.device == "cpu" else recipe.device
        yield f"made on {how}, where equal bits are not promised: it may differ by 2 of 255"
    if recipe.threads is not None and not affordable(recipe.threads):
        yield f"made with {recipe.threads} threads, too many for this machine: the last bits may differ"


def device_for(recipe: AnyRecipe) -> str | None:
    """The kind of device a picture was made on, if this machine has it."""
    try:
        pick_device(recipe.device)
    except UsageError:
        return None
    return recipe.device


def rgb(pixels: UInt8[Tensor, "c h w"]) -> UInt8[Tensor, "_c h w"]:
    """Grey as RGB; other pictures as they are."""
    return pixels.expand(3, -1, -1) if pixels.shape[0] == 1 else pixels


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Compute with as many CPU threads as the recipe says, and with the former number afterwards."""
    before = torch.get_num_threads()
    if count is not None and affordable(count):
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def affordable(threads: int) -> bool:
    """Whether this machine can take so many threads."""
    return threads <= THREADS_PER_CORE * core_count()


def comparison(one: UInt8[Tensor, "c h w"], other: UInt8[Tensor, "c _h _w"]) -> dict[str, object]:
    """Whether two pictures are equal, and by how much they differ if they are of one size."""
    if one.shape != other.shape:
        return {"equal": False, "max_difference": None, "differing_values": None, "of_values": one.numel()}
    apart = (one.int() - other.int()).abs()
    return {
        "equal": bool((apart == 0).all()),
        "max_difference": int(apart.max()),
        "differing_values": int((apart != 0).sum()),
        "of_values": apart.numel(),
    }
