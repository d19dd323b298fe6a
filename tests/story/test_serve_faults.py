"""What may happen to a server: every job reaches an end, and no picture that was reported is lost."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.support.disk import small_files
from tests.support.saved import save_tiny
from tests.support.serving import CHANGE, Serving, parsed, wait_for

from unfog.server.store import FILE

pytestmark = pytest.mark.slow
FINAL = ("done", "failed", "cancelled", "expired")
LONG: dict[str, Any] = {"chosen": {"steps": 250}, "n": 4, "previews": False}
LONGER: dict[str, Any] = LONG | {"n": 16}  # seconds on any machine, so that a test can act in them
BODY = {"task": "generate", "prompt": "a red circle", "native": True}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("models") / "tiny"))


@contextlib.contextmanager
def serving(tiny: str, root: Path, **settings: Any):
    one = Serving(root, models=(tiny,), **settings).until_ready()
    try:
        yield one
    finally:
        one.stop()


class Command:
    """``unfog serve`` in a process of its own, to be killed."""

    def __init__(self, tiny: str, root: Path, *more: str) -> None:
        command = [sys.executable, "-m", "unfog", "serve", "--port", "0", "--model", tiny, "--data", str(root)]
        self.process = subprocess.Popen(
            [*command, "--threads", "1", *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().split()[3].rstrip(";")
        self.http = httpx2.Client(base_url=address, timeout=120, trust_env=False)
        wait_for(lambda: self.http.get("/readyz").status_code == 200)

    def ask(self, **fields: Any) -> str:
        said = self.http.post("/api/v1/jobs", json=BODY | fields)
        assert said.status_code == 202, said.text
        return said.json()["id"]

    def job(self, name: str) -> dict[str, Any]:
        return self.http.get(f"/api/v1/jobs/{name}").json()

    def until_started(self, name: str, attempt: int = 1) -> None:
        """Until an attempt is told of; it is stored then."""
        with self.http.stream("GET", f"/api/v1/jobs/{name}/events") as said:
            next(event for event in parsed(said.iter_lines()) if event["data"].get("attempt") == attempt)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(120)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.http.close()
        return code


def cancel(served: Serving, name: str) -> int:
    return served.http.request("DELETE", f"/api/v1/jobs/{name}", headers=CHANGE).status_code


def pixels(served: Serving, job: dict[str, Any]) -> bytes:
    """Of the first picture; its file says with how many threads it was made, too."""
    return Image.open(io.BytesIO(served.file(job["pictures"][0]))).tobytes()


def worker_of(served: Serving, job: str) -> int:
    """The process that works on a job."""
    pid = next(post.hand.pid for post in served.engine.crew.posts if job in post.jobs)
    assert pid is not None
    return pid


def test_a_worker_that_is_killed_costs_nobody_a_picture(tiny, tmp_path):
    with serving(tiny, tmp_path, threads=2) as served:
        expected = pixels(served, served.make(seed=7))
        jobs = [served.ask(seed=k, **LONG)["id"] for k in range(2)] + [served.ask(seed=7)["id"] for _ in range(4)]
        wait_for(lambda: served.job(jobs[0])["pictures"])
        os.kill(worker_of(served, jobs[0]), signal.SIGKILL)
        ended = [served.done(name) for name in jobs]
        assert [job["state"] for job in ended] == ["done"] * 6
        assert all(len(job["pictures"]) == len(job["seeds"]) == len(set(job["pictures"])) for job in ended)
        assert {pixels(served, job) for job in ended[2:]} == {expected}
        told = served.events(jobs[0])
        assert sorted(event["data"]["index"] for event in told if event["type"] == "image") == [0, 1, 2, 3]
        assert served.engine.crew.restarts == 1


def test_a_job_that_kills_its_worker_fails_and_the_others_go_on(tiny, tmp_path):
    with serving(tiny, tmp_path, threads=2) as served:
        poison = served.ask(seed=1, **LONGER)["id"]
        others = [served.ask(seed=k)["id"] for k in range(3)]
        for attempt in (1, 2):
            wait_for(
                lambda k=attempt: (
                    [e.data for e in served.engine.feed(poison, "local").events if e.type == "started"][-1:]
                    == [{"attempt": k}]
                )
            )
            time.sleep(0.3)
            os.kill(worker_of(served, poison), signal.SIGKILL)
        assert served.done(poison)["error"]["code"] == "worker_crashed"
        assert [served.done(name)["state"] for name in others] == ["done"] * 3
        assert served.make(seed=9)["state"] == "done"


def test_the_log_says_why_when_its_client_is_not_told(tmp_path, caplog):
    model = save_tiny(tmp_path / "tiny")
    with serving(str(model), tmp_path / "data", device="cpu") as served:
        weights = next(model.glob("*.safetensors"))
        weights.write_bytes(weights.read_bytes()[:-1])
        served.engine.crew.posts[0].hand.kill()  # the next process has to load it
        wait_for(lambda: served.engine.crew.restarts == 1)
        job = served.done(served.ask()["id"])
        assert job["error"]["code"] == "model_error"
        assert str(model) not in job["error"]["message"]
        wait_for(lambda: f"worker: job {job['id']} failed: {weights}" in caplog.text)


def test_a_worker_that_hangs_is_replaced(tiny, tmp_path):
    with serving(tiny, tmp_path, threads=2, engine={"stuck_s": 4.0, "silent_s": 6.0}) as served:
        served.make(seed=1)
        job = served.ask(seed=2, **LONG)["id"]
        wait_for(lambda: served.job(job)["state"] == "running")
        os.kill(worker_of(served, job), signal.SIGSTOP)
        assert served.done(job)["state"] == "done"
        assert served.engine.crew.restarts == 1


def test_a_server_that_is_killed_ends_all_its_jobs_after_a_restart(tiny, tmp_path):
    first = Command(tiny, tmp_path / "data")
    before = first.ask(seed=1)
    wait_for(lambda: first.job(before)["state"] == "done")
    reported = first.http.get(f"/api/v1/pictures/{first.job(before)['pictures'][0]}/file").content
    running = first.ask(seed=3, **LONG)
    queued = [first.ask(seed=k) for k in range(5)]
    wait_for(lambda: first.job(running)["pictures"])
    kept = first.job(running)["pictures"]
    first.end(signal.SIGKILL)
    second = Command(tiny, tmp_path / "data")
    wait_for(lambda: all(second.job(name)["state"] in FINAL for name in (running, *queued)))
    assert [second.job(name)["state"] for name in (running, *queued)] == ["done"] * 6
    assert second.job(running)["pictures"][: len(kept)] == kept
    assert len(second.job(running)["pictures"]) == 4
    name = second.job(before)["pictures"][0]
    assert second.http.get(f"/api/v1/pictures/{name}/file").content == reported
    assert second.end(signal.SIGTERM) == 0


def test_a_job_that_was_running_at_two_crashes_is_given_up(tiny, tmp_path):
    first = Command(tiny, tmp_path / "data")
    job = first.ask(seed=3, **LONGER)
    first.until_started(job)
    first.end(signal.SIGKILL)
    second = Command(tiny, tmp_path / "data")
    second.until_started(job, attempt=2)
    second.end(signal.SIGKILL)
    third = Command(tiny, tmp_path / "data")
    assert third.job(job)["state"] == "failed"
    assert third.job(job)["error"]["code"] == "server_restarted"
    third.end(signal.SIGTERM)


def test_no_worker_outlives_its_server(tiny, tmp_path):
    server = Command(tiny, tmp_path / "data")
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if not children.is_file():
        pytest.skip("the system does not tell who started what")
    found = [
        int(pid)
        for task in Path(f"/proc/{server.process.pid}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]
    assert found
    server.end(signal.SIGKILL)
    wait_for(
        lambda: (
            not any(
                Path(f"/proc/{pid}/cmdline").is_file() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found
            )
        ),
        30,
    )


def test_a_stop_lets_running_jobs_finish_and_keeps_the_others(tiny, tmp_path):
    first = Command(tiny, tmp_path / "data", "--at-once", "1", "--drain", "60")
    running = first.ask(seed=1, **LONGER)
    queued = first.ask(seed=2)
    first.until_started(running)
    ends = list[str]()

    def follow(name: str) -> None:
        with first.http.stream("GET", f"/api/v1/jobs/{name}/events") as said:
            ends.append([event["type"] for event in parsed(said.iter_lines())][-1])

    readers = [threading.Thread(target=follow, args=(name,)) for name in (running, queued, queued)]
    for reader in readers:
        reader.start()
    time.sleep(0.5)
    first.process.send_signal(signal.SIGTERM)
    wait_for(lambda: first.http.get("/readyz").status_code == 503)
    assert first.http.get("/readyz").json() == {"status": "draining"}
    refused = first.http.post("/api/v1/jobs", json=BODY)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
    assert "retry-after" in refused.headers
    assert first.process.wait(120) == 0
    for reader in readers:
        reader.join(30)
    assert sorted(ends) == ["done", "shutdown", "shutdown"]
    first.end(0)
    second = Command(tiny, tmp_path / "data")
    assert second.job(running)["state"] == "done"
    wait_for(lambda: second.job(queued)["state"] == "done")
    assert second.end(signal.SIGTERM) == 0


def test_a_drain_does_not_wait_for_ever(tiny, tmp_path):
    first = Command(tiny, tmp_path / "data", "--drain", "1")
    job = first.ask(seed=1, **LONGER)
    wait_for(lambda: first.job(job)["state"] == "running")
    begin = time.monotonic()
    assert first.end(signal.SIGTERM) == 0
    assert time.monotonic() - begin < 15
    second = Command(tiny, tmp_path / "data")
    assert second.job(job)["state"] in ("queued", "running")  # it was no fault of its own
    second.http.request("DELETE", f"/api/v1/jobs/{job}", headers=CHANGE)
    wait_for(lambda: second.job(job)["state"] == "cancelled")
    second.end(signal.SIGTERM)


def test_a_damaged_database_costs_no_picture(tiny, tmp_path):
    with serving(tiny, tmp_path) as served:
        names = [name for k in range(3) for name in served.make(seed=k, prompt=f"picture {k}")["pictures"]]
        files = {name: served.file(name) for name in names}
        served.http.request("DELETE", f"/api/v1/pictures/{names[0]}", headers=CHANGE)
    data = bytearray((tmp_path / FILE).read_bytes())
    data[4096:20000] = os.urandom(20000 - 4096)
    (tmp_path / FILE).write_bytes(data)
    with serving(tiny, tmp_path) as served:
        listed = {one["id"]: one for one in served.http.get("/api/v1/pictures").json()["pictures"]}
        trashed = served.http.get("/api/v1/pictures", params={"trash": True}).json()["pictures"]
        assert set(listed) == set(names[1:])
        assert [one["id"] for one in trashed] == names[:1]
        assert listed[names[1]]["prompt"] == "picture 1"
        assert {name: served.file(name) for name in names} == files
        assert served.make(seed=5)["state"] == "done"


def test_a_full_disk_fails_jobs_and_nothing_else(tiny, tmp_path):
    with serving(tiny, tmp_path) as served:
        kept = served.make(seed=1)["pictures"][0]
        file = served.file(kept)
        jobs = [served.ask(seed=k, **LONG)["id"] for k in range(3)]
        wait_for(lambda: any(served.job(name)["state"] == "running" for name in jobs))
        with small_files(100):
            refused = served.http.post("/api/v1/jobs", json=BODY)
            assert refused.status_code in (202, 429)
            wait_for(lambda: all(served.job(name)["state"] in FINAL for name in jobs))
            assert served.file(kept) == file
            assert served.http.get("/healthz").status_code == 200
        for name in jobs:
            job = served.job(name)
            assert job["state"] == "failed"
            assert job["error"]["code"] == "disk_full"
        wait_for(lambda: not served.engine.ledger.unsaved)
        assert served.make(seed=1)["state"] == "done"
        assert all(served.file(name) for name in [kept, *served.job(jobs[0])["pictures"]])


def test_a_storm_of_500_cancellations(tiny, tmp_path):
    with serving(tiny, tmp_path, engine={"queue": 600, "queue_s": 10**6}) as served:
        with ThreadPoolExecutor(8) as crowd:
            names = list(crowd.map(lambda k: served.ask(seed=k, chosen={"steps": 50})["id"], range(500)))
            codes = list(crowd.map(lambda name: cancel(served, name), [*names, *names[::-1]]))
        assert set(codes) == {200}
        wait_for(lambda: all(served.job(name)["state"] in FINAL for name in names))
        assert {served.job(name)["state"] for name in names} <= {"cancelled", "done"}
        assert len(served.engine.crew.line) == 0
        assert served.engine.crew.working == []
        assert served.make(seed=1)["state"] == "done"


@pytest.mark.parametrize("jump", [-10 * 365 * 86400.0, 10 * 365 * 86400.0])
def test_a_clock_that_jumps_changes_nothing(tiny, tmp_path, monkeypatch, jump):
    with serving(tiny, tmp_path) as served:
        first = served.ask(seed=1, key="k")["id"]
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        long = served.ask(seed=2, **LONG)["id"]
        assert served.done(first)["state"] == "done"
        assert served.done(long)["state"] == "done"
        assert served.ask(seed=1, key="k")["id"] == first
        eta = served.ask(seed=3)["eta_s"]
        assert eta is not None
        assert 0 <= eta < 600


def test_a_job_that_waits_too_long_is_given_up(tiny, tmp_path):
    with serving(tiny, tmp_path, engine={"wait_s": 1.0, "at_once": 1}) as served:
        long = served.ask(seed=1, **LONGER)["id"]
        waiting = served.ask(seed=2)["id"]
        assert served.done(waiting)["state"] == "expired"
        assert served.job(waiting)["error"]["retryable"] is True
        cancel(served, long)
        assert served.done(long)["state"] == "cancelled"


def test_a_reader_who_leaves_changes_nothing(tiny, tmp_path):
    with serving(tiny, tmp_path) as served:
        job = served.ask(seed=1, **LONG)["id"]
        for _ in range(20):
            with served.client().stream("GET", f"/api/v1/jobs/{job}/events") as said:
                next(said.iter_lines())
        assert served.done(job)["state"] == "done"


def test_two_hundred_at_once_get_a_picture_or_a_time_to_come_again(tiny, tmp_path):
    with serving(tiny, tmp_path, engine={"queue": 16}) as served:
        served.make(seed=0)

        async def client(k: int, http: httpx2.AsyncClient) -> list[int]:
            codes = []
            for _ in range(5):
                said = await http.post("/api/v1/jobs", json=BODY | {"seed": k})
                codes.append(said.status_code)
                if said.status_code == 202:
                    await http.get(f"/api/v1/jobs/{said.json()['id']}")
                else:
                    assert 1 <= int(said.headers["retry-after"]) <= 120
                    await asyncio.sleep(0.2)
            return codes

        async def crowd() -> list[int]:
            limits = httpx2.Limits(max_connections=200)
            async with httpx2.AsyncClient(base_url=served.url, timeout=300, limits=limits, trust_env=False) as http:
                found = await asyncio.gather(*(client(k, http) for k in range(200)))
            return [code for codes in found for code in codes]

        codes = asyncio.run(crowd())
        assert set(codes) <= {202, 429}
        assert codes.count(202) >= 16
        wait_for(lambda: not served.engine.ledger.live)
        states = served.http.get("/api/v1/jobs", params={"limit": 200}).json()["jobs"]
        assert {one["state"] for one in states} == {"done"}
