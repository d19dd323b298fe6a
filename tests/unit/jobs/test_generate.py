"""What a generation tells while it runs."""

from __future__ import annotations

import pytest
import torch
from tests.support.saved import save_tiny

from unfog.config.sample import GenerateRequest, SampleConfig
from unfog.jobs.events import Picture, Preview, Progress, Result
from unfog.jobs.generate import GPU_PIXELS, Loaded, chunks, filmed, generate_job, open_model
from unfog.model.locate import inspect
from unfog.tasks.generate import decode, generate
from unfog.util.random import Draw, normal


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Loaded:
    return open_model(inspect(save_tiny(tmp_path_factory.mktemp("job") / "tiny")), "cpu")


REQUEST = GenerateRequest(prompt="a red circle", n=2, seed=3, sample=SampleConfig(steps=3))


def test_events(loaded):
    events = list(generate_job(REQUEST, loaded, previews=True))
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(p.done, p.total) for p in progress] == [(k, 6) for k in range(1, 7)]
    pictures = [event for event in events if isinstance(event, Picture)]
    assert [(p.recipe.seed, p.path) for p in pictures] == [(3, None), (4, None)]
    previews = [event for event in events if isinstance(event, Preview)]
    steps = list(generate(loaded.model, "a red circle", [3], REQUEST.sample))
    for preview, step in zip(previews[:3], steps, strict=True):
        assert torch.equal(preview.pixels, decode(loaded.model, step.x0))
    assert torch.equal(pictures[0].pixels, decode(loaded.model, steps[-1].x)[0])
    assert isinstance(events[-1], Result)
    assert (events[-1].payload["files"], events[-1].payload["seeds"], events[-1].payload["nfe"]) == ([], [3, 4], 6)


def test_nothing_is_done_before_somebody_watches(loaded):
    assert isinstance(next(generate_job(REQUEST, loaded)), Progress)


def test_what_is_computed_together():
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert [list(c) for c in chunks([5, 6, 7], cpu, 256)] == [[5], [6], [7]]
    assert [len(c) for c in chunks(range(20), gpu, GPU_PIXELS // 8)] == [8, 8, 4]
    assert [list(c) for c in chunks([1, 2], gpu, 4 * GPU_PIXELS)] == [[1], [2]]


def test_filming_changes_nothing(loaded):
    sample = SampleConfig(steps=4)
    frames: list[torch.Tensor] = []
    film = filmed(generate(loaded.model, "a", [3, 4], sample), loaded.model, 3, 4, frames, (16, 16))
    for step, plain in zip(film, generate(loaded.model, "a", [3, 4], sample), strict=True):
        assert torch.equal(step.x, plain.x)
    assert [frame.shape for frame in frames] == [(3, 16, 16 + 2 + 16)] * 4


def test_frames_show_the_state_with_unit_variance(loaded):
    """At t = 1 of a rectified flow the state is the noise itself; the picture beside it is the first estimate."""
    frames: list[torch.Tensor] = []
    steps = list(filmed(generate(loaded.model, "a", [9], SampleConfig(steps=1)), loaded.model, 9, 1, frames, (16, 16)))
    noise = normal([9], (3, 16, 16), draw=Draw.INITIAL)
    assert torch.equal(frames[0][..., :16], decode(loaded.model, noise)[0])
    assert torch.equal(frames[0][..., 18:], decode(loaded.model, steps[0].x0)[0])
