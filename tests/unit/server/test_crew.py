"""What the processes of a server are told, without any of them."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.server.crew import LOADING_S
from unfog.server.hand import Hand
from unfog.server.training import Run


@pytest.fixture
def doors(tmp_path):
    doors = Doors(tmp_path / "data", (str(save_tiny(tmp_path / "tiny")),), device="cpu,cpu", threads=5)
    yield doors
    doors.close()


@pytest.fixture
def said(doors, monkeypatch) -> list[tuple[int, str, Any]]:
    """By the server: to which process, what, and a number of threads."""
    found = list[tuple[int, str, Any]]()
    for k, post in enumerate(doors.engine.crew.posts):
        monkeypatch.setattr(post.hand, "say", lambda do, k=k, **facts: found.append((k, do, facts.get("threads"))))
    return found


def test_those_that_have_work_share_the_threads(doors, said):
    crew = doors.engine.crew
    job = crew.ledger.live[doors.submit("local")]
    crew.posts[0].jobs = {job.id: job}
    crew.allot()
    assert said == []  # each has been told of all of them at its start
    crew.posts[1].jobs = {"another": job}
    crew.allot()
    crew.allot()
    assert said == [(0, "share", 2), (1, "share", 2)]
    crew.posts[1].jobs = {}
    crew.allot()
    assert said[2:] == [(0, "share", 5), (1, "share", 5)]
    crew.posts[0].jobs = {}


def test_a_training_on_the_cpu_has_its_share_of_them(doors, said, monkeypatch):
    crew, told = doors.engine.crew, list[tuple[str, int]]()
    job, hand = crew.ledger.live[doors.submit("local")], crew.posts[1].hand
    monkeypatch.setattr(hand, "say", lambda do, **facts: told.append((do, facts["threads"])))
    for device in ("cuda:0", "cpu"):
        crew.training.run = Run(job, hand, device, 5)
        crew.posts[0].jobs = {}
        crew.allot()
        assert said == told == []  # nobody else has work, and one on a GPU has no share
        crew.posts[0].jobs = {job.id: job} if device == "cpu" else {}
        crew.allot()
    assert (said, told) == ([(0, "share", 2)], [("share", 2)])  # its process has not begun; the other worker's has
    monkeypatch.setattr(Hand, "alive", True)
    crew.allot()
    crew.allot()
    assert told == [("share", 2), ("share", 2)]  # the other worker, and the training
    crew.posts[0].jobs = {}
    crew.allot()
    assert said[1:] == [(0, "share", 5)]
    crew.training.run = None


def test_those_that_load_a_model_share_them_too(doors, said, monkeypatch):
    crew, found = doors.engine.crew, next(iter(doors.engine.catalogue.models.values()))
    monkeypatch.setattr(Hand, "alive", True)

    async def load() -> str | None:
        loading = asyncio.create_task(crew.load(found))
        await asyncio.sleep(0)
        for post in crew.posts:
            await crew.hear(post, {"say": "loaded", "model": found.id}, b"")
        return await loading

    assert doors.runner.run(load()) is None
    assert said[:4] == [(0, "share", 2), (1, "share", 2), (0, "load", None), (1, "load", None)]
    assert said[4:] == [(0, "share", 5), (1, "share", 5)]


def test_a_process_that_dies_while_it_is_given_a_job_is_told_nothing(doors, said, monkeypatch):
    crew = doors.engine.crew
    post, job = crew.posts[0], crew.ledger.live[doors.submit("local")]

    async def begin(_: object) -> None:
        post.jobs = {}  # as when it has ended: others have the job

    monkeypatch.setattr(crew.ledger, "begin", begin)
    doors.runner.run(crew.give(post, job))
    assert said == []
    assert not post.jobs


def test_what_idled_for_long_is_not_taken_to_hang_when_it_gets_something_to_do(doors, said, monkeypatch):
    crew, found = doors.engine.crew, next(iter(doors.engine.catalogue.models.values()))
    monkeypatch.setattr(Hand, "alive", True)
    killed = list[Hand]()
    monkeypatch.setattr(Hand, "kill", lambda hand: killed.append(hand))  # noqa: PLW0108  (bound, which append is not)
    for post in crew.posts:
        post.ready, post.hand.process = True, SimpleNamespace(pid=1)
    first, second = crew.posts

    def idled() -> None:
        now = time.monotonic()
        for post in crew.posts:
            post.hand.last_progress, post.hand.last_sign = now - 10 * LOADING_S, now

    idled()
    job = crew.ledger.live[doors.submit("local")]

    async def begin(_: object) -> None:
        crew.watch()  # while the database is written

    monkeypatch.setattr(crew.ledger, "begin", begin)
    doors.runner.run(crew.give(first, job))
    assert killed == []
    first.jobs = {}
    idled()

    async def load() -> None:
        loading = asyncio.create_task(crew.load(found))
        await asyncio.sleep(0)
        crew.watch()
        for post in crew.posts:
            await crew.hear(post, {"say": "loaded", "model": found.id}, b"")
        await loading

    doors.runner.run(load())
    assert killed == []
    idled()
    second.jobs = {job.id: job}
    crew.watch()
    assert killed == [second.hand]  # which had something to do all the time
    for post in crew.posts:
        post.jobs, post.hand.process = {}, None


def test_a_process_is_started_until_it_starts(doors, monkeypatch):
    crew, tries = doors.engine.crew, list[Hand]()

    async def start(hand: Hand) -> None:
        tries.append(hand)
        if len(tries) < 3:
            raise BlockingIOError("no more processes")

    monkeypatch.setattr(Hand, "start", start)
    monkeypatch.setattr("unfog.server.crew.LONGEST_PAUSE_S", 0.0)
    crew.posts[1].deaths = 5000
    doors.runner.run(crew.gone(crew.posts[1]))
    assert tries == [crew.posts[1].hand] * 3


def test_one_process_that_does_not_end_in_order_keeps_no_other(doors, monkeypatch):
    stopped = list[Hand]()

    async def stop(hand: Hand) -> None:
        stopped.append(hand)
        if len(stopped) == 1:
            raise BlockingIOError("no more processes")

    monkeypatch.setattr(Hand, "stop", stop)
    doors.runner.run(doors.engine.crew.close())
    assert stopped == [post.hand for post in doors.engine.crew.posts]


def test_what_is_cancelled_while_it_is_put_back_does_not_wait(doors):
    crew = doors.engine.crew
    job = crew.ledger.live[doors.submit("local")]
    crew.dequeue(job)
    tell = crew.ledger.tell

    async def cancelled(*facts: Any, **options: Any) -> None:
        job.wish = "cancel"
        await tell(*facts, **options)

    crew.ledger.tell = cancelled
    doors.runner.run(crew.orphan(job))
    assert job.state == "cancelled"
    assert not crew.retries
