"""The training loop as a generator: one typed record per optimiser step; logging and saving are the caller's lines.

    for record in train(state, source, config): ...

Stopping is leaving the loop. Nothing here knows about files, progress bars or pictures of progress.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from unfog.config.train import TrainConfig
from unfog.train.ema import decay, gamma_of, update
from unfog.train.optimise import rate
from unfog.train.state import TrainState
from unfog.util.errors import DivergedError


class Batch(Protocol):
    """What one step is made of."""

    def to(self, device: torch.device) -> Batch: ...

    def parts(self) -> tuple[Any, ...]:
        """The arguments of the model's ``forward``."""
        ...


Source = Callable[[Sequence[int]], Batch]


@dataclass(frozen=True)
class Record:
    """What happened in one optimiser step.

    Fields:
        loss: mean of the weighted loss over the step.
        gradient_norm: before clipping.
        data_s, compute_s: seconds spent making the batch, and in forward, backward and optimiser.
        other_s: everything else since the previous record (averaging, and whatever the caller did meanwhile).
    """

    step: int
    seen_images: int
    loss: float
    gradient_norm: float
    lr: float
    data_s: float
    compute_s: float
    other_s: float


def train(state: TrainState[Any], source: Source, config: TrainConfig, *, precision: torch.dtype) -> Iterator[Record]:
    """Run from ``state`` to ``config.images``, updating ``state`` in place and yielding after every step.

    Args:
        source: positions in the run -> batch (a pure function, so a resumed run sees the same batches).
        precision: autocast dtype of the network; weights, loss and averages stay float32.

    Raises:
        DivergedError: the loss or the gradient is not finite; ``state`` still holds the weights before that step.
    """
    gamma = gamma_of(config.ema)
    weights = list(state.model.parameters())
    averages = list(state.ema.parameters())
    state.model.train()
    left = time.perf_counter()
    while state.seen_images < config.images:
        resumed = time.perf_counter()
        lr = rate(config.optimiser, state.seen_images, config.images)
        for group in (g for o in state.optimisers for g in o.param_groups):
            group["lr"] = lr
        loss, data_s = 0.0, 0.0
        for part in range(config.accumulate):
            start = time.perf_counter()
            first = state.seen_images + part * config.batch
            batch = source(range(first, first + config.batch)).to(state.device)
            data_s += time.perf_counter() - start
            low = precision != torch.float32
            with torch.autocast(state.device.type, dtype=precision if low else None, enabled=low):
                value = state.model(*batch.parts()).mean() / config.accumulate
            value.backward()
            loss += value.item()
        norm = torch.nn.utils.clip_grad_norm_(weights, config.optimiser.clip).item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            state.model.zero_grad()
            raise DivergedError(f"training diverged at image {state.seen_images}: loss {loss}, gradient norm {norm}")
        for optimiser in state.optimisers:
            optimiser.step()
        state.model.zero_grad()
        state.step += 1
        state.seen_images += config.batch * config.accumulate
        done = time.perf_counter()
        update(averages, weights, decay(state.step, gamma))
        record = Record(state.step, state.seen_images, loss, norm, lr, data_s, done - resumed - data_s, resumed - left)
        left = done
        yield record
