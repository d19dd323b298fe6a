"""Several things of a prompt are painted one by one, and the recipe says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from tests.support.saved import manifest_of

from unfog.config.ask import Chosen, parse_ask
from unfog.config.explain import ReverseRequest
from unfog.config.manifest import Knowledge
from unfog.config.sample import Layer, Layout
from unfog.jobs.asked import settled
from unfog.jobs.cost import cost, steps_in
from unfog.jobs.events import Event, Note, Picture, Preview, Progress, Result
from unfog.jobs.explain_reverse import explain_reverse_job
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.layered import paintings
from unfog.jobs.replay import made_again
from unfog.jobs.settings import request_for
from unfog.model.locate import inspect
from unfog.model.store import save_model
from unfog.samplers.step import last
from unfog.tasks.arrange import Spot
from unfog.tasks.generate import Tally
from unfog.tasks.layers import (
    EMPTY,
    Piece,
    cut,
    nothing,
    on_nothing,
    paint_things,
    placed,
    put_together,
    seed_of,
    side_by_side,
)
from unfog.util.errors import UsageError

KNOWS = Knowledge(concepts=("turtle", "circle"), words="a two red wearing above on background")
CONFIG = tiny_config(channels=4).model_copy(update={"completes": True})
PROMPT = "two circles above a turtle on a red background"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("layered") / "tiny"
    manifest = manifest_of(CONFIG).model_copy(update={"knows": KNOWS})
    save_model(awake_model(CONFIG), folder, manifest, "# tiny\n")
    return open_model(inspect(folder), "cpu")


def test_things_are_painted_on_nothing_each_as_if_alone(loaded: Loaded) -> None:
    def painted(texts: dict[str, int]) -> torch.Tensor:
        denoise = on_nothing(loaded.model, list(texts), sample, "", Tally())
        return last(paint_things(loaded.model, denoise, list(texts.values()), sample)).x

    sample = loaded.found.manifest.sample
    x = painted({"a turtle": 3, "two circles": 4})
    assert torch.equal(x[..., :EMPTY, :], nothing((16, EMPTY)).expand(2, -1, -1, -1))
    assert torch.equal(x[..., -EMPTY:], nothing((EMPTY, 16)).expand(2, -1, -1, -1))
    assert (x[:, 3, EMPTY:-EMPTY, EMPTY:-EMPTY] > -1).flatten(1).any(1).all()
    alone = torch.cat([painted({"a turtle": 3}), painted({"two circles": 4})])
    torch.testing.assert_close(x, alone, atol=1e-4, rtol=0)
    assert (alone[0] - alone[1]).abs().max() > 0.01


def test_no_more_than_four_side_by_side() -> None:
    layout = Layout(layers=(Layer(prompt="a cat", copies=3), Layer(prompt="a dog", copies=2, to=0)))
    assert side_by_side(layout) == [[(0, 0), (0, 1), (0, 2), (1, 0)], [(1, 1)]]


def test_events_recipe_and_the_way_back(loaded: Loaded) -> None:
    request = request_for(loaded.found.manifest, PROMPT, Chosen(), n=2, seed=4, size=(48, 48), whole=False)
    assert paintings(request) == 4  # two circles, a turtle, the ground
    events = list(generate_job(request, loaded, previews=True))
    steps = request.sample.steps
    told, in_all = [e for e in events if isinstance(e, Progress)], 2 * 2 * steps  # the ground, then three side by side
    assert [(e.done, e.total) for e in told] == [(k, in_all) for k in range(1, in_all + 1)]
    seen = [e.pixels for e in events if isinstance(e, Preview)]
    assert [x.shape for x in seen] == [(1, 3, 16, 16)] * in_all
    assert not torch.equal(seen[steps - 1], seen[steps])  # things appear on the ground
    *_, note = [e.message for e in events if isinstance(e, Note)]
    assert note == "painted one by one, then put together: 2 x a circle; a turtle; a plain red background"
    first, second = (e for e in events if isinstance(e, Picture))
    assert isinstance(events[-1], Result)
    assert events[-1].payload["nfe"] == first.recipe.nfe == 4 * 2 * steps
    assert not torch.equal(first.pixels, second.pixels)
    for made in (first, second):
        (again,) = (e for e in made_again(made.recipe, loaded, (), None) if isinstance(e, Picture))
        assert torch.equal(again.pixels, made.pixels)
        assert again.recipe == made.recipe
    alone = request_for(loaded.found.manifest, PROMPT, Chosen(), seed=5, size=(48, 48), whole=False)
    (single,) = (e for e in generate_job(alone, loaded) if isinstance(e, Picture))
    assert torch.equal(single.pixels, second.pixels)


def test_what_is_asked_in_one_piece_is_painted_so(loaded: Loaded, tmp_path: Path) -> None:
    manifest = loaded.found.manifest
    tile = Layout(tile=True)
    for prompt, whole, layout in ((PROMPT, True, None), ("a turtle", False, None), (PROMPT, False, tile)):
        request = request_for(manifest, prompt, Chosen(), whole=whole, layout=layout)
        assert paintings(request) == 1
        assert request.layout is None or not request.layout.layers
    layers = request_for(manifest, PROMPT, Chosen(), whole=False)
    with pytest.raises(UsageError, match="--whole"):
        next(generate_job(layers, loaded, trajectory=tmp_path / "way.gif"))
    ask = parse_ask({"task": "generate", "prompt": PROMPT})
    assert settled(ask, manifest, {}) == layers.model_copy(update={"seed": 0})
    assert (steps_in(layers), cost(layers, 16)) == (2 * layers.sample.steps, 4 * layers.sample.steps)


@pytest.mark.slow
def test_what_is_explained_in_one_piece_says_so(loaded: Loaded, tmp_path: Path) -> None:
    manifest = loaded.found.manifest
    told = dict[str, list[Event]]()
    for name, prompt in (("several", PROMPT), ("one", "a turtle")):
        request = request_for(manifest, prompt, Chosen(steps=2), seed=3)
        wanted = ReverseRequest.parse({"picture": request.model_dump(mode="json"), "moments": 2})
        told[name] = list(explain_reverse_job(wanted, loaded, out=tmp_path / name))
    notes = {name: [e.message for e in events if isinstance(e, Note)] for name, events in told.items()}
    assert [line for line in notes["several"] if line.startswith("explained in one piece")] == [notes["several"][-1]]
    assert "--whole" in notes["several"][-1]
    assert not [line for line in notes["one"] if "--whole" in line]
    pages = {name: (tmp_path / name / "index.html").read_text() for name in told}
    assert ("--whole" in pages["several"], "--whole" in pages["one"]) == (True, False)
    whole = request_for(manifest, PROMPT, Chosen(steps=2), seed=3, whole=True)
    (alone,) = (e for e in generate_job(whole, loaded) if isinstance(e, Picture))
    (seen,) = (e for e in told["several"] if isinstance(e, Picture))
    assert torch.equal(seen.pixels, alone.pixels)


def test_a_sticker_has_nothing_behind_it(loaded: Loaded) -> None:
    manifest = loaded.found.manifest
    request = request_for(manifest, "a turtle", Chosen(), seed=2, native=True, transparent=True, whole=False)
    (made,) = (e for e in generate_job(request, loaded) if isinstance(e, Picture))
    assert made.pixels.shape == (4, 16, 16)
    assert (made.pixels[3, 0] == 0).all()
    assert (made.pixels[3] > 0).any()


def test_other_models_paint_no_layers() -> None:
    asked = Layout(layers=(Layer(prompt="a cat"),))
    for config in (tiny_config(channels=4), tiny_config().model_copy(update={"completes": True})):
        manifest = manifest_of(config).model_copy(update={"knows": KNOWS})
        assert request_for(manifest, PROMPT, Chosen(), whole=False).layout is None
        with pytest.raises(UsageError, match="completes pictures and paints transparency"):
            request_for(manifest, "x", Chosen(), layout=asked)


def test_things_are_cut_out_sized_and_laid_over_each_other() -> None:
    x = nothing((16, 16))
    x[..., 4:8, 2:12] = torch.tensor([0.5, -0.5, 0.5, 1.0])[None, :, None, None]
    thing = cut(x)
    assert thing.shape == (1, 4, 4, 10)
    assert torch.equal(cut(nothing((5, 7))), nothing((5, 7)))
    on = placed(thing, Spot(0, 0, 0.25, 0.0, 0.5, 0.2), (40, 20), None)
    assert on.shape == (1, 4, 20, 40)
    seen = (on[0, 3] > 0.9).nonzero()
    assert (seen.min(0).values.tolist(), seen.max(0).values.tolist()) == ([8, 20], [11, 29])
    off = placed(thing, Spot(0, 0, 0.5, 0.5, 0.5, 0.2), (20, 20), None)
    assert off.shape == (1, 4, 20, 20)
    assert off[0, 3, -1, -1] > 0.9
    layout = Layout(layers=(Layer(prompt="a"), Layer(prompt="b", to=0, stands="inside")))
    red, blue = (torch.tensor([1.0, 0.0, k, 1.0])[None, :, None, None].expand(1, 4, 8, 8) for k in (-1, 1))
    picture = put_together(layout, [Piece(0, 0, red), Piece(1, 0, blue)], None, (32, 32))
    assert torch.equal(picture[0, :, 16, 16], red[0, :, 0, 0])  # what is inside lies over it
    assert torch.equal(picture[0, :, 16, 4], blue[0, :, 0, 0])
    assert picture[0, 3, 0, 0] == -1


def test_seeds_of_things_do_not_meet_those_of_other_pictures() -> None:
    assert seed_of(7, 0) == 7
    assert len({seed_of(s, k) for s in range(200) for k in range(9)}) == 1800
