"""The judge of single things: what it learns from, what it says, and its folder."""

from __future__ import annotations

import pytest
import torch
from tests.support.compose_sprites import make_sprites

from unfog.config.train import OptimiserConfig
from unfog.evaluate.classifier import Classifier, Labels, judge, load_classifier, over_grey, save_classifier
from unfog.evaluate.lessons import blurred, examples, labels_of, lessons
from unfog.nets.layers import initialise
from unfog.train.optimise import optimisers
from unfog.util.errors import ModelError

SPRITES = make_sprites(("turtle", "apple", "top hat", "mountain"))
LABELS = labels_of(SPRITES)


def fresh(labels: Labels = LABELS) -> Classifier:
    classifier = Classifier(labels)
    initialise(classifier, 3)
    return classifier


def test_a_lesson_does_not_depend_on_its_neighbours():
    many, one = lessons(SPRITES, LABELS, range(8), 1), lessons(SPRITES, LABELS, [5], 1)
    assert torch.equal(many.concepts[5:6], one.concepts)
    assert torch.allclose(many.x[5:6], one.x, atol=1e-6)
    assert not torch.equal(many.x, lessons(SPRITES, LABELS, range(8), 2).x)


def test_lessons_show_all_things_alone_and_in_pairs():
    batch = lessons(SPRITES, LABELS, range(160), 0)
    two = (batch.concepts[:, 0] != batch.concepts[:, 1]).double().mean().item()
    assert 0.1 < two < 0.4
    assert set(batch.concepts.flatten().tolist()) == set(range(4))
    assert set(batch.styles.flatten().tolist()) == set(range(3))
    alone = examples(SPRITES, LABELS, range(40), 0, spoil=False)
    assert torch.equal(alone.concepts[:, 0], alone.concepts[:, 1])


def test_blurs_are_each_pictures_own_and_keep_the_mean():
    x = torch.zeros(2, 3, 15, 15)
    x[:, :, 7, 7] = 1
    soft = blurred(x, torch.tensor([0.0, 1.0]))
    assert torch.allclose(soft[0], x[0], atol=1e-6)
    assert soft[1].sum(dim=(1, 2)).tolist() == pytest.approx([1.0] * 3)
    assert soft[1, 0, 7, 7].item() == pytest.approx(0.159, abs=2e-3)  # 1 / 2 pi


def test_pictures_are_judged_over_grey():
    clear = torch.zeros(1, 4, 64, 64)
    clear[:, 3] = -1
    assert over_grey(clear).abs().max() == 0
    assert over_grey(torch.ones(2, 3, 32, 32)).shape == (2, 3, 64, 64)
    with pytest.raises(ValueError, match="3 or 4 channels, got 1"):
        over_grey(clear[:, :1])
    said = judge(fresh(), clear)
    assert said.concepts.exp().sum().item() == pytest.approx(1.0)


@pytest.mark.slow
def test_it_learns_what_it_is_shown():
    batch, classifier = examples(SPRITES, LABELS, range(24), 0, spoil=False), fresh()
    steps = optimisers(classifier, OptimiserConfig(lr=3e-3))
    for _ in range(12):
        concepts, _ = classifier(batch.x)
        loss = torch.nn.functional.cross_entropy(concepts, batch.concepts[:, 0])
        for optimiser in steps:
            optimiser.zero_grad()
        loss.backward()
        for optimiser in steps:
            optimiser.step()
    said = judge(classifier.eval().requires_grad_(False), batch.x)
    assert (said.concepts.argmax(dim=1) == batch.concepts[:, 0]).double().mean() >= 0.9


def test_a_folder_gives_it_back_or_says_what_is_wrong(tmp_path):
    classifier = fresh(Labels(("a", "b", "c"), ("flat",)))
    save_classifier(classifier, tmp_path / "judge", {"images": 1})
    again, id_ = load_classifier(tmp_path / "judge")
    assert again.labels == classifier.labels
    assert len(id_) == 64
    for mine, stored in zip(classifier.parameters(), again.parameters(), strict=True):
        assert torch.allclose(mine, stored, atol=1e-2)  # bfloat16
    with pytest.raises(ModelError, match=r"no classifier\.json; make one with"):
        load_classifier(tmp_path)
    weights = tmp_path / "judge/classifier.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError):
        load_classifier(tmp_path / "judge")
