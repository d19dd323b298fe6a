"""How a model is trained. Lengths are in images, never in steps, so a change of batch size changes nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.model import AnyModelConfig, Fraction, ModelConfig

Count = Annotated[int, Field(ge=1, le=10**12)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]


class LogNormalConfig(Config):
    """ln(sigma/alpha) ~ N(mean, std^2)."""

    kind: Literal["log_normal"] = "log_normal"
    mean: Annotated[float, Field(ge=-20, le=20)] = 0.4
    std: Annotated[float, Field(gt=0, le=20)] = 1.4


class UniformConfig(Config):
    """t ~ U(0, 1)."""

    kind: Literal["uniform"] = "uniform"


class UnitConfig(Config):
    """Every noise level counts as the head presents it."""

    kind: Literal["unit"] = "unit"


class UncertaintyConfig(Config):
    """Learned log-variance weighting (Karras et al. 2024)."""

    kind: Literal["uncertainty"] = "uncertainty"


class MinSNRConfig(Config):
    """min(SNR, gamma) weighting (Hang et al. 2023)."""

    kind: Literal["min_snr"] = "min_snr"
    gamma: Annotated[float, Field(gt=0, le=1000)] = 5.0


class DataConfig(Config):
    """Where the pictures come from: a captioned folder, ``scenes`` (procedural) or ``emoji`` (this machine's font).

    ``sprites``: a folder of captioned pictures with transparency, or ``emoji``; scenes are then composed of them.
    ``missing_captions``: refuse pictures without a caption, leave them out, or caption them with their folder's name.
    ``crop``: of a folder, squares cut out at random instead of the middle ones, other ones at every visit, without
    captions (what is said of a whole photograph is seldom true of a part).
    ``tell_captions``: of a folder, let the finished model tell captions as examples, and words of one caption alone.
    """

    source: str = "scenes"
    sprites: str | None = None
    missing_captions: Literal["error", "drop", "folder"] = "error"
    broken_files: Literal["error", "drop"] = "error"
    flip: bool = False
    relations: Fraction = 0.0
    """Share of composed scenes that are instead two shapes in a relation: which is where, and which colour is whose, is
    learned late from few of them."""
    dictionary: Annotated[int, Field(ge=0, le=16)] = 0
    """Pairs of names that mean the same (other languages, synonyms, misspelt), beside each composed scene; text-image
    models learn that they do."""
    crop: bool = False
    tell_captions: bool = False


class OptimiserConfig(Config):
    """Linear warm-up, then a constant rate until ``decay_from`` of the images, then linear decay to 0.

    ``method``: ``muon`` moves the matrices inside the network by orthogonal steps (``momentum``) and the rest by AdamW
    (``beta1``, ``beta2``), at one rate; ``adamw`` moves everything by AdamW.
    """

    method: Literal["muon", "adamw"] = "muon"
    lr: Annotated[float, Field(gt=0, le=1)] = 1e-3
    warmup_images: Annotated[int, Field(ge=0, le=10**9)] = 20_000
    decay_from: Fraction = 0.5
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.95
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.98
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01
    clip: Annotated[float, Field(gt=0, le=1e6)] = 1.0


class TrainConfig(Config):
    """The loop. ``images`` is the length of the run; saving and previews are counted in images too."""

    seed: Seed = 0
    images: Count = 500_000
    batch: Annotated[int, Field(ge=1, le=65536)] = 64
    accumulate: Annotated[int, Field(ge=1, le=1024)] = 1
    caption_dropout: Fraction = 0.1
    masked: Fraction = 0.25
    """Share of pictures of which some pixels are told, if the model completes pictures."""
    references: Fraction = 0.3
    """Share of pictures with a reference picture, if the model knows those and the data has them."""
    keep_words: bool = False
    """Leave the text encoder, and what it suggests, as the model to start from has lent them."""
    density: Annotated[LogNormalConfig | UniformConfig, Field(discriminator="kind")] = LogNormalConfig()
    weight: Annotated[UnitConfig | UncertaintyConfig | MinSNRConfig, Field(discriminator="kind")] = UncertaintyConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    ema: Annotated[float, Field(gt=0, lt=0.28)] = 0.1
    """Width sigma_rel of the power-function EMA: its standard deviation as a share of the run (Karras et al. 2024)."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    save_every_images: Count = 25_000
    keep_checkpoints: Annotated[int, Field(ge=1, le=1000)] = 2
    validate_every_images: Count = 25_000
    validate_images: Annotated[int, Field(ge=1, le=100_000)] = 256
    preview_every_images: Count = 50_000


class TrainRequest(Config):
    """What a person asks for; the rest of a run follows from the data (``jobs/plan.py``). Unset is ``None``.

    ``assignments`` (``a.b=c``, fields of ``RunConfig``) have the last word. ``minutes`` becomes a number of images.
    """

    data: str
    sprites: str | None = None
    preset: str = "small"
    size: Annotated[int, Field(ge=8, le=4096)] | None = None
    images: Count | None = None
    minutes: Annotated[float, Field(gt=0, le=1e6)] | None = None
    seed: Seed | None = None
    start: str | None = None
    """A model to start from: of ``--preset contrast`` for words and eyes, or one that draws, to train it on."""
    codec: str | None = None
    """A model of ``--preset vae``, in whose latents is drawn; unset: pixels, or as the model to start from."""
    assignments: tuple[str, ...] = ()


class RunConfig(Config):
    """A whole training run: what ``run.json`` stores and ``--set`` addresses."""

    data: DataConfig = DataConfig()
    model: AnyModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
