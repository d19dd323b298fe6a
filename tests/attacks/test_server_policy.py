"""T30: prompts that the owner of a server refuses, however they are spelt and whichever way they come."""

from __future__ import annotations

import base64
import logging

import pytest
from tests.support.doors import Doors
from tests.support.pictures import encoded, pattern
from tests.support.saved import save_tiny

from unfog.config.ask import parse_ask
from unfog.server.policy import Policy, PolicyError
from unfog.util.errors import UsageError

REFUSED = ("gore", "jane doe", "weapon*", "*血*")
SPELT = [
    "gore", "a GORE scene", "much gore, at night", "ｇｏｒｅ", "go\u200bre", "gó\u0301re", "gore's",
    "(gore:1.3)", "gore\u0000",
    "Jane  Doe", "jane-doe", "JANE_DOE", "jane\ndoe", "weaponry", "weapon", "流血事件", "a red circle. gore",
]  # fmt: skip
FINE = ["a red circle", "Gorey Castle", "plain jane, john doe", "disarmed", "ignore"]
CHANGE = {"x-unfog": "1"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),), refused=REFUSED, engine={"queue": 1000})
    yield doors
    doors.close()


def code_of(said) -> tuple[int, str]:
    return said.status_code, said.json()["error"]["code"]


@pytest.mark.parametrize("prompt", SPELT)
def test_a_refused_prompt_is_refused_however_it_is_spelt(doors, prompt):
    before = len(doors.engine.crew.line)
    said = doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": prompt})
    assert code_of(said) == (400, "content_policy_violation"), prompt
    assert len(doors.engine.crew.line) == before


def test_what_the_model_leaves_out_is_refused_all_the_same():
    with pytest.raises(PolicyError, match="'gore'"):
        Policy(("gore*",)).check(parse_ask({"task": "generate", "prompt": "a gore5 scene"}), lambda _: "a scene")


@pytest.mark.parametrize("prompt", FINE)
def test_others_are_drawn(doors, prompt):
    assert doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": prompt}).status_code == 202


def test_it_may_be_said_what_is_not_wanted(doors):
    ask = {"task": "generate", "prompt": "a red circle", "negative": "gore"}
    assert doors("POST", "/api/v1/jobs", json=ask).status_code == 202


def test_no_other_field_and_no_other_task_takes_it(doors):
    sent = doors("POST", "/api/v1/files", headers=CHANGE, files={"file": ("p.png", encoded(pattern(16, 16)))})
    given = {"picture": sent.json()["id"]}
    regions = [{"prompt": "gore", "box": [0, 0, 0.5, 1]}]
    for ask in (
        {"task": "generate", "prompt": "a room", "layout": {"regions": regions}},
        {"task": "edit", "inputs": given, "way": {"kind": "img2img"}, "prompt": "gore"},
        {"task": "edit", "inputs": given, "way": {"kind": "upscale"}, "prompt": "gore"},
        {"task": "morph", "prompts": ["a red circle", "gore"]},
        {"task": "explain", "what": "reverse", "request": {"prompt": "gore"}},
    ):
        assert code_of(doors("POST", "/api/v1/jobs", json=ask)) == (400, "content_policy_violation"), ask


def test_the_openai_surface_says_it_in_its_own_words(doors):
    picture = "data:image/png;base64," + base64.b64encode(encoded(pattern(16, 16))).decode()
    for path, body in (
        ("generations", {"prompt": "gore"}),
        ("generations", {"prompt": "gore", "stream": True}),
        ("edits", {"prompt": "gore", "images": [{"image_url": picture}]}),
    ):
        said = doors("POST", f"/v1/images/{path}", json=body)
        assert said.status_code == 400
        error = said.json()["error"]
        assert (error["code"], error["type"], error["param"]) == (
            "content_policy_violation", "invalid_request_error", "prompt",
        )  # fmt: skip


def test_so_does_the_web_ui_s(doors):
    said = doors("POST", "/sdapi/v1/txt2img", json={"prompt": "gore"})
    assert said.status_code == 400
    assert said.json()["detail"].startswith("content_policy_violation: ")


def test_a_refusal_is_in_the_log_and_its_prompt_is_not(doors, caplog):
    logging.getLogger("unfog.server").propagate = True
    with caplog.at_level(logging.INFO, "unfog.server"):
        doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": "my secret gore"})
    assert "does not draw 'gore'" in caplog.text
    assert "secret" not in caplog.text


def test_what_waits_is_looked_at_again_after_a_restart(tmp_path_factory):
    """A list that has grown holds for what was asked before."""
    tiny = str(save_tiny(tmp_path_factory.mktemp("models") / "tiny"))
    root = tmp_path_factory.mktemp("data")
    first = Doors(root, (tiny,))
    job = first.submit("local", prompt="gore")
    first.close()
    then = Doors(root, (tiny,), refused=REFUSED)
    try:
        (waiting,) = [one for one in records(then) if one.id == job]
        then.runner.run(then.engine._recover(waiting))
        assert then("GET", f"/api/v1/jobs/{job}").json()["state"] == "failed"
    finally:
        then.close()


def records(doors: Doors):
    from unfog.server.record import open_jobs

    return open_jobs(doors.engine.store)


def test_the_policy_is_visible_and_off_by_default(doors):
    assert doors("GET", "/api/v1/server").json()["refuses"] is True
    Policy(()).check(parse_ask({"task": "generate", "prompt": "gore"}))


def test_a_list_with_nothing_in_a_line_is_no_list():
    for entry in ("*", "...", " "):
        with pytest.raises(UsageError, match="has no letters"):
            Policy((entry,))


def test_a_long_list_and_a_long_prompt_end():
    policy = Policy(tuple(f"*word{k}*" for k in range(2000)))
    policy.check(parse_ask({"task": "generate", "prompt": "word" * 1024}))
    policy.check(parse_ask({"task": "generate", "prompt": "a " * 2048}))
    with pytest.raises(PolicyError):
        policy.check(parse_ask({"task": "generate", "prompt": "a " * 2000 + "xword77y"}))


def test_a_mistake_that_the_model_reads_as_a_refused_word_is_refused(tmp_path):
    doors = Doors(tmp_path, ("emoji-64",), refused=("hamburger",))
    try:
        for prompt, code in (("a hamburgr", 400), ("a (hmaburger:1.2) on a plate", 400), ("a pizza", 202)):
            assert doors("POST", "/api/v1/jobs", json={"task": "generate", "prompt": prompt}).status_code == code
    finally:
        doors.close()
