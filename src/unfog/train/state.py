"""The state of a training run as data, and its checkpoint: tensors in safetensors, counters in JSON, nothing else.

Data order, noise and times are pure functions of the position in the run, so counters, weights, averages and optimiser
moments are all there is: a resumed run continues bit for bit.
"""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from unfog.util.errors import DivergedError, ModelError
from unfog.util.files import commit_directory, newest_valid, read_object

FORMAT = 2
STATE_BYTES = 2**20  # of state.json; it has a few hundred
MOST = 2**53  # steps and images that can be counted


M = TypeVar("M", bound=nn.Module)


@dataclass
class TrainState(Generic[M]):
    """Weights, their moving average, optimiser moments, and how far the run is.

    ``model(*example.parts())`` is the loss of every sample; ``ema`` is another model of the same kind.
    """

    model: M
    ema: M
    optimisers: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    seen_images: int = 0

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device


def moments(state: TrainState[Any]) -> dict[str, Tensor]:
    """Optimiser tensors by parameter name: ``exp_avg/<name>``, ``momentum/<name>``, ``step/<name>`` and so on."""
    names: dict[Tensor, str] = {p: name for name, p in state.model.named_parameters()}
    return {
        f"{kind}/{names[p]}": tensor.contiguous()
        for optimiser in state.optimisers
        for p, held in optimiser.state.items()
        for kind, tensor in held.items()
    }


def save(state: TrainState[Any], root: Path, facts: dict[str, Any]) -> Path:
    """Write ``root/step-XXXXXXXX`` atomically and return it.

    Raises:
        DivergedError: a weight is not finite; a checkpoint is always one to go back to.
        DiskError: the disk is full; earlier checkpoints are untouched.
    """
    if not all(bool(torch.isfinite(p).all()) for p in state.model.parameters()):
        raise DivergedError(f"training diverged before image {state.seen_images}: a weight is not finite")
    target = root / f"step-{state.step:08d}"
    about = {"format": FORMAT, "step": state.step, "seen_images": state.seen_images, **facts}

    def write(folder: Path) -> None:
        save_file(dict(state.model.state_dict()), folder / "model.safetensors")
        save_file(dict(state.ema.state_dict()), folder / "ema.safetensors")
        save_file(moments(state), folder / "optimiser.safetensors")
        (folder / "state.json").write_text(json.dumps(about, sort_keys=True))

    commit_directory(target, write)
    return target


def counters(folder: Path) -> dict[str, Any]:
    """How far a checkpoint is, and the facts it was saved with, which have yet to be checked.

    Raises:
        ModelError: it has another format, or is nowhere.
    """
    held = read_object(folder / "state.json", most=STATE_BYTES, error=ModelError)
    if held.get("format") != FORMAT:
        raise ModelError(f"{folder} has checkpoint format {held.get('format')!r}; this version reads {FORMAT}")
    for name in ("step", "seen_images"):
        if type(held.get(name)) is not int or not 0 <= held[name] < MOST:
            raise ModelError(f"{folder} has {name} = {str(held.get(name))[:40]}; restore it from its source")
    return held


def tensors(path: Path) -> dict[str, Tensor]:
    """Read a file of a checkpoint.

    Raises:
        ModelError: it is missing or not safetensors.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read: {error}; restore it from its source") from None


def restore(state: TrainState[Any], folder: Path) -> dict[str, Any]:
    """Read a checkpoint into ``state`` (same configuration) and return its counters.

    Raises:
        ModelError: the checkpoint belongs to another network or another format, or is no checkpoint.
    """
    about = counters(folder)
    try:
        state.model.load_state_dict(tensors(folder / "model.safetensors"))
        state.ema.load_state_dict(tensors(folder / "ema.safetensors"))
    except RuntimeError as error:
        raise ModelError(f"{folder} does not fit this configuration: {str(error).splitlines()[-1].strip()}") from None
    parameters, held = dict(state.model.named_parameters()), owners(state.optimisers)
    for key, tensor in tensors(folder / "optimiser.safetensors").items():
        kind, _, name = key.partition("/")
        p = parameters.get(name)
        if p is None or p not in held or tensor.shape not in (p.shape, torch.Size(())):
            raise ModelError(f"{folder} does not fit this configuration: its optimiser holds {key[:80]!r}")
        held[p].state[p][kind] = tensor.to(p.device)
    state.step, state.seen_images = about["step"], about["seen_images"]
    return about


def owners(optimisers: tuple[torch.optim.Optimizer, ...]) -> dict[Tensor, torch.optim.Optimizer]:
    """The optimiser that moves each parameter."""
    return {p: o for o in optimisers for group in o.param_groups for p in group["params"]}


def latest(root: Path) -> Path | None:
    """The newest intact checkpoint under ``root``."""
    return newest_valid(root, "step-*")


def set_aside(root: Path, *, after: Path) -> list[Path]:
    """Rename the checkpoints newer than ``after``, which are damaged, so that none is in the way; the new paths."""
    newer = [folder for folder in sorted(root.glob("step-*")) if folder.name > after.name]
    return [folder.rename(unused(root / f"damaged-{folder.name}")) for folder in newer]


def unused(path: Path) -> Path:
    """``path``, or the first of ``path.1``, ``path.2``, ... that does not exist."""
    numbers = itertools.count(1)
    candidate = path
    while candidate.exists():
        candidate = path.with_name(f"{path.name}.{next(numbers)}")
    return candidate


def prune(root: Path, keep: int) -> None:
    """Delete all but the ``keep`` newest checkpoints; what a link leads to stays."""
    for folder in [path for path in sorted(root.glob("step-*")) if not path.is_symlink()][:-keep]:
        shutil.rmtree(folder)
