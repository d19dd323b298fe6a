"""What the processes of a server are told, without any of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.server.hand import Hand


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
