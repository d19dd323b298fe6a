"""``unfog evaluate`` on a small model that has learned nothing: what it prints, and everything it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.models import tiny_config
from tests.support.saved import save_tiny

from unfog.cli.main import run
from unfog.config.manifest import Metric
from unfog.config.sample import SampleConfig
from unfog.data.scenes import PromptKind, evaluation_prompts, evaluation_scenes, render
from unfog.evaluate.faithfulness import Share, wilson
from unfog.evaluate.questions import Questions
from unfog.jobs import evaluate, evaluate_draw, evaluate_scenes
from unfog.jobs.events import Progress, Result
from unfog.jobs.settings import Chosen
from unfog.media.image import to_uint8
from unfog.model.store import load_model
from unfog.samplers.step import last
from unfog.tasks.generate import decode, generate
from unfog.util.errors import Exit

FACTS = ("count", "colour", "shape", "size", "place", "relation", "background")
SAMPLE = SampleConfig(sampler="ddim", grid="uniform", steps=3, guidance=2.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models") / "small", tiny_config(size=32), name="small", sample=SAMPLE)


@pytest.fixture
def quick(monkeypatch):
    """Try the grader on a few renders only; that it is tried on many is tested once."""
    monkeypatch.setattr(evaluate_scenes, "CHECKED", (8, 8))


def result(folder: Path, **more: Any) -> dict[str, Any]:
    (payload,) = [e.payload for e in evaluate.evaluate_job(str(folder), device="cpu", **more) if isinstance(e, Result)]
    return payload


def test_it_prints_one_json_object_with_every_measurement(folder, capsys):
    assert run(["evaluate", str(folder), "-n", "5", "--seed", "3", "--device", "cpu", "--json"]) == Exit.OK
    payload = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # NaN and infinities are no JSON
    whole = ["one_object", "two_objects_relation", "count", "mixed_all_facts"]
    assert [m["name"] for m in payload["metrics"][:4]] == whole
    stated = [facts for _, facts in evaluation_prompts(3, 5, "mixed")]
    counts = {m["name"]: m["n"] for m in payload["metrics"]}
    assert counts["mixed_all_facts"] == counts["mixed_count"] == counts["mixed_background"] == 5
    assert counts["mixed_relation"] == sum(f.relation is not None for f in stated) > 0
    assert {*counts} <= {*whole, *(f"mixed_{name}" for name in FACTS)}
    for found in payload["metrics"]:
        assert Metric.model_validate(found).n == found["n"]
        assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1
    assert (payload["suite"], payload["n"], payload["seed"], payload["device"]) == ("scenes", 5, 3, "cpu")
    assert payload["model"]["name"] == "small"
    assert payload["nfe"] == 6  # three steps, guided
    assert payload["sample"] == SAMPLE.model_dump(mode="json")
    assert payload["grader"]["clean"] >= 0.99
    assert payload["grader"]["noisy"] >= 0.97
    assert payload["grader"]["clean_n"] >= 100
    assert payload["seconds"] > 0


def test_settings_can_be_chosen_and_lines_are_for_people(quick, folder, capsys):
    chosen = ["--sampler", "dpmpp_2m", "--times", "karras", "--steps", "2", "--guidance", "1"]
    assert run(["evaluate", str(folder), "-n", "1", "--device", "cpu", *chosen]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["one_object", "0.0", "%", "[0.0,", "79.3]", "n", "1"]
    assert (
        "small, suite scenes: dpmpp_2m, 2 steps on karras, guidance 1; 2 network evaluations per picture" in lines[-2]
    )
    assert lines[-1].startswith("the grader reads 100.0% of clean")


@pytest.mark.slow
def test_pictures_are_those_of_their_prompts_and_seeds(quick, folder, monkeypatch):
    """Picture k has prompt k and the seed (seed + k) mod 2^64, whatever is drawn together."""
    seed, n, seen = 2**64 - 2, 5, list[torch.Tensor]()
    parse = evaluate_scenes.parse

    def watched(pixels, drawing):
        seen.append(pixels)
        return parse(pixels, drawing)

    monkeypatch.setattr(evaluate_draw, "TOGETHER", {"cpu": 2})
    monkeypatch.setattr(evaluate_scenes, "parse", watched)
    payload = result(folder, n=n, seed=seed, chosen=Chosen(steps=2))
    assert [len(pixels) for pixels in seen] == [2, 2, 1] * 4
    assert payload["nfe"] == 4
    model, sample = load_model(folder), SAMPLE.model_copy(update={"steps": 2})
    parts: tuple[tuple[PromptKind, int], ...] = (("one", 0), ("mixed", 9))
    for kind, start in parts:
        drawn = torch.cat(seen[start : start + 3])
        for k, (text, _) in enumerate(evaluation_prompts(seed, n, kind)):
            alone = decode(model, last(generate(model, text, [(seed + k) % 2**64], sample)).x)
            assert (drawn[k].int() - alone[0].int()).abs().max() <= 1


def test_a_model_that_draws_every_prompt_would_get_everything_right(quick, folder, monkeypatch):
    """The pictures of the model are replaced by the scenes the prompts describe, but for the first of every kind."""
    kinds = iter(("one", "two", "count", "mixed"))

    def perfect(model, x, *, transparent):
        pixels = to_uint8(render(evaluation_scenes(0, 6, next(kinds)), 32))
        pixels[0] = 255
        return pixels

    monkeypatch.setattr(evaluate_scenes, "decode", perfect)
    payload = result(folder, n=6, chosen=Chosen(steps=1))
    shares = {m["name"]: (m["value"], m["n"]) for m in payload["metrics"]}
    assert {shares.pop(name) for name in ("one_object", "two_objects_relation", "count")} == {(5 / 6, 6)}
    assert shares.pop("mixed_all_facts") == (5 / 6, 6)
    assert shares["mixed_relation"][0] == 1.0  # the white picture had none to state
    low_high = {(m["low"], m["high"]) for m in payload["metrics"] if m["n"] == 6 and m["value"] < 1}
    assert low_high == {(wilson(5, 6).low, wilson(5, 6).high)}


def test_it_tells_how_far_it_is(quick, folder):
    events = [e for e in evaluate.evaluate_job(str(folder), n=2, device="cpu") if isinstance(e, Progress)]
    assert events[0].total == 0
    assert [e.done for e in events[1:]] == list(range(2, 25, 2))
    assert {e.total for e in events[1:]} == {24}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--suite", "scene"], "unknown suite 'scene'; did you mean 'scenes'?"),
        (["-n", "0"], "-n must be between 1 and 100000, got 0"),
        (["--sampler", "unipcc"], "unknown sampler 'unipcc'; did you mean 'unipc'?"),
        (["--steps", "0"], "steps"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(folder, capsys, arguments, words):
    assert run(["evaluate", str(folder), "--device", "cpu", *arguments]) == Exit.USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


@pytest.mark.slow
def test_pictures_that_cannot_be_graded_are_refused(tmp_path, capsys):
    gray = save_tiny(tmp_path / "gray", tiny_config(size=32, channels=1), name="gray")
    assert run(["evaluate", str(gray)]) == Exit.USAGE
    assert "the suite scenes needs 3 channels" in capsys.readouterr().err
    small = save_tiny(tmp_path / "tiny", tiny_config(size=16), name="tiny")
    assert run(["evaluate", str(small), "-n", "1"]) == Exit.USAGE
    assert "noisy renders of 16 x 16 pixels without error and 97 % are needed" in capsys.readouterr().err


def nearly(side: int, n: int, seed: int, *, noisy: bool, questions: Questions) -> Share:
    return wilson(int(0.985 * n), n)


def test_a_grader_that_errs_measures_nothing(folder, capsys, monkeypatch):
    monkeypatch.setattr(evaluate_scenes, "share_right", nearly)
    assert run(["evaluate", str(folder), "-n", "500"]) == Exit.USAGE
    captured = capsys.readouterr()
    assert "the grader reads only 98.5 % of 2000 clean renders of 32 x 32 pixels" in captured.err
    assert captured.out == ""
