"""Small sprites made on the spot: flat forms of known outline, enough to compose and caption scenes in tests."""

from __future__ import annotations

from typing import Any

import torch

from unfog.data.compose.sprites import Sprite, Sprites

SIDE = 64
STYLES = ("noto", "3d", "flat")
TOP = {"head": (0.5, 0.1), "eyes": (0.5, 0.3)}
SIDE_ON = {"head": (0.3, 0.1), "eyes": (0.3, 0.25)}
# name, colour, width and height of what is seen (of 64), and what differs from the usual
THINGS: tuple[tuple[str, tuple[int, int, int], tuple[int, int], dict[str, Any]], ...] = (
    ("turtle", (60, 160, 60), (60, 44), {"anchors": {**TOP, "back": (0.5, 0.25)}, "roles": ("mount",)}),
    ("cat", (240, 170, 40), (48, 60), {"anchors": {**TOP, "hand": (0.3, 0.6)}, "head": 0.5}),
    ("dog", (160, 100, 50), (60, 56), {"anchors": {**SIDE_ON, "back": (0.6, 0.4)}, "roles": ("mount",)}),
    ("ox", (90, 60, 50), (60, 50), {"anchors": {"back": (0.6, 0.25)}, "roles": ("mount",)}),
    ("bear face", (130, 80, 40), (60, 60), {"anchors": TOP, "head": 0.7}),
    ("apple", (210, 30, 40), (52, 60), {"group": "food-drink", "roles": ("held",), "recolour": True}),
    ("umbrella", (90, 50, 200), (60, 60), {"roles": ("held",), "recolour": True, "synonyms": ("brolly",)}),
    ("grapes", (120, 40, 150), (44, 60), {"group": "food-drink", "roles": ("held",)}),
    ("bacon", (220, 120, 110), (60, 24), {"group": "food-drink"}),
    ("top hat", (30, 30, 40), (60, 48), {"group": "objects", "roles": ("hat",)}),
    ("crown", (250, 200, 40), (60, 40), {"group": "objects", "roles": ("hat",), "recolour": True}),
    ("glasses", (40, 40, 60), (60, 20), {"group": "objects", "roles": ("glasses",)}),
    ("mountain", (130, 140, 150), (60, 46), {"group": "travel-places"}),
    ("stop sign", (220, 20, 20), (60, 60), {"group": "symbols", "mirror": False}),
    ("small airplane", (200, 210, 220), (60, 40), {"group": "travel-places"}),
    ("volleyball", (240, 240, 240), (60, 60), {"group": "activities"}),
    ("paper clip", (150, 150, 160), (30, 60), {"group": "objects"}),
    ("red envelope", (200, 30, 30), (60, 60), {"group": "activities", "recolour": True}),
)  # fmt: skip
CODES = {"turtle": "1F422", "glasses": "1F453", "volleyball": "1F3D0", "paper clip": "1F4CE"}  # hold-outs know these
UNSEEN = "paper clip"  # of a family that training never shows
GERMAN = {
    "turtle": "Schildkröte",
    "cat": "Katze",
    "dog": "Hund",
    "apple": "Apfel",
    "mountain": "Berg",
    "umbrella": "Schirm",
}


def make_sprites(names: tuple[str, ...] | None = None, styles: tuple[str, ...] = STYLES) -> Sprites:
    """The things of those names (all of them) in every style, each a centred rectangle of its colour."""
    table, pixels = list[Sprite](), list[torch.Tensor]()
    for name, colour, (width, height), more in THINGS:
        if names is not None and name not in names:
            continue
        for style in styles:
            picture = torch.zeros(4, SIDE, SIDE, dtype=torch.uint8)
            left, top = (SIDE - width) // 2, (SIDE - height) // 2
            values = torch.tensor([*colour, 255], dtype=torch.uint8)
            picture[:, top : top + height, left : left + width] = values[:, None, None]
            pixels.append(picture)
            other = {"de": (GERMAN[name],), "fr": (f"le-{name}",)} if name in GERMAN else {}
            fields: dict[str, Any] = {
                "synonyms": (), "group": "animals-nature", "mirror": True, "recolour": False, "anchors": {},
                "roles": (), "head": 0.0, **more,
            }  # fmt: skip
            table.append(
                Sprite(
                    concept=CODES.get(name, name.upper()),
                    family=CODES.get(name, name.upper()),
                    style=style,
                    name=name,
                    names=other,
                    size=max(width, height) / SIDE,
                    licence="CC0-1.0",
                    attribution="made for tests",
                    **fields,
                )
            )
    return Sprites(tuple(table), torch.stack(pixels) if pixels else torch.zeros(0, 4, SIDE, SIDE, dtype=torch.uint8))
