"""What a source of captioned pictures must offer to be trained on: the interface between data and training.

A dataset is a pure function: picture ``k`` and its caption depend on ``(k, seed)`` and on nothing remembered, so a
run resumes from the number of pictures seen, and any number of processes may read the same dataset. Finite datasets
(a folder) have a ``count`` and a split; infinite ones (procedural scenes) have ``count = None`` and make item ``k``
from its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from jaxtyping import Float, Int64
from torch import Tensor

Split = Literal["train", "valid"]


class Batch(NamedTuple):
    """Pictures with their captions, in the order they were asked for.

    Attributes:
        x: pictures, float32 in [-1, 1], RGB unless the dataset says otherwise.
        captions: one sentence per picture.
        references: other pictures in the style of some of them, of which ``of`` has the numbers; ``None``: there are
            none.
        same: pairs of texts that mean the same, the second in plain words.
    """

    x: Float[Tensor, "b c h w"]
    captions: list[str]
    references: Float[Tensor, "r c h w"] | None = None
    of: Int64[Tensor, " r"] | None = None
    same: Sequence[tuple[str, str]] = ()


class Dataset(Protocol):
    """Captioned pictures of one size."""

    @property
    def name(self) -> str:
        """What people call it (used in logs and model cards)."""
        ...

    @property
    def channels(self) -> int:
        """Colour channels of ``Batch.x``."""
        ...

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""
        ...

    @property
    def count(self) -> int | None:
        """Number of training pictures; None for a dataset without end."""
        ...

    @property
    def valid_count(self) -> int | None:
        """Number of pictures kept apart for validation (possibly 0); None for a dataset without end."""
        ...

    def batch(self, indices: Sequence[int], *, seed: int, split: Split) -> Batch:
        """Items ``indices`` of a split, each below ``count`` or ``valid_count``.

        ``seed`` decides what varies between visits. The same arguments always give the same numbers, in any batch and
        any process.
        """
        ...

    def captions(self, limit: int) -> list[str]:
        """Up to ``limit`` training captions, always the same ones (the tokenizer is learned from them)."""
        ...

    def fingerprint(self) -> str:
        """``"sha256:..."`` of everything that decides what the dataset holds."""
        ...

    def licences(self) -> dict[str, int]:
        """Number of pictures under each licence; ``"unknown"`` where nobody said."""
        ...

    def redistributable(self) -> bool:
        """Whether every licence is known to allow passing the pictures on."""
        ...
