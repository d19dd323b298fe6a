"""The suite ``likelihood``: how many bits does a model need for a number of a picture that it was not trained on?

Two answers about the same n pictures, each with its caption (``evaluate/likelihood.py``): by the probability flow,
whose trace is estimated with one probe per picture, and the variational bound of a chain of ``CHAIN`` steps, which is
above it. Pixels are spread evenly over their step of 8 bits, so both are comparable with what others print as bits/dim;
of models that paint transparency, all four premultiplied channels count. Pictures are those kept apart from training if
there are any; a folder that a model was trained on whole says nothing about new pictures, and the note says so.
"""

from __future__ import annotations

import statistics
from collections.abc import Generator

import torch
from torch import Tensor

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.config.train import DataConfig
from unfog.core.grid import log_snr
from unfog.data.dataset import Dataset
from unfog.evaluate.likelihood import PIXEL, bits_per_dim, dequantise, log_likelihood, signs, variational_bound
from unfog.jobs.datasets import open_dataset
from unfog.jobs.evaluate_draw import Bench, number
from unfog.jobs.events import Event, Progress
from unfog.util.errors import DataError, ModelError, UsageError
from unfog.util.random import Noise, image_seed

TOGETHER = 16  # pictures; the flow keeps the activations of one evaluation of all of them
STEPS = 20  # of the flow: against 40, bits per number of scenes-32 change in the third digit
CHAIN = 200  # of the bound, whose excess is h^2 nats per step of lam by h: here half a bit


def data_for(manifest: Manifest, source: str | None) -> DataConfig:
    """Where the pictures come from: ``source`` as for training, or what the model was trained on.

    Raises:
        UsageError: nobody says, and the model does not know.
    """
    if source is not None:
        return DataConfig(source=source)
    if manifest.training is None or "data" not in manifest.training.config:
        raise UsageError(f"the model {manifest.name} does not say what it was trained on; name pictures with --data")
    return DataConfig.parse(manifest.training.config["data"])


def pictures_for(manifest: Manifest, source: str | None) -> Generator[Event, None, Dataset]:
    """The dataset to measure on.

    Raises:
        DataError: it cannot be read, or has other channels. UsageError: see ``data_for``.
    """
    assert isinstance(manifest.model, ModelConfig), "a model that draws"
    if manifest.model.codec is not None:
        raise UsageError(
            f"the model {manifest.name} draws latents, and no likelihood of pictures follows from theirs;"
            " leave the suite likelihood out"
        )
    picture = manifest.model.picture
    dataset = yield from open_dataset(data_for(manifest, source), picture.size)
    if dataset.channels != picture.channels:
        raise DataError(
            f"{dataset.name} has {dataset.channels} channels and the model {manifest.name} {picture.channels};"
            " name pictures of the same kind with --data"
        )
    return dataset


def likelihood_suite(bench: Bench, dataset: Dataset) -> Generator[Progress, None, dict[str, list[dict[str, object]]]]:
    """Both numbers, each with its standard error."""
    split = "train" if dataset.valid_count == 0 else "valid"
    available = dataset.count if split == "train" else dataset.valid_count
    n = bench.n if available is None else min(bench.n, available)
    flow, bound = list[float](), list[float]()
    for first in range(0, n, TOGETHER):
        yield Progress(first, n, "following pictures into the noise")
        some = range(first, min(first + TOGETHER, n))
        batch = dataset.batch(some, seed=bench.seed, split=split)
        a, b = bits(bench, batch.x, batch.captions, [image_seed(bench.seed, k) for k in some])
        flow += a
        bound += b
    where = "pictures that it was trained on" if split == "train" else "held-out pictures"
    return {
        "metrics": [
            number("bits_per_dim_flow", statistics.fmean(flow), n, note=spread(flow, where)),
            number("bits_per_dim_bound", statistics.fmean(bound), n, note=spread(bound, where)),
        ]
    }


def spread(values: list[float], where: str) -> str:
    """The standard error of a mean, in words."""
    if len(values) < 2:
        return where
    return f"standard error {statistics.stdev(values) / len(values) ** 0.5:.2g}, {where}"


def bits(bench: Bench, x: Tensor, captions: list[str], seeds: list[int]) -> tuple[list[float], list[float]]:
    """Bits per number of each picture, by the flow and by the bound.

    Raises:
        ModelError: numbers that are not finite.
    """
    model, config = bench.loaded.model, bench.loaded.model.config
    device, process = model.device, model.denoiser.process
    x0 = model.encode(dequantise(x, seeds).to(device))
    with torch.no_grad():
        cond = model.condition(captions)
    denoise, d, k = model.denoiser.bind(cond), x0[0].numel(), x0.shape[0]
    probes = signs(seeds, tuple(x0.shape[1:]), 1).to(x0)
    low, high = config.level_range
    log_p = log_likelihood(
        denoise, process, x0, sigma_data=config.picture.sigma_data, lam_range=(low, high), steps=STEPS, probes=probes
    )
    noise = Noise(tuple(seeds), tuple(x0.shape[1:]), device=device)
    above = variational_bound(denoise, process, x0, log_snr(process, CHAIN), noise)
    if not (torch.isfinite(log_p).all() and torch.isfinite(above).all()):
        raise ModelError(f"the model {bench.loaded.found.name} gives numbers that are not finite")
    bench.pictures += k
    bench.tally.rows += k * (4 * STEPS + CHAIN)
    return bits_per_dim(log_p, d, PIXEL).tolist(), bits_per_dim(-above, d, PIXEL).tolist()
