"""The classifiers of ``unfog augment``: the judge that keeps classes, and the proof that copies are worth something."""

from __future__ import annotations

import statistics
from collections.abc import Generator
from typing import Any

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from unfog.config.augment import AugmentRequest
from unfog.evaluate.gain import ARMS, COMPARED, IN_PLACE, Gain, Material, batches, gain
from unfog.evaluate.small_classifier import SmallClassifier, accuracy, fit
from unfog.jobs.augment_data import Originals
from unfog.jobs.events import Event, told


def material_of(
    originals: Originals, copies: UInt8[Tensor, "m 3 h w"], of: Int64[Tensor, " m"], *, flip: bool
) -> Material:
    """The training pictures and their copies with what they are tested on, which may be nothing."""
    trained, test = originals.trained, originals.test
    return Material(
        trained,
        originals.labels,
        copies,
        of,
        trained[:0] if test is None else test.pixels,
        originals.labels[:0] if test is None else test.answers,
        len(originals.classes),
        flip,
    )


def learned(
    originals: Originals, request: AugmentRequest
) -> Generator[Event, None, tuple[SmallClassifier, dict[str, Any]]]:
    """A judge of classes, from the originals under classical augmentation, and how good it is."""
    nothing = originals.pixels[:0]
    material = material_of(originals, nothing, torch.zeros(0, dtype=torch.int64), flip=request.data.flip)
    learning = fit(batches(material, "classical", request.seed), material.classes, request.seed, steps=request.batches)
    judge = yield from told(learning, "learning the classes")
    facts: dict[str, Any] = {"training_accuracy": accuracy(judge, material.pixels, material.labels)}
    if len(material.test):
        facts |= {"test_accuracy": accuracy(judge, material.test, material.answers), "tested": len(material.test)}
    return judge, {name: round(value, 4) for name, value in facts.items()}


def proof(
    originals: Originals, copies: UInt8[Tensor, "m 3 h w"], of: Int64[Tensor, " m"], request: AugmentRequest
) -> Generator[Event, None, dict[str, Any]]:
    """Train the same small classifier with and without the copies; see ``evaluate/gain.py``."""
    material = material_of(originals, copies, of, flip=request.data.flip)
    found = yield from told(
        gain(material, trials=request.trials, steps=request.batches), "training classifiers for the proof"
    )
    return proof_facts(found, material, request.batches)


def proof_facts(found: Gain, material: Material, steps: int) -> dict[str, Any]:
    """A proof as ``--json`` prints it: shares, rounded to 4 places."""
    return {
        "classes": material.classes,
        "originals": len(material.pixels),
        "copies": len(material.copies),
        "tested": found.tested,
        "trials": len(found.accuracies["none"]),
        "batches": steps,
        "copy_in_place": IN_PLACE,
        "flip": material.flip,
        "accuracies": {
            arm: {
                "mean": round(found.mean(arm), 4),
                "deviation": round(statistics.stdev(found.accuracies[arm]), 4),
                "each": [round(value, 4) for value in found.accuracies[arm]],
            }
            for arm in ARMS
        },
        "differences": [
            {"of": a, "over": b, "value": round(d.value, 4), "low": round(d.low, 4), "high": round(d.high, 4)}
            for (a, b) in COMPARED
            for d in (found.differences[a, b],)
        ],
        "interval": "95 %, Student's t over the differences of runs with one seed",
    }
