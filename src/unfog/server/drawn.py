"""A finished picture file, as adapters hand it on: what it says of itself is read from the file, not told twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from unfog.media.header import read_header
from unfog.media.png import PARAMETERS, read_text
from unfog.media.recipe import KEY
from unfog.util.errors import RecipeError


@dataclass(frozen=True)
class Drawn:
    """The PNG file of a picture, and its seed."""

    png: bytes
    seed: int

    @cached_property
    def texts(self) -> dict[str, str]:
        """What the file says; nothing, if that cannot be read."""
        try:
            return read_text(self.png, name="the picture")
        except RecipeError:
            return {}

    @property
    def recipe_text(self) -> str | None:
        """The recipe, exactly."""
        return self.texts.get(KEY)

    @cached_property
    def recipe(self) -> dict[str, Any] | None:
        """The recipe; a picture that was interrupted has none."""
        return None if self.recipe_text is None else json.loads(self.recipe_text)

    @property
    def infotext(self) -> str:
        """What programs of others read."""
        return self.texts.get(PARAMETERS, "")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        header = read_header(self.png)
        assert header is not None
        return header.width, header.height
