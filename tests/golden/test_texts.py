"""The exact texts that other programs, and later versions of this one, will have to read.

A change of these files is a change of the format: pictures made before must still be replayed.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.recipes import recipe_of

from unfog.config.guide import Guide
from unfog.config.sample import SampleConfig
from unfog.media.infotext import write_infotext
from unfog.media.recipe import parse_recipe, recipe_text

HERE = Path(__file__).parent
RECIPE = recipe_of(
    numerics=1,  # of a picture from back then
    canvas=(24, 16),
    prompt='two green stars\n"above", a red circle: größer 日本 🟢',
    negative="blurry, \x1b[31mgrey",
    sample=SampleConfig(
        sampler="ddim",
        grid="log_snr",
        steps=25,
        guidance=4.5,
        interval=(-1.25, 3),
        rescale=0.7,
        sag=0.75,
        eta=0.3,
        guide=(Guide.of("pag:2.5"), Guide.of("tcfg"), Guide.of("apg")),
    ),
)


def golden(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").removesuffix("\n")


def test_the_recipe_is_written_as_ever():
    assert recipe_text(RECIPE) == golden("recipe.json")


def test_the_recipe_is_read_as_ever():
    assert parse_recipe(golden("recipe.json"), name="golden") == RECIPE


def test_a_recipe_from_before_pictures_were_enlarged_and_guides_were_known_is_read_as_ever():
    assert parse_recipe(golden("recipe_without_canvas.json"), name="golden") == RECIPE.model_copy(
        update={"canvas": None, "sample": RECIPE.sample.model_copy(update={"guide": ()})}
    )


def test_the_infotext_is_written_as_ever():
    assert write_infotext(RECIPE) == golden("infotext.txt")
