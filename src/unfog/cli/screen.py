"""Pictures on a terminal: each as it comes out of the noise, painted again and again in place, then all side by side.

Only a terminal that understands cursor movement shows the way; elsewhere there are the finished pictures only.
"""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import UInt8
from torch import Tensor

from unfog.media.terminal import Depth, Stream, colour_depth, height_of, inside, moves, paint, repainted, width_of


class Screen:
    """What is painted on one stream. Call ``finish`` in the end."""

    def __init__(self, stream: Stream, environment: Mapping[str, str]) -> None:
        self.stream = stream
        self.depth: Depth = colour_depth(stream, environment)
        self.moves = moves(stream, environment)
        self.pictures = list[Tensor]()
        self.lines = 0  # painted, to be painted over

    def preview(self, pixels: UInt8[Tensor, "b c h w"]) -> None:
        """Paint how far some pictures are over what was painted before, if the terminal can."""
        if not self.moves:
            return
        columns = inside(pixels.shape[3], pixels.shape[2], columns=width_of(self.stream), rows=height_of(self.stream))
        text = paint(list(pixels), columns=columns, depth=self.depth)
        self.write(repainted(text, self.lines))
        self.lines = text.count("\n") + 1

    def add(self, pixels: UInt8[Tensor, "c h w"]) -> None:
        """A finished picture: its way is wiped out, and it is kept for the end."""
        self.pictures.append(pixels)
        if self.lines:
            self.write(repainted("", self.lines))
            self.lines = 0

    def finish(self) -> None:
        """Paint all finished pictures."""
        self.write(paint(self.pictures, columns=width_of(self.stream), depth=self.depth) + "\n")

    def write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
