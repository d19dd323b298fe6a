"""The state of a training run as data, and its checkpoint: tensors in safetensors, counters in JSON, nothing else.

Data order, noise and times are pure functions of the position in the run, so counters, weights, averages and optimiser
moments are all there is: a resumed run continues bit for bit.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from unfog.model.model import Model
from unfog.util.errors import DivergedError, ModelError
from unfog.util.files import commit_directory, newest_valid

FORMAT = 1


@dataclass
class TrainState:
    """Weights, their moving average, optimiser moments, and how far the run is."""

    model: Model
    ema: Model
    optimiser: torch.optim.AdamW
    step: int = 0
    seen_images: int = 0


def moments(state: TrainState) -> dict[str, Tensor]:
    """Optimiser tensors by parameter name: ``exp_avg/<name>``, ``exp_avg_sq/<name>``, ``step/<name>``."""
    held = state.optimiser.state
    return {
        f"{kind}/{name}": held[p][kind].contiguous()
        for name, p in state.model.named_parameters()
        if p in held
        for kind in ("exp_avg", "exp_avg_sq", "step")
    }


def save(state: TrainState, root: Path, facts: dict[str, Any]) -> Path:
    """Write ``root/step-XXXXXXXX`` atomically and return it.

    Raises:
        DivergedError: a weight is not finite; a checkpoint is always one to go back to.
        DiskError: the disk is full; earlier checkpoints are untouched.
    """
    if not all(bool(torch.isfinite(p).all()) for p in state.model.parameters()):
        raise DivergedError(f"training diverged before image {state.seen_images}: a weight is not finite")
    target = root / f"step-{state.step:08d}"
    counters = {"format": FORMAT, "step": state.step, "seen_images": state.seen_images, **facts}

    def write(folder: Path) -> None:
        save_file(dict(state.model.state_dict()), folder / "model.safetensors")
        save_file(dict(state.ema.state_dict()), folder / "ema.safetensors")
        save_file(moments(state), folder / "optimiser.safetensors")
        (folder / "state.json").write_text(json.dumps(counters, sort_keys=True))

    commit_directory(target, write)
    return target


def restore(state: TrainState, folder: Path) -> dict[str, Any]:
    """Read a checkpoint into ``state`` (same configuration) and return its counters.

    Raises:
        ModelError: the checkpoint belongs to another network or a newer format.
    """
    counters = json.loads((folder / "state.json").read_text())
    if counters.get("format") != FORMAT:
        raise ModelError(f"{folder} has checkpoint format {counters.get('format')!r}; this version reads {FORMAT}")
    try:
        state.model.load_state_dict(load_file(folder / "model.safetensors"))
        state.ema.load_state_dict(load_file(folder / "ema.safetensors"))
    except RuntimeError as error:
        raise ModelError(f"{folder} does not fit this configuration: {str(error).splitlines()[-1].strip()}") from None
    stored = load_file(folder / "optimiser.safetensors")
    for name, p in state.model.named_parameters():
        if f"step/{name}" in stored:
            state.optimiser.state[p] = {k: stored[f"{k}/{name}"].to(v) for k, v in fresh(p).items()}
    state.step, state.seen_images = counters["step"], counters["seen_images"]
    return counters


def fresh(p: Tensor) -> dict[str, Tensor]:
    """Where each optimiser tensor of a parameter lives: the moments beside it, the step count in float32."""
    return {"step": torch.zeros((), device=p.device), "exp_avg": p, "exp_avg_sq": p}


def latest(root: Path) -> Path | None:
    """The newest intact checkpoint under ``root``."""
    return newest_valid(root, "step-*")


def prune(root: Path, keep: int) -> None:
    """Delete all but the ``keep`` newest checkpoints."""
    for folder in sorted(root.glob("step-*"))[:-keep]:
        shutil.rmtree(folder)
