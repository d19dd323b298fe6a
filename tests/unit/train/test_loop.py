"""The training loop on waves, pictures and clips; exact resume; divergence leaves the last good weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.support.models import tiny_config, tiny_model
from torch import Tensor

from unfog.config.train import OptimiserConfig, TrainConfig
from unfog.core.denoiser import Denoiser
from unfog.core.weighting import LogNormal
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.train.loop import Record, train
from unfog.train.objective import Example, example
from unfog.train.optimise import optimisers
from unfog.train.state import TrainState, latest, restore, save
from unfog.util.errors import DivergedError
from unfog.util.random import Draw, Noise, uniform

SPACES = {1: (24,), 2: (16, 12), 3: (4, 8, 12)}


def config(images: int, **changes: object) -> TrainConfig:
    optimiser = OptimiserConfig(lr=3e-3, warmup_images=100)
    return TrainConfig(images=images, batch=12, optimiser=optimiser, precision="float32").model_copy(update=changes)


def fresh(ndim: int, settings: TrainConfig) -> TrainState[Model]:
    model = tiny_model(tiny_config(ndim=ndim, channels=2), train=settings)
    ema = tiny_model(tiny_config(ndim=ndim, channels=2), train=settings).requires_grad_(False)
    return TrainState(model, ema, optimisers(model, settings.optimiser))


def waves(model: Model, ndim: int) -> Callable[[Sequence[int]], Example]:
    """Captioned tensors: "a low tone" is a constant -0.5, "a red circle" +0.5, plus a small random offset."""

    def source(positions: Sequence[int]) -> Example:
        b = len(positions)
        kind = torch.tensor([p % 2 for p in positions], dtype=torch.float32)
        shift = 0.02 * uniform([1] * b, (1,), draw=Draw.TEST, index=positions)[:, 0].float()
        x0 = (kind - 0.5 + shift).reshape(b, *[1] * (ndim + 1)).expand(b, 2, *SPACES[ndim]).contiguous()
        return example(
            x0,
            model.tokenizer.encode(["a red circle" if k else "a low tone" for k in kind]),
            positions,
            shape=x0.shape[1:],
            seed=3,
            density=LogNormal(-0.6, 1.4),
            process=model.denoiser.process,
            caption_dropout=0.1,
        )

    return source


def run(state: TrainState[Model], ndim: int, settings: TrainConfig) -> list[Record]:
    return list(train(state, waves(state.model, ndim), settings, precision=torch.float32))


def tensors(state: TrainState[Model]) -> dict[str, Tensor]:
    return {f"{n}/{k}": v for n, m in (("w", state.model), ("ema", state.ema)) for k, v in m.state_dict().items()}


@pytest.mark.parametrize("ndim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_loss_falls(ndim: int) -> None:
    settings = config(360)
    records = run(fresh(ndim, settings), ndim, settings)
    assert records[-1].seen_images == 360
    assert sum(r.loss for r in records[-5:]) < 0.75 * sum(r.loss for r in records[:5])


@pytest.mark.slow
def test_a_one_dimensional_model_learns_its_captions() -> None:
    settings = config(1200)
    state = fresh(1, settings)
    run(state, 1, settings)
    model = state.ema.eval()
    denoiser: Denoiser = model.denoiser
    levels = {}
    for prompt in ("a low tone", "a red circle"):
        with torch.no_grad():
            denoise = denoiser.bind(model.condition([prompt]))
        noise = Noise((1, 2, 3, 4), (2, *SPACES[1]))
        ts = torch.linspace(1, 0, 13, dtype=torch.float64)
        x = last(SAMPLERS["ddim"].run(denoise, denoiser.process, noise(0, Draw.INITIAL), ts)).x
        levels[prompt] = x.mean(dim=(1, 2))
    assert levels["a low tone"].max().item() < -0.3
    assert levels["a red circle"].min().item() > 0.3


def test_resume_is_bit_identical(tmp_path: Path) -> None:
    settings = config(240, accumulate=2)
    whole = fresh(1, settings)
    losses = [r.loss for r in run(whole, 1, settings)]
    first = fresh(1, settings)
    part = train(first, waves(first.model, 1), settings, precision=torch.float32)
    head = [next(part).loss for _ in range(4)]
    save(first, tmp_path, {})
    head.append(next(part).loss)  # work after the checkpoint is lost
    second = fresh(1, settings)
    folder = latest(tmp_path)
    assert folder is not None
    restore(second, folder)
    assert (second.step, second.seen_images) == (4, 96)
    tail = [r.loss for r in run(second, 1, settings)]
    assert head[:4] + tail == losses
    a, b = tensors(whole), tensors(second)
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_divergence_keeps_the_weights_before_it() -> None:
    settings = config(240)
    state = fresh(1, settings)
    source = waves(state.model, 1)

    def poisoned(positions: Sequence[int]) -> Example:
        good = source(positions)
        if positions[0] < 60:
            return good
        return replace(good, x=good.x * float("nan"))

    with pytest.raises(DivergedError, match="diverged at image 60"):
        list(train(state, poisoned, settings, precision=torch.float32))
    assert state.seen_images == 60
    assert all(torch.isfinite(v).all() for v in tensors(state).values())


def test_accumulation_equals_one_large_batch() -> None:
    plain = OptimiserConfig(method="adamw", lr=3e-3, warmup_images=100)  # orthogonal steps magnify rounding
    large, small = (config(48, optimiser=plain, **sizes) for sizes in ({"batch": 24}, {"batch": 12, "accumulate": 2}))
    a, b = fresh(1, large), fresh(1, small)
    run(a, 1, large)
    run(b, 1, small)
    for key, value in tensors(a).items():
        torch.testing.assert_close(value, tensors(b)[key], rtol=1e-4, atol=2e-5)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    state = fresh(1, config(24))
    save(state, tmp_path, {})
    with torch.no_grad():
        next(iter(state.model.parameters())).view(-1)[0] = float("inf")
    state.step = 1
    with pytest.raises(DivergedError, match="a weight is not finite"):
        save(state, tmp_path, {})
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000000"]
