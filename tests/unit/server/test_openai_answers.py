"""Pictures as OpenAI clients read them, whole and unfinished."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.recipes import recipe_of

from unfog.media.exif import read_comment
from unfog.media.recipe import picture_file, recipe_text
from unfog.server.drawn import Drawn
from unfog.server.following import FailedError
from unfog.server.openai_answers import DONE, answer, completed_event, facts, moments, partial_event
from unfog.server.openai_fields import parse_fields
from unfog.server.openai_route import answer_of, refusal
from unfog.server.openai_stream import Partials
from unfog.server.states import DrainingError, FullError, NotFoundError
from unfog.util.errors import DataError, MemoryLimitError, ModelError, UsageError

PIXELS = (torch.arange(3 * 16 * 24) % 251).to(torch.uint8).reshape(3, 16, 24)
RECIPE = recipe_of(prompt="größer 日本", size=(24, 16), seed=2**64 - 1)
DRAWN = Drawn(picture_file(PIXELS, RECIPE), 2**64 - 1)


def fields(**sent):
    return parse_fields({"prompt": "x", **sent})[0]


def test_an_answer_has_every_key():
    told = answer([DRAWN, DRAWN], fields(), created=17)
    assert list(told) == ["created", "data", "background", "output_format", "usage", "size"]
    assert (told["created"], told["background"], told["output_format"], told["size"]) == (17, "opaque", "png", "24x16")
    first = told["data"][0]
    assert base64.b64decode(first["b64_json"]) == DRAWN.png  # the very file, recipe and all
    assert first["unfog"]["seed"] == str(2**64 - 1)  # a number that JavaScript cannot keep
    assert first["unfog"]["recipe"] == json.loads(recipe_text(RECIPE))
    assert told["usage"]["total_tokens"] == 0
    assert answer([DRAWN], fields(quality="high"), created=1)["quality"] == "high"
    assert json.loads(json.dumps(told)) == told


def test_a_link_replaces_the_picture():
    told = answer([DRAWN], fields(), created=1, urls=["http://127.0.0.1/x"])
    assert told["data"][0]["url"] == "http://127.0.0.1/x"
    assert "b64_json" not in told["data"][0]


@pytest.mark.parametrize(("form", "compression"), [("jpeg", 90), ("webp", 100), ("webp", 50)])
def test_other_formats_keep_the_recipe(form, compression):
    told = answer([DRAWN], fields(output_format=form, output_compression=compression), created=1)
    data = base64.b64decode(told["data"][0]["b64_json"])
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == (form.upper(), (24, 16))
    assert read_comment(data, name="x")["comment"] == recipe_text(RECIPE)
    if (form, compression) == ("webp", 100):
        assert np.array_equal(np.asarray(picture.convert("RGB")), PIXELS.permute(1, 2, 0).numpy())


def test_a_finished_picture_is_an_event():
    text = completed_event("image_edit", DRAWN, fields(output_format="png"), at=5).decode()
    head, data, end, rest = text.split("\n")
    assert (head, end, rest) == ("event: image_edit.completed", "", "")
    told = json.loads(data.removeprefix("data: "))
    assert told["type"] == "image_edit.completed"
    assert {"b64_json", "created_at", "size", "quality", "background", "output_format", "usage"} <= told.keys()
    assert base64.b64decode(told["b64_json"]) == DRAWN.png
    assert DONE == b"data: [DONE]\n\n"


@pytest.mark.parametrize(("size", "shown"), [((48, 32), (48, 32)), (None, (512, 341))])
def test_an_unfinished_picture_has_the_size_of_the_finished_one(size, shown):
    told = json.loads(
        partial_event("image_generation", DRAWN.png, size, fields(), index=1, at=5).decode().split("data: ")[1]
    )
    assert told["type"] == "image_generation.partial_image"
    assert told["partial_image_index"] == 1
    assert Image.open(io.BytesIO(base64.b64decode(told["b64_json"]))).size == shown
    assert told["size"] == f"{shown[0]}x{shown[1]}"


def test_a_picture_of_the_models_own_size_stays_small_meanwhile():
    told = partial_event("image_generation", DRAWN.png, None, fields(unfog={"native": True}), index=0, at=5)
    assert b'"size": "24x16"' in told


def test_what_is_said_of_transparency():
    assert facts(fields(background="transparent"))["background"] == "transparent"
    assert facts(fields(background="auto"))["background"] == "opaque"


def test_unfinished_pictures_are_spread_over_the_steps():
    assert moments(0, 1, 12) == []
    assert moments(1, 1, 12) == [6]
    assert moments(3, 1, 12) == [3, 6, 9]
    assert moments(2, 2, 24) == [4, 8, 16, 20]
    assert moments(3, 1, 2) == [1, 1, 2]  # more than there are steps


def test_missed_ones_are_left_out_and_those_that_are_shown_are_counted():
    partials = Partials(2, 2)
    shown = []
    for i in range(1, 25):
        partials.advance(i, 24)
        if i in (3, 5, 11, 12, 21):  # when previews come
            shown.append((i, partials.due()))
        if i == 12:
            partials.finish(1)
    assert shown == [(3, None), (5, 0), (11, 1), (12, None), (21, 0)]
    late = Partials(2, 1)
    late.advance(9, 12)
    assert late.due() == 0  # the first that came, though it was time for two
    none = Partials(0, 1)
    none.advance(5, 9)
    assert none.due() is None


@pytest.mark.parametrize(
    ("error", "status", "code", "kind"),
    [
        (UsageError("a"), 400, "invalid_value", "invalid_request_error"),
        (DataError("a"), 400, "invalid_image_file", "invalid_request_error"),
        (ModelError("a"), 404, "model_not_found", "invalid_request_error"),
        (MemoryLimitError("a"), 500, "out_of_memory", "server_error"),
        (FullError(7, "a"), 429, "queue_full", "rate_limit_error"),
        (DrainingError("a"), 503, "server_draining", "server_error"),
        (NotFoundError("a"), 404, "not_found", "invalid_request_error"),
        (FailedError("invalid_request", "a", retryable=False), 400, "invalid_value", "invalid_request_error"),
        (FailedError("out_of_memory", "a", retryable=False), 500, "out_of_memory", "server_error"),
        (FailedError("cancelled", "a", retryable=False), 409, "cancelled", "invalid_request_error"),
        (FailedError("server_restarted", "a", retryable=True), 500, "server_restarted", "server_error"),
    ],
)
def test_every_failure_has_its_form(error, status, code, kind):
    said = answer_of(refusal(error))
    told = json.loads(bytes(said.body))
    assert said.status_code == status
    assert told == {"error": {"message": "a", "type": kind, "param": told["error"]["param"], "code": code}}


def test_clients_are_told_whether_to_try_again():
    assert answer_of(refusal(FullError(7, "a"))).headers["retry-after"] == "7"
    assert answer_of(refusal(FailedError("cancelled", "a", retryable=False))).headers["x-should-retry"] == "false"
    assert "x-should-retry" not in answer_of(refusal(FailedError("server_restarted", "a", retryable=True))).headers
