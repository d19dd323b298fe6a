from __future__ import annotations

import hashlib

import pytest
import torch
from torch.nn.functional import avg_pool2d

from unfog.data.scenes import (
    EVALUATION_FROM,
    VALID_FROM,
    Scenes,
    dice_of,
    evaluation_prompts,
    evaluation_scenes,
    render,
    scene_at,
)
from unfog.data.scenes_layout import draw_scene
from unfog.media.image import to_uint8
from unfog.util.errors import UsageError
from unfog.util.random import Dice, Draw


def test_a_scene_depends_on_its_seed_and_index_only():
    alone = Scenes(32).batch([7], seed=3, split="train")
    among = Scenes(32).batch([11, 7, 2**54 - 1, 0, 7], seed=3, split="train")
    for k in (1, 4):
        assert torch.equal(among.x[k], alone.x[0])
        assert among.captions[k] == alone.captions[0]
    assert scene_at(3, 7) == scene_at(3, 7)
    assert scene_at(3, 7) != scene_at(4, 7)
    assert scene_at(3, 7) != scene_at(3, 8)


def test_drawing_dice_together_changes_no_number():
    many = [3, 0, 2**54 + 5, 2**55 + 1]
    for index, dice in zip(many, dice_of(9, many, Draw.SCENE), strict=True):
        assert draw_scene(dice) == scene_at(9, index)


def test_dice_drawn_ahead_throw_the_same_numbers():
    for ahead, index in zip(dice_of(9, [5, 2**40], Draw.SCENE, steps=3), [5, 2**40], strict=True):
        alone = Dice(9, index, Draw.SCENE)
        assert [ahead.uniform() for _ in range(300)] == [alone.uniform() for _ in range(300)]


def test_a_render_does_not_depend_on_its_neighbours():
    scenes = [scene_at(1, k) for k in range(13)]
    together = render(scenes, 29)
    for k, scene in enumerate(scenes):
        assert torch.equal(together[k], render([scene], 29)[0])


def test_splits_are_ranges_of_indices_that_never_meet():
    """Training takes 0..2^54-1, evaluation 2^54 and up, validation 2^55 and up, all within 56 bits."""
    assert 2**54 == EVALUATION_FROM < VALID_FROM == 2**55
    valid = Scenes(32).batch([5], seed=2, split="valid")
    assert torch.equal(valid.x, render([scene_at(2, VALID_FROM + 5)], 32))
    assert not torch.equal(valid.x, Scenes(32).batch([5], seed=2, split="train").x)
    scenes = {
        "train": [scene_at(2, k) for k in range(200)],
        "valid": [scene_at(2, VALID_FROM + k) for k in range(200)],
        "evaluation": evaluation_scenes(2, 200, "mixed"),
    }
    every = [s for some in scenes.values() for s in some]
    assert len(set(every)) == len(every) == 600


def test_pictures_and_captions_stay_what_they_are():
    """A change here changes what every trained model was trained on: then ``VERSION`` must change, too."""
    assert Scenes(32).fingerprint() == "sha256:3f731cb590d59c512e6cca8f2b151af29fdb796538547e0f31f01454954ac79e"
    assert Scenes(48).fingerprint() == "sha256:c174a0259db20b7344ab25aaa96803a40557e061604850021c02da5b5b2f737f"
    batch = Scenes(32).batch(range(6), seed=0, split="train")
    assert batch.captions == CAPTIONS
    assert hashlib.sha256(to_uint8(batch.x).numpy().tobytes()).hexdigest() == PIXELS
    assert [text for text, _ in evaluation_prompts(0, 4, "mixed")] == PROMPTS


CAPTIONS = [
    "four purple stars on an orange background",
    "a drawing of three blue crosses",
    "three small green triangles with an orange gradient background",
    "four small green hearts against a blue striped background",
    "small purple diamond below big orange star",
    "a small white star at the top and a small purple heart at the bottom with a yellow background",
]
PIXELS = "e2c1d8c5d9aa51d7a489cc7d8570f9777a87137c779fa8a4e037c42214aa0179"
PROMPTS = [
    "a yellow star in the centre on a white background",
    "a large pink star below a yellow circle on a white background",
    "two little orange diamonds on brown",
    "a big red ring above three small brown diamonds on a green background",
]


@pytest.mark.parametrize("size", [16, 23, 32, 64])
def test_any_size_shows_the_same_scene(size):
    batch = Scenes(size).batch(range(9), seed=4, split="train")
    assert batch.x.shape == (9, 3, size, size)
    assert batch.x.dtype == torch.float32
    assert batch.x.min() >= -1
    assert batch.x.max() <= 1
    assert batch.captions == Scenes(32).batch(range(9), seed=4, split="train").captions
    fine = Scenes(128).batch(range(9), seed=4, split="train")
    assert (batch.x.mean(dim=(2, 3)) - fine.x.mean(dim=(2, 3))).abs().max() < 0.06  # mean colours; stripes get cut
    if size % 8 == 0:  # far less than a shift by half a pixel would do
        moved = fine.x.roll(64 // size, -1)
        here, there, aside = (avg_pool2d(x, x.shape[-1] // 8) for x in (batch.x, fine.x, moved))
        assert (here - there).abs().mean() < 0.2 * (aside - there).abs().mean()


@pytest.mark.parametrize("size", [15, 8, 0, -3])
def test_pictures_too_small_to_tell_shapes_apart_are_refused(size):
    with pytest.raises(UsageError, match=rf"at least 16 pixels, got {size}: .*size=16"):
        Scenes(size)


def test_captions_are_those_of_the_training_split():
    assert Scenes(32).captions(40) == Scenes(32).batch(range(40), seed=0, split="train").captions


def test_it_says_that_anyone_may_use_it():
    assert Scenes(32).redistributable()
    assert Scenes(32).licences() == {"CC0-1.0": 0}


def test_evaluation_prompts_are_of_their_kind():
    for _, facts in evaluation_prompts(1, 40, "one"):
        (group,) = facts.groups
        assert group.count == 1
        assert (group.size, group.place, facts.relation, facts.kind) == (None, None, None, None)
    for _, facts in evaluation_prompts(1, 40, "two"):
        assert [g.count for g in facts.groups] == [1, 1]
        assert facts.relation is not None
    counts = [facts.groups[0].count for _, facts in evaluation_prompts(1, 60, "count")]
    assert set(counts) == {2, 3, 4}
    mixed = evaluation_prompts(1, 8, "mixed")
    assert [[g.count > 1 for g in facts.groups] for _, facts in mixed][:3] == [[False], [False, False], [True]]
    assert all(facts.kind is not None for _, facts in mixed)


def test_evaluation_prompts_describe_the_evaluation_scenes():
    for (_, facts), scene in zip(evaluation_prompts(6, 24, "mixed"), evaluation_scenes(6, 24, "mixed"), strict=True):
        told = sorted((g.count, g.colour, g.shape) for g in facts.groups)
        assert told == sorted((g.count, g.colour, g.shape) for g in scene.groups)
        assert (facts.kind, facts.ground or scene.background.colour) == (scene.background.kind, scene.background.colour)
