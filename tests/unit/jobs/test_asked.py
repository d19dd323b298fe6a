"""From an ask to the job that fulfils it."""

from __future__ import annotations

from tests.support.models import tiny_config
from tests.support.saved import manifest_of

from unfog.config.ask import GenerateAsk, parse_ask
from unfog.config.explain import ForwardRequest
from unfog.config.sample import GenerateRequest, MorphRequest
from unfog.jobs.asked import ids_of, needs_model, seeded, settled

MANIFEST = manifest_of(tiny_config())
ID = "0123456789abcdef" * 2


def ask_for(**fields):
    return parse_ask({"task": "generate", "prompt": "x"} | fields)


def test_seeds_are_drawn_once():
    drawn = [seeded(ask_for()) for _ in range(8)]
    assert all(isinstance(ask, GenerateAsk) and ask.seed is not None and 0 <= ask.seed < 2**32 for ask in drawn)
    assert len({ask.seed for ask in drawn if isinstance(ask, GenerateAsk)}) > 1
    assert seeded(drawn[0]) == drawn[0]
    both = seeded(parse_ask({"task": "morph", "prompts": ["a", "b"]}))
    assert both.model_dump()["seeds"][0] == both.model_dump()["seeds"][1]
    page = seeded(parse_ask({"task": "explain", "what": "reverse", "request": {"prompt": "x"}}))
    assert page.model_dump()["request"]["seed"] is not None


def test_what_nobody_chose_is_what_the_model_recommends():
    request = settled(ask_for(seed=5, n=2), MANIFEST, {})
    assert isinstance(request, GenerateRequest)
    assert request.sample == MANIFEST.sample
    assert (request.canvas, request.size) == ((16, 16), (512, 512))
    morph = settled(seeded(parse_ask({"task": "morph", "prompts": ["a", "b"], "format": "png"})), MANIFEST, {})
    assert isinstance(morph, MorphRequest)
    assert (morph.size, morph.sample) == ((128, 128), MANIFEST.sample)


def test_pictures_are_named_and_forward_pages_need_no_model():
    page = parse_ask({"task": "explain", "what": "forward", "picture": ID})
    assert ids_of(page) == [ID]
    assert not needs_model(page)
    assert settled(page, None, {}) == ForwardRequest()
    other = ID[::-1]
    edit = parse_ask({"task": "edit", "inputs": {"picture": ID, "style": other}, "way": {"kind": "restyle"}})
    assert ids_of(edit) == [ID, other]
    assert needs_model(edit)
