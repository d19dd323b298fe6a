"""Several jobs in one process, step by step in turn: each as if it were alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.saved import save_tiny
from tests.support.threads import kept

from unfog.model.locate import inspect
from unfog.server import worker
from unfog.server.worker import Turns

ASK = {"task": "generate", "prompt": "a red circle", "native": True}


class Heard:
    """Takes down what a worker says."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any], bytes]] = []

    def say(self, what: str, blob: bytes = b"", **facts: Any) -> None:
        self.said.append((what, facts, blob))

    def of(self, job: str) -> list[tuple[str, dict[str, Any], bytes]]:
        return [one for one in self.said if one[1].get("job") == job]

    def kinds(self, job: str) -> list[str]:
        return [what for what, _, _ in self.of(job)]

    def pictures(self, job: str) -> list[bytes]:
        return [blob for what, _, blob in self.of(job) if what == "image"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def turns(tiny, tmp_path):
    return Turns(Heard(), device="cpu", loaded=1, threads=1, preview_s=0.0, preview_side=512)


def start(turns: Turns, tiny: Path, name: str, out: Path, **fields: Any) -> None:
    found = inspect(tiny)
    message = {"do": "start", "job": name, "ask": ASK | {"seed": 0} | fields, "files": {}, "out": str(out / name)}
    turns.hear(message | {"model": found.id, "folder": str(tiny)})


def finish(turns: Turns) -> None:
    while turns.running:
        for name in turns.round():
            turns.advance(name)


def test_company_changes_no_pixel(turns, tiny, tmp_path):
    asks = {
        "a": {"seed": 1, "n": 2},
        "b": {"seed": 5, "prompt": "two green stars", "chosen": {"steps": 5}},
        "c": {"seed": 9},
    }
    alone = {}
    for name, fields in asks.items():
        start(turns, tiny, name, tmp_path, **fields)
        finish(turns)
        alone[name] = turns.voice.pictures(name)
    assert list(map(len, alone.values())) == [2, 1, 1]
    turns.voice.said.clear()
    for name, fields in asks.items():
        start(turns, tiny, name, tmp_path, **fields)
    finish(turns)
    assert {name: turns.voice.pictures(name) for name in asks} == alone
    order = [facts["job"] for what, facts, _ in turns.voice.said if what == "step"]
    assert order[:6] == ["a", "b", "c", "a", "b", "c"]  # in turn
    assert turns.voice.kinds("c")[-1] == "done"


def test_threads_change_from_step_to_step_and_recipes_say_so(turns, tiny, tmp_path):
    with kept():
        start(turns, tiny, "before", tmp_path)
        finish(turns)
        start(turns, tiny, "meanwhile", tmp_path)
        for _ in range(2):
            turns.advance("meanwhile")
        turns.hear({"do": "share", "threads": 2})
        turns.advance("meanwhile")
        assert torch.get_num_threads() == 2
        turns.hear({"do": "share", "threads": 1})  # as at its beginning, and yet not the same all the time
        finish(turns)
        turns.hear({"do": "share", "threads": 2})
        start(turns, tiny, "after", tmp_path)
        finish(turns)
    recipes = {facts["job"]: facts["recipe"] for what, facts, _ in turns.voice.said if what == "image"}
    assert {name: (recipe["threads"], recipe["promise"]) for name, recipe in recipes.items()} == {
        "before": (1, "L3"),
        "meanwhile": (None, "L1"),
        "after": (2, "L3"),
    }


def test_a_cancellation_comes_between_two_steps(turns, tiny, tmp_path):
    start(turns, tiny, "a", tmp_path, n=3, seed=1)
    start(turns, tiny, "b", tmp_path, seed=1)
    while not turns.voice.pictures("a"):
        for name in turns.round():
            turns.advance(name)
    turns.hear({"do": "cancel", "job": "a"})
    finish(turns)
    assert turns.voice.kinds("a")[-1] == "cancelled"
    assert len(turns.voice.pictures("a")) == 1
    assert turns.voice.pictures("b") == turns.voice.pictures("a")
    turns.hear({"do": "cancel", "job": "a"})  # again, and of none: an answer all the same
    assert turns.voice.said[-1][:2] == ("cancelled", {"job": "a"})


def test_one_that_fails_leaves_the_others_alone(turns, tiny, tmp_path, monkeypatch):
    start(turns, tiny, "good", tmp_path, seed=1)
    finish(turns)
    alone = turns.voice.pictures("good")
    real = worker.events_of

    def flaky(ask, source, files, out):
        for k, event in enumerate(real(ask, source, files, out)):
            if ask.prompt == "memory" and k == 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
            if ask.prompt == "bug" and k == 2:
                raise RuntimeError("/Users/me/secret")
            yield event

    monkeypatch.setattr(worker, "events_of", flaky)
    for name, prompt in (("m", "memory"), ("again", "a red circle"), ("bug", "bug")):
        start(turns, tiny, name, tmp_path, prompt=prompt, seed=1)
    finish(turns)
    assert turns.voice.of("m")[-1][1]["code"] == "out_of_memory"
    assert turns.voice.of("bug")[-1][1]["code"] == "internal_error"
    assert "secret" not in str(turns.voice.of("bug"))
    assert turns.voice.pictures("again") == alone


def test_a_request_that_the_model_refuses_is_told(turns, tiny, tmp_path):
    start(turns, tiny, "a", tmp_path, transparent=True)
    finish(turns)
    what, facts, _ = turns.voice.said[-1]
    assert (what, facts["code"]) == ("failed", "invalid_request")
    assert "paints no transparency" in facts["message"]


def test_a_model_proves_that_it_draws(turns, tiny, tmp_path):
    found = inspect(tiny)
    turns.hear({"do": "load", "model": found.id, "name": "tiny", "folder": str(tiny)})
    what, facts, _ = turns.voice.said[-1]
    assert (what, facts["model"]) == ("loaded", found.id)
    assert facts["step_s"] > 0
    damaged = save_tiny(tmp_path / "damaged", seed=3)
    weights = next(damaged.glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    weights.write_bytes(bytes(data))
    turns.hear({"do": "load", "model": "0" * 64, "name": "damaged", "folder": str(damaged)})
    what, facts, _ = turns.voice.said[-1]
    assert (what, facts["code"]) == ("unloadable", "model_error")
    assert str(tmp_path) not in facts["message"]
    assert list(turns.models) == [found.id]


def test_models_beyond_the_bound_are_let_go(turns, tiny, tmp_path):
    other = save_tiny(tmp_path / "other", seed=1)
    start(turns, tiny, "a", tmp_path)
    start(turns, other, "b", tmp_path)
    finish(turns)
    assert list(turns.models) == [inspect(other).id]
    assert turns.voice.pictures("a") != turns.voice.pictures("b")


def test_previews_are_small_pictures(turns, tiny, tmp_path):
    start(turns, tiny, "a", tmp_path)
    finish(turns)
    previews = [(facts["mime"], blob) for what, facts, blob in turns.voice.of("a") if what == "preview"]
    assert len(previews) == 3
    assert all(mime == "image/png" and blob.startswith(b"\x89PNG") for mime, blob in previews)
    turns.voice.said.clear()
    start(turns, tiny, "b", tmp_path, previews=False)
    finish(turns)
    assert "preview" not in turns.voice.kinds("b")
