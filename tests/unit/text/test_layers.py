"""Which things a sentence names, and how they stand: as a person would read it."""

from __future__ import annotations

import pytest

from unfog.config.manifest import Knowledge
from unfog.config.sample import Layer, Layout
from unfog.text.layers import layers_of, says_standing

KNOWS = Knowledge(
    concepts=(
        "apple",
        "basketball",
        "bear|bear face",
        "cat",
        "cat face|kitten",
        "castle",
        "chair",
        "dog",
        "glass of milk|milk",
        "glasses|spectacles",
        "penguin",
        "pig face|piglet",
        "robot",
        "shortcake|slice of cake|piece of cake",
        "skateboard",
        "star",
        "sunglasses|shades",
        "top hat",
        "tree",
        "turtle|tortoise",
        "volcano",
    ),
    styles=("pixel art", "watercolor", "3d", "noto"),
    words="3d noto style a red green blue two three wearing riding left right above below background beach night",
)


def read(prompt: str, *, alone: bool = False) -> list[str] | None:
    """Layers in short: ``2 x a cat [above 0]``, and the ground behind a bar."""
    layout = layers_of(KNOWS, prompt, alone=alone)
    if layout is None:
        return None
    out = list[str]()
    for layer in layout.layers:
        text = f"{layer.copies} x {layer.prompt}" if layer.copies > 1 else layer.prompt
        text += "" if layer.scale == 1 else f" ({layer.scale:g})"
        out.append(text if layer.to is None else f"{text} [{layer.stands} {layer.to}]")
    return [*out, f"| {layout.ground}"] if layout.ground else out


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        (
            "a turtle wearing sunglasses playing basketball",
            ["a turtle", "sunglasses [wearing 0]", "a basketball [holding 0]"],
        ),
        ("a cat to the left of a dog", ["a cat", "a dog [left of 0]"]),
        ("A CAT, A DOG AND a robot", None),  # AND composes
        ("a cat, a dog and a robot", ["a cat", "a dog [beside 0]", "a robot [beside 1]"]),
        ("three red apples", ["3 x a red apple"]),
        ("cats and dogs", ["2 x a cat", "2 x a dog [beside 0]"]),
        ("two kittens on a chair", ["2 x a cat face", "a chair [on 0]"]),
        ("a cat in a hat", ["a cat", "a hat [wearing 0]"]),
        (
            "a bear with glasses and a top hat",
            ["a bear", "glasses [wearing 0]", "a top hat [wearing 0]"],
        ),
        ("two penguins with hats", ["2 x a penguin", "2 x a top hat [wearing 0]"]),
        ("three robots holding an apple", ["3 x a robot", "3 x an apple [holding 0]"]),
        ("two dogs with three apples", ["2 x a dog", "3 x an apple [holding 0]"]),
        ("a robot between two trees", ["a robot", "2 x a tree [between 0]"]),
        ("a cat inside a castle", ["a cat", "a castle [inside 0]"]),
        ("a volcano behind a big dog", ["a volcano", "a dog (1.3) [behind 0]"]),
        ("a star at the top and a cat at the bottom", ["a star", "a cat [above 0]"]),
        ("a penguin riding a skateboard on a beach", ["a penguin", "a skateboard [on 0]", "| an empty beach"]),
        ("a cat and a dog on a blue background", ["a cat", "a dog [beside 0]", "| a plain blue background"]),
        ("a cat and a dog at night, noto style", ["a cat, noto style", "a dog, noto style [beside 0]",
                                                  "| a starry night sky, noto style"]),
        ("pixel art of a cat and a dog", ["a cat, pixel art style", "a dog, pixel art style [beside 0]"]),
        ("a 3d cat and a dog", ["a cat, 3d style", "a dog, 3d style [beside 0]"]),
        ("a robot dog and a cat", ["a robot dog", "a cat [beside 0]"]),
        ("a pig next to a cat", ["a pig face", "a cat [beside 0]"]),
        ("a cat and a zeppelin", None),
        ("a turtel and a dgo", ["a turtle", "a dog [beside 0]"]),
        ("a cat", None),
        ("a dog without a hat", None),
        ("nine cats", None),
        ("two cats, three dogs, four trees and a robot", None),
        ("the last slice of everything, a chessboard with all pieces", None),
        ("", None),
    ],
)  # fmt: skip
def test_sentences_are_read_as_people_mean_them(prompt, says):
    assert read(prompt) == says


def test_one_thing_is_a_layer_where_nothing_shall_be_behind_it():
    assert read("a cat", alone=True) == ["a cat"]
    assert read("a cat on a beach", alone=True) is None
    assert read("something else", alone=True) is None


@pytest.mark.parametrize("words", ["wearing", "riding", "playing"])
def test_words_of_standing_are_understood(words):
    assert says_standing(words)
    assert not says_standing("zeppelin")


def test_layers_stand_to_earlier_ones():
    cat = Layer(prompt="a cat")
    for layers in ((Layer(prompt="a cat", to=0),), (cat, cat), (cat, Layer(prompt="a dog", to=1))):
        with pytest.raises(ValueError, match="name an earlier one"):
            Layout(layers=layers)
    with pytest.raises(ValueError, match="one by one"):
        Layout(layers=(cat,), tile=True)
    with pytest.raises(ValueError, match="behind layers"):
        Layout(ground="a beach")
