"""Good starting points: a size preset fills in the network; the data decides resolution and vocabulary."""

from __future__ import annotations

from unfog.config.model import (
    ContrastConfig,
    EncoderConfig,
    HybridConfig,
    ModelConfig,
    PictureConfig,
    SketchConfig,
    TextConfig,
    UpscaleConfig,
    VAEConfig,
)
from unfog.config.train import LogNormalConfig, OptimiserConfig, RunConfig, TrainConfig


def tiny(size: int) -> RunConfig:
    """About 0.5 M parameters: tests, rehearsals, a first look at a data set."""
    return RunConfig(
        model=ModelConfig(
            net=HybridConfig(
                patch=patch_for(size, 16), widths=(32,), blocks=1, core_width=96, core_depth=2, heads=3, emb=128
            ),
            text=TextConfig(vocabulary=512, width=96, depth=1, heads=3),
            picture=PictureConfig(size=size),
        ),
        train=TrainConfig(images=60_000, batch=32, optimiser=OptimiserConfig(lr=2e-3, warmup_images=5_000)),
    )


def small(size: int) -> RunConfig:
    """About 5 M parameters: hours on a laptop CPU, minutes on a GPU."""
    return RunConfig(
        model=ModelConfig(
            net=HybridConfig(
                patch=patch_for(size, 16), widths=(64,), blocks=2, core_width=192, core_depth=4, heads=6, emb=256
            ),
            text=TextConfig(vocabulary=2048, width=192, depth=3, heads=6),
            picture=PictureConfig(size=size),
        ),
        train=TrainConfig(images=500_000, batch=48, optimiser=OptimiserConfig(lr=1.5e-3)),
    )


def base(size: int) -> RunConfig:
    """About 20 M parameters: a GPU for half an hour, a CPU for a day."""
    return RunConfig(
        model=ModelConfig(
            net=HybridConfig(
                patch=patch_for(size, 32), widths=(80, 160), blocks=2, core_width=320, core_depth=6, heads=10, emb=384
            ),
            text=TextConfig(vocabulary=4096, width=256, depth=3, heads=8),
            picture=PictureConfig(size=size),
        ),
        train=TrainConfig(images=8_000_000, batch=256, optimiser=OptimiserConfig(warmup_images=100_000)),
    )


def contrast(size: int) -> RunConfig:
    """About 4 M parameters, which compare texts with pictures: minutes on a laptop CPU."""
    return RunConfig(
        model=ContrastConfig(
            text=TextConfig(vocabulary=4096, width=192, depth=3, heads=6, buckets=4096),
            picture=PictureConfig(size=size),
            encoder=EncoderConfig(patch=patch_for(size, 16)),
            sketch=SketchConfig(),
        ),
        train=TrainConfig(images=300_000, batch=128, optimiser=OptimiserConfig(lr=1e-3)),
    )


def upscale(size: int) -> RunConfig:
    """About 50,000 parameters, which double pictures; ``size`` is the side of the large ones."""
    return RunConfig(
        model=UpscaleConfig(picture=PictureConfig(size=size)),
        train=TrainConfig(
            images=20_000,
            batch=8,
            optimiser=OptimiserConfig(lr=1e-3, warmup_images=500),
            save_every_images=5_000,
            validate_every_images=5_000,
            preview_every_images=5_000,
        ),
    )


def vae(size: int) -> RunConfig:
    """About 1 M parameters, which make pictures smaller and back: half an hour on a laptop CPU."""
    return RunConfig(
        model=VAEConfig(picture=PictureConfig(size=size)),
        train=TrainConfig(images=200_000, batch=32, ema=0.05, optimiser=OptimiserConfig(lr=2e-3, warmup_images=5_000)),
    )


def photo(size: int) -> RunConfig:
    """About 3 M parameters, a prior of photographs without words: what removes noise (``tasks/denoise.py``).

    Trained on squares cut out of a folder (``--set data.crop=true``), most of the time at noise of 3 to 150 of 255.
    """
    return RunConfig(
        model=ModelConfig(
            net=HybridConfig(patch=2, widths=(64, 128), blocks=2, core_width=160, core_depth=2, heads=5, emb=128),
            text=TextConfig(vocabulary=300, width=32, depth=1, heads=2, max_tokens=4),
            picture=PictureConfig(size=size),
        ),
        train=TrainConfig(
            images=600_000,
            batch=32,
            caption_dropout=0.0,
            density=LogNormalConfig(mean=-1.6, std=1.3),
            optimiser=OptimiserConfig(lr=1.5e-3, warmup_images=10_000),
        ),
    )


PRESETS = {
    "tiny": tiny,
    "small": small,
    "base": base,
    "contrast": contrast,
    "upscale": upscale,
    "vae": vae,
    "photo": photo,
}


def patch_for(size: int, grid: int) -> int:
    """Side of the cells that brings a picture of ``size`` pixels to about ``grid`` cells: 1, 2, 4 or 8."""
    return min((1, 2, 4, 8), key=lambda p: abs(size / p - grid))
