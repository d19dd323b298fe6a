"""What ``unfog augment`` is asked for: how many copies of which pictures, how far from them, and what is proved."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from unfog.config.base import Config
from unfog.config.sample import SampleConfig, Seed
from unfog.config.train import DataConfig

READING = ("data.broken_files", "data.missing_captions", "data.flip")
"""The settings of ``unfog train`` that also say how pictures are read here."""

Strength = Annotated[float, Field(gt=0, le=1)]


class AugmentRequest(Config):
    """Synthetic copies of the training pictures of a folder."""

    data: DataConfig
    """The folder and how it is read; ``flip``: the classical augmentation it is compared with mirrors, too."""
    per_image: Annotated[int, Field(ge=1, le=1000)]
    strength: tuple[Strength, Strength] = (0.3, 0.7)
    """Least and largest; that of each copy is drawn evenly between them."""
    seed: Seed = 0
    near: Annotated[float, Field(ge=0, le=1)] = 0.05
    """A copy that is nearer than this to an original is drawn again (``evaluate/near_copy.py``)."""
    label: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """Column of the table that has the class; unset: the subfolder, or else the caption."""
    label_preserving: bool = False
    prove: bool = False
    test: str | None = None
    """Folder of pictures to prove it on; unset: the validation pictures of the data."""
    trials: Annotated[int, Field(ge=2, le=20)] = 5
    batches: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """Of 32 pictures, that each of these classifiers learns from."""
    sample: SampleConfig = SampleConfig()
