"""English words of the captions, each fact in several wordings. The first of each is the plainest.

In a template ``{c}`` stands for a colour, ``{a}`` and ``{b}`` for the noun phrases of two groups, ``{s}`` for a style.
"""

from __future__ import annotations

from unfog.data import scenes_caption
from unfog.data.compose.scene import GroundKind, Relation, Size, Style
from unfog.data.scenes_layout import INVERSE

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
SIZE_WORDS: dict[Size, tuple[str, ...]] = {
    "tiny": ("tiny", "tiny", "very small", "teeny", "miniature"),
    "small": ("small", "small", "little"),
    "big": ("big", "large"),
    "giant": ("giant", "huge", "very big", "enormous"),
}
COLOUR_WORDS = {"gray": ("gray", "grey"), "purple": ("purple", "purple", "purple", "violet")}
TURN_WORDS = {
    "tilted": ("tilted", "tilted", "slanted"),
    "upside down": ("upside-down", "upside-down", "inverted"),
}
TURN_TAILS = {
    "tilted": ("tilted to one side", "at an angle"),
    "upside down": ("upside down", "turned upside down", "flipped upside down"),
}
WITHIN: dict[Relation, tuple[str, ...]] = {  # the first group, then the second
    "left of": ("{a} to the left of {b}", "{a} left of {b}", "{a} on the left of {b}"),
    "right of": ("{a} to the right of {b}", "{a} right of {b}", "{a} on the right of {b}"),
    "above": ("{a} above {b}", "{a} above {b}", "{a} over {b}"),
    "below": ("{a} below {b}", "{a} below {b}", "{a} under {b}", "{a} beneath {b}"),
    "inside": (
        "{a} inside {b}",
        "{a} inside {b}",
        "{a} in {b}",
        "{a} within {b}",
        "{b} with {a} inside",
        "{b} around {a}",
    ),
    "wearing": ("{a} wearing {b}", "{a} wearing {b}", "{a} in {b}", "{b} on {a}"),
    "holding": ("{a} holding {b}", "{a} holding {b}", "{a} carrying {b}", "{b} held by {a}"),
    "riding": (
        "{a} riding {b}",
        "{a} riding on {b}",
        "{a} sitting on {b}",
        "{b} carrying {a}",
        "{b} with {a} on its back",
    ),
    "with": ("{a} with {b}", "{a} next to {b}", "{a} beside {b}", "{b} next to {a}", "{a} and {b} side by side"),
}
OPPOSITE: dict[Relation, Relation] = {**INVERSE}
BESIDE: dict[Relation, tuple[str, str]] = {**scenes_caption.BESIDE}
SIDES: dict[Relation, tuple[str, str]] = {**scenes_caption.SIDES}
WORN = ("{a} wearing {b}", "{a} wearing {b}", "{a} in {b}")
TO_SIDES = {"left of": "on the left", "right of": "on the right"}
TAGGED: dict[Relation, str] = {r: r if r != "with" else "next to" for r in WITHIN}
BETWEEN = (
    "{a} between {b} and {c}",
    "{a} between {b} and {c}",
    "{a} in between {b} and {c}",
    "{b} and {c} with {a} between them",
)
ORDERS: dict[Relation, tuple[str, ...]] = {
    "left of": ("from left to right: {a}, {b}, {c}", "{a}, {b} and {c} from left to right"),
    "above": ("from top to bottom: {a}, {b}, {c}", "{a}, {b} and {c} from top to bottom"),
}
CHAIN = "{a} {r} {b} {r} {c}"
GROUND_WORDS: dict[GroundKind, tuple[str, ...]] = {
    "plain": (
        "on a {c} background",
        "on a {c} background",
        "against a {c} background",
        "with a {c} background",
        "on a plain {c} background",
        "on {c}",
    ),
    "gradient": ("on a {c} gradient background", "on a {c} gradient", "with a {c} gradient background"),
    "striped": (
        "on a {c} striped background",
        "on a striped {c} background",
        "on {c} stripes",
        "with a {c} striped background",
        "in front of {c} stripes",
    ),
    "checkered": (
        "on a {c} checkered background",
        "on a checkered {c} background",
        "on a {c} checkerboard",
        "with a {c} checkered background",
    ),
    "dotted": (
        "on a {c} dotted background",
        "on a {c} polka dot background",
        "on {c} polka dots",
        "with a dotted {c} background",
    ),
    "paper": ("on {c} paper", "on a sheet of {c} paper", "on a piece of {c} paper"),
    "sky": ("in the sky", "in front of the sky", "under a blue sky", "against a cloudy sky", "with clouds behind"),
    "night": (
        "at night",
        "at night",
        "under a starry sky",
        "in a starry night",
        "against the night sky",
        "under the stars",
    ),
    "grass": ("on the grass", "on the grass", "in a meadow", "on a green meadow", "on a lawn"),
    "beach": ("on a beach", "on the beach", "at the beach", "by the sea", "on the sand"),
    "transparent": (
        "with a transparent background",
        "on a transparent background",
        "on transparent background",
        "without a background",
        "with no background",
    ),
}
GROUND_TAGS: dict[GroundKind, tuple[str, ...]] = {
    "plain": ("{c} background", "plain {c} background"),
    "gradient": ("{c} gradient background", "{c} gradient"),
    "striped": ("{c} striped background", "{c} stripes"),
    "checkered": ("{c} checkered background", "{c} checkerboard"),
    "dotted": ("{c} dotted background", "{c} polka dots"),
    "paper": ("{c} paper", "{c} paper background"),
    "sky": ("sky", "sky background", "cloudy sky", "blue sky"),
    "night": ("night", "night sky", "starry sky", "starry night"),
    "grass": ("grass", "meadow", "green grass"),
    "beach": ("beach", "sea and sand", "seaside"),
    "transparent": ("transparent background", "transparent background", "no background"),
}
EMPTY: dict[GroundKind, tuple[str, ...]] = {  # a ground with nothing on it
    "plain": ("a plain {c} background", "an empty {c} background", "nothing but {c}", "just {c}"),
    "gradient": ("a {c} gradient", "an empty {c} gradient background"),
    "striped": ("{c} stripes", "a {c} striped background", "a pattern of {c} stripes"),
    "checkered": ("a {c} checkerboard", "a {c} checkered pattern", "a {c} checkered background"),
    "dotted": ("{c} polka dots", "a {c} dotted pattern", "a {c} polka dot background"),
    "paper": ("an empty sheet of {c} paper", "blank {c} paper", "a blank sheet of {c} paper"),
    "sky": ("a blue sky with clouds", "an empty sky", "the sky", "a cloudy sky"),
    "night": ("a starry night sky", "a starry sky", "the night sky", "stars at night"),
    "grass": ("an empty meadow", "green grass", "a meadow under a blue sky", "a lawn"),
    "beach": ("an empty beach", "a beach", "sea and sand", "a sandy beach by the sea"),
    "transparent": ("an empty transparent picture", "nothing"),
}
STYLE_LEADS: dict[Style, tuple[str, ...]] = {  # before the things
    "pixel art": ("pixel art of", "a pixel art picture of", "pixel art:", "8-bit pixel art of"),
    "outline": ("an outline drawing of", "a line drawing of", "line art of", "the outlines of", "outline:"),
    "sketch": ("a pencil sketch of", "a sketch of", "a pencil drawing of", "sketch:"),
    "watercolor": ("a watercolor painting of", "a watercolor of", "a watercolour painting of", "watercolor:"),
    "neon": ("a neon sign of", "neon lights showing", "a glowing neon picture of", "neon:"),
    "sepia": ("a sepia photo of", "an old sepia picture of", "a sepia picture of", "sepia:"),
    "black and white": ("a black and white picture of", "a black and white photo of", "a grayscale picture of"),
    "mosaic": ("a mosaic of", "a tile mosaic of", "a mosaic picture of", "mosaic:"),
    "embroidery": ("an embroidery of", "an embroidered picture of", "embroidery:", "a stitched picture of"),
    "sticker": ("a sticker of", "a die-cut sticker of", "sticker:", "a sticker showing"),
    "blueprint": ("a blueprint of", "a blueprint drawing of", "blueprint:"),
}
STYLE_TAILS: dict[Style, tuple[str, ...]] = {  # behind everything, after a comma or a space
    "pixel art": ("in pixel art style", "as pixel art", ", pixel art", ", pixel art style", "in 8-bit style"),
    "outline": ("in outline style", "as line art", ", outline", ", line art", "drawn in outlines"),
    "sketch": ("as a pencil sketch", "sketched in pencil", ", pencil sketch", ", sketch", "in sketch style"),
    "watercolor": ("in watercolor", "painted in watercolor", ", watercolor", "in watercolor style", ", watercolour"),
    "neon": ("in neon", "as a neon sign", ", neon", "in neon style", "in glowing neon lights"),
    "sepia": ("in sepia", "in sepia tones", ", sepia", "as an old sepia photo"),
    "black and white": ("in black and white", ", black and white", ", grayscale", "as a black and white photo"),
    "mosaic": ("as a mosaic", "in mosaic style", ", mosaic", "made of mosaic tiles"),
    "embroidery": ("as embroidery", "in embroidery style", ", embroidery", ", embroidered"),
    "sticker": ("as a sticker", "in sticker style", ", sticker", ", die-cut sticker"),
    "blueprint": ("as a blueprint", "in blueprint style", ", blueprint"),
}
HAND_TAILS = ("in {s} style", ", {s} style", ", {s} emoji style", ", {s}", "in the {s} style")
HAND_LEADS = ("{s} style:", "{s} emoji of", "{s}:", "{s} emoji:")
LOOSE_LEADS = (
    "a picture of",
    "an image of",
    "there is",
    "a drawing of",
    "draw",
    "show me",
    "please draw",
    "a scene with",
)
