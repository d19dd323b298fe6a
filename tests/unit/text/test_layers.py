"""Which things a sentence names, and how they stand: as a person would read it."""

from __future__ import annotations

import pytest

from unfog.config.manifest import Knowledge
from unfog.config.sample import Layer, Layout
from unfog.text.layers import LONGEST, layers_of
from unfog.text.standing import says_standing

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
        "dress",
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
    names={"de": "Katze|Löwe"},
    styles=("pixel art", "watercolor", "3d", "noto"),
    words="2x 3x glowing tilted 3d noto style"
    " a red green blue two three wearing riding left right above below background beach night",
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
        # the last word of place counts
        ("a cat holding a zeppelin next to a dog", ["a cat", "a dog [beside 0]"]),
        ("a cat on a carpet and a dog", ["a cat", "a dog [beside 0]"]),
        ("a cat on a carpet holding a star", ["a cat", "a star [holding 0]"]),
        ("a robot wearing a scarf and a dog", ["a robot", "a dog [beside 0]"]),
        ("a cat in front of a castle", ["a cat", "a castle [in front of 0]"]),
        ("on the left a dog, on the right a cat", ["a dog", "a cat [left of 0]"]),
        ("at the top a star, at the bottom a cat", ["a star", "a cat [above 0]"]),
        ("a castle, above it a star", ["a castle", "a star [below 0]"]),
        ("from top to bottom: a cat, a dog, a star", ["a cat", "a dog [above 0]", "a star [above 1]"]),
        ("a dog between a tree and a chair", ["a dog", "a tree [between 0]", "a chair [left of 0]"]),
        # said the other way round
        ("a top hat on a cat", ["a cat", "a top hat [wearing 0]"]),
        ("a basketball held by a dog", ["a dog", "a basketball [holding 0]"]),
        ("a chair with a cat on it", ["a cat", "a chair [on 0]"]),
        ("a castle with a cat in it and a dog", ["a cat", "a castle [inside 0]", "a dog [beside 1]"]),
        ("a cat and a dog with a robot between them", ["a cat", "a robot [beside 0]", "a dog [left of 1]"]),
        ("a cat wearing a hat on a skateboard", ["a cat", "a hat [wearing 0]", "a skateboard [on 0]"]),
        # what is held, what stands beside, what is worn on the body
        ("a cat with a dog", ["a cat", "a dog [beside 0]"]),
        ("a cat holding a dog", ["a cat", "a dog [holding 0]"]),
        ("a dog in a red dress and a top hat", ["a dog", "a red dress [holding 0]", "a top hat [wearing 0]"]),
        ("a cat in a dress", ["a cat", "a dress [holding 0]"]),
        # words before a name
        ("three happy cats and an angry dog", ["3 x a cat", "a dog [beside 0]"]),
        ("three glowing cats and an angry dog", ["3 x a glowing cat", "a dog [beside 0]"]),
        ("two very small dogs and a tilted star", ["2 x a dog (0.65)", "a tilted star [beside 0]"]),
        ("three glasses of milk and a cat", ["3 x a glass of milk", "a cat [beside 0]"]),
        ("a star blue cat and a dog", ["a star blue cat", "a dog [beside 0]"]),
        ("a robot watching dogs", ["a robot", "2 x a dog [beside 0]"]),
        ("two pigs and a cat", ["2 x a pig face", "a cat [beside 0]"]),
        ("2x cat, 3x dog", ["2 x a cat", "3 x a dog [beside 0]"]),
        ("(a cat:1.9) dogs", ["a cat", "2 x a dog [beside 0]"]),
        # no things
        ("a dog house and a cat", None),
        ("a dog's zeppelin", None),
        ("a cat starring", None),
        ("a cat that looks like a dog", None),
        ("a castle made of stars", None),
        # grounds
        ("a cat on red apples", ["a cat", "2 x a red apple [on 0]"]),
        ("a cat and a dog on red", ["a cat", "a dog [beside 0]", "| a plain red background"]),
        ("a cat and a dog with no background", ["a cat", "a dog [beside 0]"]),
        ("eine Katze und ein Hund", None),
        ("\0 \ud800 a cat\n\nand\ta dog \U000f0000", ["a cat", "a dog [beside 0]"]),
    ],
)  # fmt: skip
def test_sentences_are_read_as_people_mean_them(prompt, says):
    assert read(prompt) == says


def test_one_thing_is_a_layer_where_nothing_shall_be_behind_it():
    assert read("a cat", alone=True) == ["a cat"]
    assert read("a cat on a beach", alone=True) is None
    assert read("something else", alone=True) is None
    assert read("ein Löwe", alone=True) == ["ein löwe"]
    assert read("ein Löwe, noto", alone=True) == ["ein löwe, noto style"]
    assert read("ein Löwe am Strand", alone=True) is None
    assert read("ein Löwe") is None


@pytest.mark.parametrize("text", ["\ufdfa", "a cat and a dog ", "red ", "on a ", ", "])
def test_long_texts_of_strangers_are_not_read(text):
    """One character may stand for eighteen words of others (NFKC), and reading 4096 of them took seven seconds."""
    assert read((text * 4096)[:4096]) is None


def test_a_name_has_few_words_before_it():
    reds = ("red " * LONGEST)[: LONGEST - 16]
    assert read(f"{reds}cat and a dog") == ["a red red red red red cat", "a dog [beside 0]"]


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
