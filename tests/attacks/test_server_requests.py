"""T15, T16, T17, T20, T21, T37: requests that cost too much, never end, or try to make the server talk."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.doors import HOST, Doors
from tests.support.saved import save_tiny
from tests.support.serving import Serving

from unfog.server.run import Escaped

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return str(save_tiny(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def doors(tiny, tmp_path_factory):
    doors = Doors(tmp_path_factory.mktemp("data"), (tiny,), engine={"queue": 1000})
    yield doors
    doors.close()


@pytest.fixture(scope="module")
def served(tiny, tmp_path_factory):
    """With a port and without a worker: nothing is computed here."""
    serving = Serving(tmp_path_factory.mktemp("served"), models=(tiny,), request_s=1.0, per_address=40)
    yield serving
    serving.stop()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["1e999", "-0", "\u202e", "\x00", "\x1b]0;x\x07", "18446744073709551615", 1e308, -0.0, 2**64]),
    st.lists(st.integers(-5, 5000), max_size=3),
)
FIELDS = [
    "prompt",
    "negative",
    "n",
    "seed",
    "size",
    "canvas",
    "native",
    "transparent",
    "layout",
    "chosen",
    "previews",
    "model",
]
CHOSEN = ["sampler", "grid", "steps", "guidance", "interval", "rescale", "sag", "eta", "guide"]


@given(
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
    st.dictionaries(st.sampled_from(CHOSEN), VALUES, max_size=3),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_taken_or_refused(doors, fields, chosen):
    body = {"task": "generate", "chosen": chosen} | fields
    said = doors("POST", "/api/v1/jobs", content=json.dumps(body), headers={"content-type": "application/json"})
    assert said.status_code in (202, 400, 429), said.text
    if said.status_code == 202:
        job = said.json()
        assert 0 < len(job["seeds"]) <= 16
        doors.runner.run(doors.engine.cancel(job["id"], "local"))
    else:
        assert set(said.json()["error"]) == {"code", "message", "retryable"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5000, b'{"task": NaN}', b"1" * 5000,
        b'{"task": "generate", "chosen": {"guidance": Infinity}}', b'{"task": "generate", "seed": 1e30}',
        b'{"task": "generate", "chosen": {"guidance": 1e999}}', b'{"task": "generate", "prompt": "\\ud800"}',
        b'{"task": {"task": "generate"}}',
    ],
)  # fmt: skip
def test_bodies_that_are_none(doors, body):
    for path in ("/api/v1/jobs", "/api/v1/tokens", "/api/v1/pictures/archive", "/api/v1/training/check"):
        said = doors("POST", path, content=body, headers={"content-type": "application/json"})
        assert said.status_code == 400, (path, said.text)


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({"n": 17}, "16"), ({"chosen": {"steps": 251}}, "250"), ({"prompt": "x" * 4097}, "4096"),
        ({"size": [2049, 2049]}, "2048"), ({"canvas": [4096, 4096]}, "2048"), ({"canvas": [2048, 2048]}, "128"),
        ({"size": [99999, 99999]}, "the most is 2048"), ({"canvas": [10**4000, 8]}, "the most is 2048"),
    ],
)  # fmt: skip
def test_limits_are_named(doors, fields, most):
    said = doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": "x"} | fields)
    assert said.status_code == 400
    assert most in said.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/v1/jobs?limt=1", "unknown parameter 'limt'; did you mean 'limit'? There are: limit, before, state"),
        ("/api/v1/pictures?xyz=true", "unknown parameter 'xyz'. There are: q, model, "),
        ("/api/v1/server?verbose", "unknown parameter 'verbose'. There are: none"),
        ("/api/v1/jobs/0/events?since=3", "unknown parameter 'since'. There are: after"),
        ("/api/v1/jobs?limit=1&limit=2", "the parameter 'limit' is there 2 times; say it once"),
    ],
)
def test_a_wrong_parameter_is_not_passed_over(doors, path, says):
    said = doors("GET", path)
    assert said.status_code == 400
    assert said.json()["error"]["code"] == "invalid_request"
    assert says in said.json()["error"]["message"]


STATES = "queued, running, paused, done, failed, cancelled, expired"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/v1/jobs?state=runing", f"unknown state 'runing'; did you mean 'running'? There are: {STATES}"),
        ("/api/v1/jobs?state=done,", f"unknown state ''. There are: {STATES}"),
        ("/api/v1/jobs?state=done,%27x", f'unknown state "\'x". There are: {STATES}'),
        ("/api/v1/jobs?task=trian", "unknown task 'trian'; did you mean 'train'? There are: generate, edit, morph"),
        ("/api/v1/jobs?before=x", 'before = "x" is not allowed: it must be 32 characters of 0-9 and a-f'),
        ("/api/v1/pictures?before=x", 'before = "x" is not allowed: it must be 32 characters of 0-9 and a-f'),
        ("/api/v1/jobs?limit=0", 'limit = "0" is not allowed: it must be at least 1'),
        ("/api/v1/jobs?limit=many", 'limit = "many" is not allowed: it must be a whole number'),
    ],
)
def test_a_wrong_value_in_an_address_is_told_in_words(doors, path, says):
    said = doors("GET", path)
    assert said.status_code == 400
    assert says in said.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"task": "edit", "inputs": {"picture": "/etc/passwd"}, "way": {"kind": "img2img", "strength": 0.5}},
            'inputs.picture = "/etc/passwd" is not allowed: it must be 32 characters of 0-9 and a-f',
        ),
        ({"task": "train", "folder": "scenes", "name": "a", "set": ["train.bach=32"]}, "train.bach"),
        ({"task": "train", "folder": "scenes", "name": "a", "set": ["train.batch=0"]}, "train.batch"),
        ({"task": "train", "folder": "scenes", "name": "a", "set": ["data.flip=maybe"]}, "data.flip"),
    ],
)
def test_what_cannot_be_done_is_refused_at_once_with_its_value(doors, fields, says):
    said = doors("POST", "/api/v1/jobs", json=fields)
    assert said.status_code == 400
    assert says in said.json()["error"]["message"]


def test_jobs_of_some_tasks_are_listed_alone(doors):
    made = doors.submit("local")
    trained = doors("POST", "/api/v1/jobs", json={"task": "train", "folder": "scenes", "name": "listed"}).json()["id"]
    listed = [job["id"] for job in doors("GET", "/api/v1/jobs?task=train,morph").json()["jobs"]]
    assert trained in listed
    assert made not in listed


def test_all_states_may_be_asked_for_at_once(doors):
    assert doors("GET", f"/api/v1/jobs?state={STATES.replace(' ', '')}").status_code == 200


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"unfog": {"sampler": "unipcc"}}, "unfog.sampler", "unknown sampler 'unipcc'; did you mean 'unipc'?"),
        ({"unfog": {"grid": "karass"}}, "unfog.grid", "did you mean 'karras'?"),
        ({"unfog": {"guide": ["pga"]}}, "unfog.guide", "unknown guidance 'pga'"),
        ({"steps": 1000}, "steps", "steps: 1000 is more than this server allows; the most is 250"),
        ({"unfog": {"steps": 1000}}, "unfog.steps", "the most is 250"),
        ({"guidance_scale": 1e9}, "guidance_scale", "it must be at most 100"),
        ({"unfog": {"guidance": -3}}, "unfog.guidance", "it must be at least 0"),
        ({"size": "9999x9999"}, "size", "the most is 2048"),
        ({"unfog": {"stpes": 1}}, "unfog.stpes", "no such field; did you mean 'unfog.steps'? There are: seed"),
    ],
)
def test_openai_clients_are_told_which_parameter_is_meant(doors, fields, param, says):
    said = doors("POST", "/v1/images/generations", json={"prompt": "x"} | fields)
    assert said.status_code == 400
    assert (said.json()["error"]["param"], says in said.json()["error"]["message"]) == (param, True), said.text


def test_clients_of_other_programs_may_send_more(doors):
    for path in ("/sdapi/v1/progress?skip_current_image=true&more=1", "/v1/models?limit=9", "/healthz?x=1"):
        assert doors("GET", path).status_code == 200


def test_what_would_take_too_long_is_refused(tiny, tmp_path):
    doors = Doors(tmp_path, (tiny,), limits={"job_s": 10})
    doors.engine.crew.pace.add(1.0, 1.0)  # a second for every step
    slow = doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": "x", "chosen": {"steps": 11}})
    quick = doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": "x", "chosen": {"steps": 9}})
    doors.close()
    assert (slow.status_code, quick.status_code) == (400, 202)
    assert "about 11 s here, and 10 s are allowed" in slow.json()["error"]["message"]


def test_a_full_queue_says_when_to_come_again(tiny, tmp_path):
    doors = Doors(tmp_path, (tiny,), engine={"queue": 3})
    codes = [doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": "x"}) for _ in range(6)]
    doors.close()
    assert [said.status_code for said in codes] == [202, 202, 202, 429, 429, 429]
    assert 1 <= int(codes[-1].headers["retry-after"]) <= 120
    assert codes[-1].json()["error"]["retryable"] is True


def test_those_who_are_refused_do_not_all_come_again_at_once(tiny, tmp_path):
    doors = Doors(tmp_path, (tiny,), engine={"queue": 3, "at_once": 1})
    doors.engine.crew.pace.add(0.5, 1.0)
    ask = {"task": "generate", "prompt": "x", "chosen": {"steps": 8}}  # 4 s
    codes = [doors("POST", "/api/v1/jobs", json=ask) for _ in range(9)][3:]
    doors.close()
    assert [said.status_code for said in codes] == [429] * 6
    told = [int(said.headers["retry-after"]) for said in codes]
    assert told == [4, 8, 12, 16, 20, 24]  # as the three that wait are done, and the next three


# ---- over a socket


def talk(served: Serving, data: bytes, *, seconds: float = 20.0) -> bytes:
    """Send bytes, and read until the other side closes or says nothing more."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=seconds) as line:
        with contextlib.suppress(OSError):  # closed already, which is an answer
            line.sendall(data)
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except (TimeoutError, ConnectionError):
            pass
        return found


def head(served: Serving, *lines: str, method: str = "POST", path: str = "/api/v1/jobs") -> bytes:
    start = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{served.port}", "Content-Type: application/json", *lines]
    return ("\r\n".join(start) + "\r\n\r\n").encode()


def alive(served: Serving) -> None:
    begin = time.monotonic()
    assert served.http.get("/healthz").status_code == 200
    assert time.monotonic() - begin < 5


def test_many_tiny_pieces_end(served):
    data = head(served, "Transfer-Encoding: chunked", "Connection: close") + b"1\r\nx\r\n" * 30_000
    assert talk(served, data).split()[1] in (b"413", b"408", b"400")
    alive(served)


def test_a_body_that_says_it_is_huge_is_not_waited_for(served):
    assert b" 413 " in talk(served, head(served, "Content-Length: 99999999999"))
    assert b" 400 " in talk(served, head(served, "Content-Length: -1")).partition(b"\r\n")[0]
    alive(served)


def test_heads_that_are_huge(served):
    for lines in ([f"x-{k}: {'v' * 50}" for k in range(10_000)], ["x: " + "v" * 100_000], ["x: y"] * 150):
        said = talk(served, head(served, *lines, "Connection: close", method="GET", path="/healthz"))
        assert said == b"" or said.split()[1] in (b"400", b"431"), said[:100]
    alive(served)


def test_a_head_that_never_ends_is_cut_off(served):
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127")
        assert line.recv(100) == b""  # closed by the server
    assert 0.5 < time.monotonic() - begin < 15
    alive(served)


def test_a_body_that_never_ends_is_cut_off(served):
    said = talk(served, head(served, "Content-Length: 100") + b"{")
    assert b" 408 " in said.partition(b"\r\n")[0]
    alive(served)


def test_one_address_has_a_bounded_number_of_connections(served):
    lines = []
    try:
        for _ in range(60):
            line = socket.create_connection(("127.0.0.1", served.port), timeout=20)
            lines.append(line)
        closed = 0
        for line in lines:
            line.settimeout(0.3 if closed < 20 else 0.01)
            try:
                closed += line.recv(1) == b""
            except TimeoutError:
                pass
            except ConnectionError:
                closed += 1
        assert closed >= 19
    finally:
        for line in lines:
            line.close()
    time.sleep(0.2)
    alive(served)


def test_many_ranges_are_cheap(served):
    ranges = "Range: bytes=" + ",".join(f"{k}-{k + 1}" for k in range(0, 8000, 2))
    begin = time.process_time()
    said = talk(served, head(served, ranges, "Connection: close", method="GET", path="/"), seconds=5)
    assert said.partition(b"\r\n")[0].split()[1] in (b"200", b"400", b"404", b"416", b"431")
    assert time.process_time() - begin < 2


# ---- what is told


def test_failures_tell_nothing_of_this_machine(doors, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Traceback /Users/somebody/secret.py password=hunter2")

    monkeypatch.setattr(doors.engine.store, "rows", broken)
    monkeypatch.setattr(doors.engine.store, "row", broken)
    monkeypatch.setattr(doors.engine, "submit", broken)
    count = 0
    for method, path in doors.routes():
        said = doors(
            method, path, json={"task": "generate", "prompt": "x", "ids": ["0" * 32], "folder": "x", "starred": True}
        )
        count += said.status_code == 500
        for secret in ("/Users", "Traceback", "hunter2", "secret.py", "site-packages", "RuntimeError"):
            assert secret not in said.text
    assert count >= 8


def test_errors_of_the_package_tell_no_path():
    from unfog.server.telling import problem
    from unfog.util.errors import DataError, DiskError, ModelError, UsageError

    for error in (
        DiskError("cannot write /Users/me/x.png: the disk is full"),
        ModelError("/Users/me/models/x/model.safetensors is damaged"),
        DataError("/Users/me/x.png is damaged"),
        UsageError("the folder C:\\Users\\me\\x exists"),
        OSError(28, "No space left", "/Users/me/x"),
        RuntimeError("/Users/me"),
        MemoryError("/Users/me"),
    ):
        code, message, _ = problem(error)
        assert "me" not in message.split()
        assert "/Users" not in message
        assert "Users" not in message
        assert code in ("disk_full", "model_error", "invalid_request", "internal_error", "out_of_memory")
    assert problem(UsageError("steps = 0 is not allowed"))[1] == "steps = 0 is not allowed"


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "a\r\n2026-01-01 INFO [security] all is well", "\x9b31m", "\x00"])
def test_nothing_that_is_asked_writes_a_line_of_its_own_into_the_log(text):
    record = logging.LogRecord("unfog.server", logging.INFO, "f", 1, "asked for %s", (text,), None)
    line = Escaped("%(levelname)s %(message)s").format(record)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert line.startswith("INFO asked for ")


def test_a_prompt_is_data_all_the_way(doors):
    hostile = '<img src=x onerror=alert(1)>\r\nSet-Cookie: a=b\x1b[31m "}{ %s {0} ${x} {{7*7}}'
    said = doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": hostile})
    assert said.status_code == 202
    assert said.headers["content-type"] == "application/json"
    assert "set-cookie" not in said.headers
    assert said.json()["ask"]["prompt"] == hostile
    assert doors("GET", f"/api/v1/jobs/{said.json()['id']}").json()["ask"]["prompt"] == hostile
    assert HOST.startswith("127.")
