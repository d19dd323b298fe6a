from __future__ import annotations

import hashlib

import pytest
import torch
from tests.support.compose_sprites import UNSEEN, make_sprites

from unfog.data.compose.caption import BARE
from unfog.data.compose.dataset import Compositions, evaluation_prompts, evaluation_scenes
from unfog.data.compose.held import HELD_KINDS, held_kinds
from unfog.data.compose.layout import RECIPES
from unfog.data.compose.render import render
from unfog.data.compose.sprites import Sprites
from unfog.data.dataset import Dataset, Split
from unfog.util.errors import UsageError


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    return make_sprites()


def test_a_picture_and_its_caption_depend_on_seed_and_index_only(sprites):
    data = Compositions(sprites, 32)
    alone = data.batch([7], seed=3, split="train")
    among = data.batch([11, 7, 2**54 - 1, 0, 7], seed=3, split="train")
    for k in (1, 4):
        assert torch.equal(among.x[k], alone.x[0])
        assert among.captions[k] == alone.captions[0]
    assert data.batch([7], seed=4, split="train").captions != alone.captions


@pytest.mark.parametrize("size", [32, 48, 64])
def test_pictures_are_rgba_of_the_size_asked_for(sprites, size):
    data: Dataset = Compositions(sprites, size)
    assert (data.channels, data.size, data.count, data.valid_count) == (4, size, None, None)
    batch = data.batch(range(6), seed=1, split="train")
    assert batch.x.shape == (6, 4, size, size)
    assert batch.x.dtype == torch.float32
    assert batch.x.abs().max() <= 1
    assert batch.captions == Compositions(sprites, 32).batch(range(6), seed=1, split="train").captions
    assert all(text.strip() for text in batch.captions)


def test_relations_take_the_place_of_some_training_scenes(sprites):
    """Each is two shapes and what they are to each other; a scene to validate with stays what it was."""

    def related(relations: float, split: Split) -> int:
        made = Compositions(sprites, 32, relations=relations).scenes(range(40), seed=2, split=split)
        pairs = [s for s, _, _ in made if len(s.groups) == 2 and len(s.links) == 1]
        return sum(all(group.look.sprite is None for group in scene.groups) for scene in pairs)

    assert related(1.0, "train") == 40
    assert related(0.0, "train") < related(0.5, "train") < 40
    assert related(1.0, "valid") == related(0.0, "valid")
    assert Compositions(sprites, relations=0.5).fingerprint() != Compositions(sprites).fingerprint()


def test_captions_belong_to_their_pictures(sprites):
    data = Compositions(sprites, 64, BARE)
    made = data.scenes(range(5), seed=8, split="valid")
    batch = data.batch(range(5), seed=8, split="valid")
    assert torch.equal(batch.x, render([scene for scene, _, _ in made], sprites, 64))
    assert batch.captions == [text for _, text, _ in made]


def test_scenes_and_captions_stay_what_they_are(sprites):
    """A change here changes what every trained model was trained on: then ``VERSION`` must change, too."""
    texts = Compositions(sprites).captions(300)
    assert texts[:8] == CAPTIONS
    assert hashlib.sha256("\n".join(texts).encode()).hexdigest() == TEXTS
    assert [text for text, _ in evaluation_prompts(sprites, 0, 6)] == PROMPTS


CAPTIONS = [
    "3x оранжевая звезда",
    "two purple arrows, plain blue background",
    (
        "a drawing of very small glasses on the left and a bear face on the right on a sheet of green paper"
        " in the noto style"
    ),
    "A little mountain above a little apple above a small volleyball on a plain brown background, flat emoji style",
    "top hat, flat, blue stripes, upside-down, sticker style",
    "watercolor: an enormous noto turtle on a grey polka dot background",
    "huge turtle, plain purple background",
    "top hat, orange gradient background, 3d style",
]
TEXTS = "a9c85ccda2c46ccc2454b56419e6b3be538bb1423abb5cfb75275baced451aee"
PROMPTS = [
    "giant noto bacon on a plain black background",
    "neon lights showing a flat stop sign against a black background",
    "tiny flat grapes left of a gray cross on orange stripes",
    "3d bacon inside a huge brown square with a pink gradient background",
    "a little red square between very small noto glasses and a small yellow cross with a transparent background",
    "a little pink crescent, a small 3d volleyball and a little 3d bear face from top to bottom on a yellow background",
]


def test_splits_and_evaluation_never_share_a_scene(sprites):
    data = Compositions(sprites)
    some = {
        "train": [s for s, _, _ in data.scenes(range(150), seed=2, split="train")],
        "valid": [s for s, _, _ in data.scenes(range(150), seed=2, split="valid")],
        "evaluation": evaluation_scenes(sprites, 2, 150),
    }
    every = [scene for scenes in some.values() for scene in scenes]
    assert len(set(every)) == len(every) == 450


def test_captions_are_those_of_the_training_split(sprites):
    data = Compositions(sprites)
    assert data.captions(30) == data.batch(range(30), seed=0, split="train").captions
    assert data.captions(0) == []


def test_the_fingerprint_changes_with_everything_that_decides(sprites):
    usual = Compositions(sprites).fingerprint()
    assert usual == Compositions(make_sprites()).fingerprint()
    others = {
        Compositions(sprites, 48).fingerprint(),
        Compositions(sprites, 64, BARE).fingerprint(),
        Compositions(make_sprites(("cat",))).fingerprint(),
    }
    assert len(others | {usual}) == 4
    assert usual.startswith("sha256:")


def test_licences_are_those_of_the_sprites(sprites):
    data = Compositions(sprites)
    assert data.licences() == {"CC0-1.0": len(sprites.table)}
    assert data.redistributable()
    table = (*sprites.table[1:], sprites.table[0].__class__(**{**vars(sprites.table[0]), "licence": "unknown"}))
    assert not Compositions(Sprites(table, sprites.pixels)).redistributable()


@pytest.mark.parametrize("size", [31, 16, 0])
def test_pictures_too_small_are_refused(sprites, size):
    with pytest.raises(UsageError, match=f"at least 32 pixels, got {size}: .*size=32"):
        Compositions(sprites, size)


def test_evaluation_prompts_describe_the_evaluation_scenes(sprites):
    scenes = evaluation_scenes(sprites, 6, 48)
    prompts = evaluation_prompts(sprites, 6, 48)
    for scene, (text, facts) in zip(scenes, prompts, strict=True):
        assert facts.language == "en"
        assert text == text.strip()
        assert [g.count for g in facts.groups] == [len(g.boxes) for g in scene.groups]
        assert [g.shape for g in facts.groups] == [g.look.shape for g in scene.groups]
        names = [None if g.look.sprite is None else sprites.table[g.look.sprite].name for g in scene.groups]
        assert all(name is None or fact.name == name for name, fact in zip(names, facts.groups, strict=True))
        assert held_kinds(scene, sprites.table) == frozenset()
    assert len(RECIPES) == 12
    assert [len(s.groups) for s in scenes[:12]].count(0) == 1  # every part of the mixture has its turn


def test_prompts_of_a_bare_thing_name_it_and_its_style(sprites):
    for text, facts in evaluation_prompts(sprites, 1, 20, "bare"):
        (group,) = facts.groups
        assert (facts.ground, facts.style, group.size, group.turn) == (None, None, None, None)
        assert str(group.name) in text
        assert str(group.style) in text


@pytest.mark.parametrize("kind", HELD_KINDS)
def test_held_out_prompts_have_exactly_their_kind(sprites, kind):
    for scene in evaluation_scenes(sprites, 1, 4, kind):
        assert held_kinds(scene, sprites.table) == {kind}
    for text, facts in evaluation_prompts(sprites, 1, 4, kind):
        assert kind != "unseen" or facts.groups[0].name == UNSEEN
        assert text


def test_unknown_kinds_are_refused(sprites):
    with pytest.raises(ValueError, match="unknown kind of prompt 'hard': choose from mixed, bare, one, pair"):
        evaluation_prompts(sprites, 1, 1, "hard")
