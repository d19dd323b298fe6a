"""What worker processes log is in the log of the server, escaped as everything there is."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from unfog.server.hand import WORKER, Hand
from unfog.server.run import Escaped
from unfog.server.wire import Message, pack, take
from unfog.server.worker_log import Told, write_log

HOSTILE = "a red\x1b[31m circle\n2026-01-01 INFO all is well"
LOG = {"say": "log", "level": logging.WARNING, "text": "worker: it is late", "trace": None}
TRAIN = json.dumps({"task": "train", "folder": "scenes", "name": "mine"})


class Wire:
    """Takes down what is said, as it comes out at the other end."""

    def __init__(self) -> None:
        self.said: list[Message] = []

    def say(self, what: str, blob: bytes = b"", **facts: Any) -> None:
        frame = take(io.BytesIO(pack({"say": what, **facts}, blob)))
        assert frame is not None
        self.said.append(frame[0])


@pytest.fixture
def told():
    """A log of another process, and what it says."""
    wire, log = Wire(), logging.getLogger("elsewhere")
    handler = Told(wire, "worker")
    log.addHandler(handler)
    yield log, wire.said
    log.removeHandler(handler)


def line_of(message: Message, caplog: pytest.LogCaptureFixture) -> str:
    caplog.clear()
    write_log(message)
    (record,) = caplog.records
    return Escaped("%(levelname)s %(message)s").format(record)


def test_a_line_comes_out_as_one_line(told, caplog):
    log, said = told
    log.warning("it draws %s", HOSTILE)
    line = line_of(said[0], caplog)
    assert line == r"WARNING worker: it draws a red\x1b[31m circle\n2026-01-01 INFO all is well"


def test_half_a_character_comes_out_too():
    """Made by hand: a log that the tests look at goes through a pipe which takes none."""
    wire = Wire()
    Told(wire, "worker").emit(logging.makeLogRecord({"msg": "a \ud800", "levelno": logging.INFO}))
    assert wire.said[0]["text"] == "worker: a \ud800"
    record = logging.makeLogRecord({"msg": wire.said[0]["text"]})
    assert Escaped("%(message)s").format(record) == r"worker: a \ud800"


def test_percent_signs_mean_nothing_any_more(told, caplog):
    log, said = told
    log.error("%s of it", "100%s")
    assert line_of(said[0], caplog) == "ERROR worker: 100%s of it"


def test_a_trace_comes_with_its_line(told, caplog):
    log, said = told
    try:
        raise RuntimeError("\x1b]0;owned\x07")
    except RuntimeError:
        log.exception("job %s failed", "a7")
    first, *trace = line_of(said[0], caplog).split("\n")
    assert first == "ERROR worker: job a7 failed"
    assert trace[0] == "Traceback (most recent call last):"
    assert trace[-1] == r"RuntimeError: \x1b]0;owned\x07"


def test_what_is_not_important_is_passed_over(told, caplog):
    log, said = told
    log.setLevel(logging.DEBUG)
    log.debug("nothing")
    caplog.set_level(logging.INFO, "unfog.server")
    caplog.clear()
    write_log(said[0])
    assert caplog.records == []


def test_the_server_logs_it_and_hears_the_rest(caplog, monkeypatch):
    class Ended:
        pid, returncode = 0, 0

        def __init__(self) -> None:
            self.stdout = asyncio.StreamReader()

        async def wait(self) -> int:
            return 0

    heard = list[str]()

    async def hear(message: Message, _: bytes) -> None:
        heard.append(message["say"])

    async def gone() -> None:
        heard.append("gone")

    async def read() -> None:
        hand, process = Hand(WORKER, {}, hear, gone), Ended()
        process.stdout.feed_data(pack(LOG) + pack({"say": "alive"}) + pack({"say": "ready"}) + pack(LOG))
        process.stdout.feed_eof()
        monkeypatch.setattr(hand, "process", process)
        hand.stopping = True
        await hand._read()

    asyncio.run(read())
    assert heard == ["ready", "gone"]
    assert [record.getMessage() for record in caplog.records] == [LOG["text"]] * 2


@pytest.mark.slow  # two processes
@pytest.mark.parametrize(
    ("module", "options", "heard", "text"),
    [
        (
            "worker",
            {"device": "cpu", "loaded": 1, "preview_s": 0, "preview_side": 8},
            [{"do": HOSTILE}],
            "the server said",
        ),
        ("trainer", {"device": "cpu", "ask": TRAIN, "job": "a7", "data": "nowhere"}, [], "the training mine failed"),
    ],
)
def test_a_process_logs_nowhere_else(module, options, heard, text, tmp_path):
    """What it writes to its standard error would be escaped by nobody."""
    (tmp_path / "out").write_text("no folder")
    command = [
        sys.executable,
        "-m",
        f"unfog.server.{module}",
        json.dumps(options | {"threads": 1, "out": str(tmp_path / "out")}),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"".join(map(pack, heard)))
        process.stdin.flush()
        frames = (
            take(process.stdout) or ({}, b"") for _ in range(9)
        )  # it says that it is ready and that it lives, too
        said = next((frame["text"] for frame, _ in frames if frame.get("say") == "log"), "")
        process.kill()
        assert said.startswith(f"{module}: {text}")
        assert process.stderr.read() == b""
