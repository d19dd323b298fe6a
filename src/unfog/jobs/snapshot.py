"""``unfog model snapshot``: the averaged weights of a run that is still going, as a model folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from unfog.jobs.events import Event, Result
from unfog.jobs.finish import write_model
from unfog.jobs.run import dataset_of, fresh_state, read_run
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.train import latest_checkpoint
from unfog.train.state import restore
from unfog.util.errors import DataError


def snapshot_job(run_folder: Path, out: Path) -> Iterator[Event]:
    """Write the newest checkpoint of a run as a model; the run is only read, and may go on meanwhile.

    Raises:
        DataError: it is no run folder, has saved nothing yet, or is damaged.
        UsageError: ``out`` exists.
    """
    folder = RunFolder(run_folder)
    folder.check_inside()
    none = f"{run_folder} has saved no checkpoint yet; name the folder given to `unfog train --out`"
    if not folder.started():
        raise DataError(none)
    run, tokenizer = read_run(folder)
    if (last := latest_checkpoint(folder)) is None:
        raise DataError(none)
    dataset = yield from dataset_of(run, None)
    state = fresh_state(run.config, tokenizer, torch.device("cpu"))
    restore(state, last)
    write_model(out, folder, run, tokenizer, state, dataset)
    yield Result({"model": str(out), "images": state.seen_images})
