"""``--minutes``: a length of time becomes a number of pictures, once, by a short measurement."""

from __future__ import annotations

import time

import torch

from unfog.config.train import RunConfig
from unfog.data.dataset import Dataset
from unfog.jobs.clock import Clock
from unfog.jobs.run import batches, fresh_state, precision_of
from unfog.text.tokenizer import Tokenizer
from unfog.train.loop import train

TRIAL_S = 8.0  # seconds of training on weights that are thrown away
SPENT_TRAINING = 0.93  # of a run's time; the rest goes to validation, samples and saving (guessed, not measured)
UNCOUNTED = 2  # first steps, which pay for allocation


def measured_images(
    config: RunConfig, tokenizer: Tokenizer | None, dataset: Dataset, device: torch.device, minutes: float
) -> int:
    """How many images, in whole steps, fit into ``minutes`` at the speed of a few real steps."""
    state = fresh_state(config, tokenizer, device)
    source = batches(config, tokenizer, dataset, state)
    clock, start = Clock(), time.monotonic()
    per_step = config.train.batch * config.train.accumulate
    for record in train(state, source, config.train, precision=precision_of(config, device)):
        if record.step > UNCOUNTED:
            clock.add(record, per_step)
        if time.monotonic() - start > TRIAL_S and clock.images:
            break
    images = int(SPENT_TRAINING * clock.images / max(clock.total, 1e-9) * minutes * 60)
    return max(per_step, images // per_step * per_step)
