"""What OpenAI clients send, as asks: golden pairs, forms, errors, pictures and the polarity of masks."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfog.config.ask import Given
from unfog.config.edit import Img2Img, Inpaint, Restyle
from unfog.media.image import Limits
from unfog.server.carried import bytes_in, text_of
from unfog.server.openai_asks import edit_ask, generate_ask
from unfog.server.openai_errors import Refused
from unfog.server.openai_fields import from_form, parse_fields
from unfog.server.openai_inputs import prepared
from unfog.util.errors import DataError, UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden/openai_asks.json").read_text(encoding="utf-8"))
GIVEN = Given(picture="a" * 32)
MASKED = Given(picture="a" * 32, mask="b" * 32)
CAPS = Limits()


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def noisy(width: int, height: int, mode: str = "RGB") -> Image.Image:
    rows, columns, channels = np.meshgrid(range(height), range(width), range(len(mode)), indexing="ij")
    return Image.fromarray((rows * 31 + columns * 17 + channels * 53).astype(np.uint8))


@pytest.mark.parametrize("case", CASES, ids=[case["client"][:40] for case in CASES])
def test_what_clients_send_is_the_ask_it_was(case):
    fields, ignored = parse_fields(case["sent"])
    assert generate_ask(fields).model_dump(mode="json") == case["ask"]
    assert list(ignored) == case["ignored"]


def test_a_form_is_the_object_that_it_was_made_of():
    """As openai 3.54.0 writes extra_body into a form."""
    items = [
        ("prompt", "a cat"),
        ("seed", "7"),
        ("unfog[steps]", "5"),
        ("unfog[strict]", "true"),
        ("unfog[guide][]", "apg"),
        ("unfog[guide][]", "tcfg"),
        ("unfog[way][kind]", "inpaint"),
        ("unfog[way][feather]", "3"),
    ]
    assert from_form(items) == {
        "prompt": "a cat",
        "seed": "7",
        "unfog": {"steps": "5", "strict": "true", "guide": ["apg", "tcfg"], "way": {"kind": "inpaint", "feather": "3"}},
    }
    fields, ignored = parse_fields(from_form(items))
    assert (fields.seed, fields.unfog.steps, fields.unfog.guide, fields.unfog.strict) == (7, 5, ("apg", "tcfg"), True)
    assert fields.unfog.way == Inpaint(feather=3)
    assert ignored == ()


@pytest.mark.parametrize("names", [("a", "a[b]"), ("a[b]", "a"), ("a[]", "a[b]"), ("a[b]", "a[b][c]"), ("a", "a")])
def test_a_form_that_says_two_things_is_refused(names):
    with pytest.raises(Refused, match="in two ways"):
        from_form([(name, "1") for name in names])


def test_a_form_is_bounded():
    with pytest.raises(Refused, match="too many"):
        from_form([(f"f{k}", "1") for k in range(201)])
    with pytest.raises(Refused, match="too deep"):
        from_form([("a" + "[b]" * 6, "1")])


def test_unfog_may_be_a_json_text_in_a_form():
    fields, _ = parse_fields(from_form([("prompt", "x"), ("unfog", '{"steps": 4}')]))
    assert fields.unfog.steps == 4
    with pytest.raises(Refused) as refused:
        parse_fields({"prompt": "x", "unfog": "{"})
    assert refused.value.param == "unfog"


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        ({}, "prompt", "missing_required_parameter"),
        ({"prompt": "x" * 4097}, "prompt", "string_above_max_length"),
        ({"prompt": 3}, "prompt", "invalid_value"),
        ({"prompt": "x", "n": 0}, "n", "invalid_value"),
        ({"prompt": "x", "n": 11}, "n", "invalid_value"),
        ({"prompt": "x", "size": "512"}, "size", "invalid_value"),
        ({"prompt": "x", "size": "512x512x512"}, "size", "invalid_value"),
        ({"prompt": "x", "size": "4x512"}, "size[0]", "invalid_value"),
        ({"prompt": "x", "seed": 2**64}, "seed", "invalid_value"),
        ({"prompt": "x", "seed": 1.5}, "seed", "invalid_value"),
        ({"prompt": "x", "partial_images": 4}, "partial_images", "invalid_value"),
        ({"prompt": "x", "output_format": "gif"}, "output_format", "invalid_value"),
        ({"prompt": "x", "response_format": "file"}, "response_format", "invalid_value"),
        ({"prompt": "x", "output_format": "jpeg", "background": "transparent"}, "output_format", "invalid_value"),
        ({"prompt": "x", "guidance_scale": float("nan")}, "guidance_scale", "invalid_value"),
        ({"prompt": "x", "unfog": {"stpes": 3}}, "unfog.stpes", "unknown_parameter"),
        ({"prompt": "x", "colour": 1, "unfog": {"strict": True}}, "colour", "unknown_parameter"),
    ],
)
def test_what_is_not_allowed_is_named(sent, param, code):
    with pytest.raises(Refused) as refused:
        parse_fields(sent)
    error = refused.value
    assert (error.status, error.param, error.code) == (400, param, code)
    body = error.body["error"]
    assert list(body) == ["message", "type", "param", "code"]
    assert body["type"] == "invalid_request_error"
    assert "Value error" not in body["message"]


def test_no_object_is_refused():
    with pytest.raises(Refused, match="no JSON object"):
        parse_fields([1])


def test_edits_are_img2img_without_a_mask_and_inpainting_with_one():
    fields, _ = parse_fields({"prompt": "x"})
    assert edit_ask(fields, GIVEN).way == Img2Img()
    assert edit_ask(fields, MASKED).way == Inpaint()
    fields, _ = parse_fields({"prompt": "x", "unfog": {"strength": 0.25, "feather": 9}})
    assert edit_ask(fields, GIVEN).way == Img2Img(strength=0.25)
    with pytest.raises(Refused, match="leave strength out"):
        edit_ask(fields, MASKED)
    fields, _ = parse_fields({"prompt": "x", "unfog": {"feather": 9}})
    assert edit_ask(fields, MASKED).way == Inpaint(feather=9)
    fields, _ = parse_fields({"prompt": "x", "n": 3, "unfog": {"way": {"kind": "restyle", "keep": 0.3}}})
    ask = edit_ask(fields, GIVEN)
    assert (ask.way, ask.n) == (Restyle(keep=0.3), 3)
    with pytest.raises(Refused, match="belongs to edits"):
        generate_ask(fields)


def test_the_golden_mask_what_is_transparent_is_painted():
    """OpenAI: alpha 0 = edit. In ours white is painted."""
    mask = noisy(5, 3, "RGBA")
    alpha = np.array([[0, 1, 127, 254, 255], [255] * 5, [0] * 5], dtype=np.uint8)
    mask.putalpha(Image.fromarray(alpha))
    fields, _ = parse_fields({"prompt": "x"})
    ready = prepared(png(noisy(5, 3)), png(mask), fields, CAPS)
    assert ready.picture is None  # as it was sent
    assert ready.mask is not None
    painted = np.asarray(Image.open(io.BytesIO(ready.mask)))
    assert painted.tolist() == [[255, 254, 128, 1, 0], [0] * 5, [255] * 5]


def test_without_a_mask_the_transparent_part_of_the_picture_is_painted():
    picture = noisy(5, 3, "RGBA")
    picture.putalpha(Image.fromarray(np.array([[0, 0, 255, 255, 255]] * 3, dtype=np.uint8)))
    fields, _ = parse_fields({"prompt": "x"})
    ready = prepared(png(picture), None, fields, CAPS)
    assert ready.mask is not None
    assert ready.picture is not None
    assert np.asarray(Image.open(io.BytesIO(ready.mask))).tolist() == [[255, 255, 0, 0, 0]] * 3
    opaque = Image.open(io.BytesIO(ready.picture))
    assert opaque.mode == "RGB"
    assert np.array_equal(np.asarray(opaque)[:, 2:], np.asarray(picture)[:, 2:, :3])
    fields, _ = parse_fields({"prompt": "x", "unfog": {"way": {"kind": "img2img"}}})
    assert prepared(png(picture), None, fields, CAPS).mask is None


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        (noisy(4, 3, "RGBA"), "invalid_mask_size"),
        (Image.new("RGBA", (5, 3), (1, 2, 3, 255)), "invalid_value"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, code):
    fields, _ = parse_fields({"prompt": "x"})
    with pytest.raises(Refused) as refused:
        prepared(png(noisy(5, 3)), png(mask), fields, CAPS)
    assert (refused.value.code, refused.value.param) == (code, "mask")


def test_a_mask_without_transparency_is_refused():
    fields, _ = parse_fields({"prompt": "x"})
    with pytest.raises(Refused, match="no transparency") as refused:
        prepared(png(noisy(5, 3)), png(noisy(5, 3)), fields, CAPS)
    assert (refused.value.status, refused.value.code, refused.value.param) == (400, "invalid_image_file", "mask")
    with pytest.raises(Refused) as refused:
        prepared(png(noisy(5, 3)), b"no picture", fields, CAPS)
    assert refused.value.param == "mask"


def test_no_picture_is_made_larger_than_one_may_be():
    fields, _ = parse_fields({"prompt": "x", "size": "99999x99999"})
    with pytest.raises(Refused, match="99999x99999 are 9999800001 pixels") as refused:
        prepared(png(noisy(5, 3)), None, fields, CAPS)
    assert refused.value.param == "size"


def test_the_size_of_an_edit_is_that_of_the_picture_unless_it_is_said():
    fields, _ = parse_fields({"prompt": "x", "size": "auto"})
    assert prepared(png(noisy(30, 20)), None, fields, CAPS).size == (30, 20)
    fields, _ = parse_fields({"prompt": "x", "size": "60x20"})
    ready = prepared(png(noisy(30, 20)), None, fields, CAPS)
    assert ready.picture is not None
    assert ready.size == Image.open(io.BytesIO(ready.picture)).size == (60, 20)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/a.png",
        "https://127.0.0.1/a.png",
        "HTTP://[::1]/",
        "file:///etc/passwd",
        "//example.com/a",
        "ftp://a",
        "/etc/passwd",
        "../a.png",
        "gopher://x",
    ],
)
def test_addresses_are_refused(text):
    with pytest.raises(UsageError, match="nothing is fetched"):
        bytes_in(text, name="image")


@pytest.mark.parametrize("text", ["", "data:image/png;base64,", "ä", "a", "data:text/html;base64,AAAA"])
def test_what_is_no_base64_is_refused(text):
    with pytest.raises((DataError, UsageError)):
        bytes_in(text, name="image")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n", b"\xff\xd8\xff\xe0 a jpeg", b"RIFFxxxxWEBP", bytes(range(256))])
def test_base64_bare_or_as_a_link_is_read(data):
    assert bytes_in(text_of(data), name="image") == data
    assert bytes_in("data:image/jpeg;base64," + text_of(data), name="image") == data
    assert bytes_in("data:image/svg+xml;charset=utf-8;base64," + text_of(data), name="image") == data
