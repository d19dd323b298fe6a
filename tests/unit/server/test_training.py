"""A training is asked to save and end once, and not before it hears."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from typing import Any

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.config.ask import TrainAsk
from unfog.config.server import Server
from unfog.jobs.events import Progress
from unfog.jobs.run_folder import RunFolder
from unfog.server import trainer
from unfog.server.hand import TRAINER, Hand
from unfog.server.ledger import Ledger
from unfog.server.record import Job
from unfog.server.store import Store
from unfog.server.training import Run, Training
from unfog.server.wire import pack
from unfog.util.errors import UsageError


def test_one_that_only_begins_is_asked_when_it_has_begun_and_once(tmp_path, monkeypatch):
    async def nobody(*_: object) -> None:
        pass

    told, alive = list[Hand](), False
    monkeypatch.setattr(Hand, "terminate", lambda hand: told.append(hand))  # noqa: PLW0108  (bound, which append is not)
    monkeypatch.setattr(Hand, "alive", property(lambda _: alive))
    store = Store(tmp_path)
    training = Training(Server.parse({}), Ledger(store, "this"), nobody)
    job, hand = (
        Job("a", "local", TrainAsk.parse({"folder": "scenes", "name": "mine"}), 1.0),
        Hand(TRAINER, {}, nobody, nobody),
    )
    assert not training.stop(job)
    training.run = Run(job, hand, "cpu", 2)
    assert training.stop(job)
    assert (training.run.deadline, told) == (None, [])
    alive = True
    for _ in range(2):
        assert training.stop(job)
    assert training.run.deadline is not None
    assert told == [hand]
    store.close()


@pytest.mark.parametrize("fails", ["the disk", "the process"])
def test_one_that_cannot_begin_has_failed_and_the_next_may(tmp_path, monkeypatch, fails):
    async def nobody(*_: object) -> None:
        pass

    async def refused(*_: object) -> None:
        raise sqlite3.OperationalError("full") if fails == "the disk" else BlockingIOError("no more processes")

    async def begun() -> None:
        ledger = Ledger(store, "this")
        training, following = Training(Server.parse({}), ledger, nobody), list[bool]()
        training.next = lambda: following.append(training.run is None)
        job = Job("a", "local", TrainAsk.parse({"folder": "scenes", "name": "mine"}), 1.0, files={"data": "scenes"})
        ledger.live["a"] = job
        monkeypatch.setattr(ledger, "begin", refused if fails == "the disk" else nobody)
        monkeypatch.setattr(ledger, "save", nobody)  # it was never stored
        monkeypatch.setattr(Hand, "start", refused)
        training.waiting.append("a")
        await training.pump()
        assert (job.state, following, ledger.live) == ("failed", [True], {})
        assert job.error is not None
        assert job.error.code == ("disk_full" if fails == "the disk" else "worker_crashed")

    store = Store(tmp_path)
    asyncio.run(begun())
    store.close()


def test_the_rest_of_a_resumed_training_takes_as_long_as_its_own_steps_say(tmp_path, monkeypatch):
    """24 pictures were read first, in 2 s; 576 of 3000 images were trained on by another process."""

    class Heard:
        def __init__(self) -> None:
            self.etas = list[float | None]()

        def say(self, what: str, blob: bytes = b"", **facts: Any) -> None:
            self.etas.append(facts["eta_s"])

    now, heard = 0.0, Heard()
    monkeypatch.setattr(trainer.time, "monotonic", lambda: now)
    reporter = trainer.Reporter("a", heard, trainer.Diary(RunFolder(tmp_path / "run")), str)
    counted = [(0.0, 0, 24), (2.0, 24, 24), (2.1, 576, 3000), (3.1, 616, 3000), (6.1, 736, 3000), (61.1, 2936, 3000)]
    for now, done, total in counted:  # noqa: B007  (the clock reads it)
        reporter.step(Progress(done, total, "loss"))
    assert heard.etas == [None, 0.0, 59.6, 56.6, 1.6]  # the third came too soon after the second to be told


def test_a_training_names_its_folder_as_its_client_does(tmp_path):
    told = list[dict[str, Any]]()

    class Heard:
        def say(self, what: str, blob: bytes = b"", **facts: Any) -> None:
            told.append(facts)

    secret = str(tmp_path / "roots/birds")
    ask = {"task": "train", "folder": "roots/birds", "name": "a", "images": 8}
    options = {"ask": json.dumps(ask), "out": str(tmp_path / "run"), "job": "a", "data": secret}
    trainer.run(options | {"device": "cpu", "threads": 1}, Heard(), trainer.Share(1))
    assert [facts["code"] for facts in told if "code" in facts] == ["invalid_request"]
    assert "roots/birds" in told[-1]["message"]
    assert secret not in json.dumps(told)


def test_a_training_goes_on_with_the_threads_that_are_said_until_the_server_is_gone(monkeypatch):
    share, set_to, ended = trainer.Share(4), list[int](), list[int]()
    monkeypatch.setattr(trainer.torch, "get_num_threads", lambda: set_to[-1] if set_to else 4)
    monkeypatch.setattr(trainer.torch, "set_num_threads", set_to.append)
    monkeypatch.setattr(trainer.os, "kill", lambda _, number: ended.append(number))
    reads, writes = os.pipe()
    os.write(writes, pack({"do": "share", "threads": 2}))
    os.close(writes)
    trainer.listen(share, reads)
    os.close(reads)
    assert (share.said, set_to, ended) == (2, [], [signal.SIGTERM])  # only the thread that computes may set it
    share.follow()
    share.follow()
    assert set_to == [2]
    set_to.append(4)  # as a run does that is resumed
    share.follow()
    assert set_to == [2, 4, 2]


def test_another_owner_may_use_the_same_name(tmp_path):
    doors = Doors(tmp_path / "data", (str(save_tiny(tmp_path / "tiny")),))
    fields = {"folder": "scenes", "name": "secret"}

    def asked(owner: str) -> str:
        return doors.runner.run(doors.engine.submit(TrainAsk.parse(fields), owner=owner)).id

    asked("one")
    asked("two")
    with pytest.raises(UsageError, match="secret is not finished"):
        asked("two")
    doors.close()
