"""A model that returns training renders is found out, one that paints new scenes is not."""

from __future__ import annotations

import pytest
import torch
from tests.support.compose_sprites import make_sprites

from unfog.data.compose.dataset import Compositions
from unfog.data.compose.render import render
from unfog.evaluate.memorisation import Leak, between, cells, leak, nearest, shifted
from unfog.jobs.evaluate_memorisation import composed
from unfog.util.random import Draw, normal

N, POOL = 40, 160


@pytest.fixture(scope="module")
def data() -> Compositions:
    return Compositions(make_sprites(), 32)


def pictures(data: Compositions, n: int, *, seed: int, split) -> torch.Tensor:
    return render([scene for scene, _ in composed(data, seed, split, n)], data.sprites, data.size)


@pytest.fixture(scope="module")
def known(data) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What training showed, its cells, and renders held out of it."""
    shown = pictures(data, POOL, seed=0, split="train")
    return shown, cells(shown), pictures(data, N, seed=0, split="valid")


def measured(drawn: torch.Tensor, known) -> Leak:
    _, pool, held = known
    return leak(nearest(shifted(drawn), pool), nearest(shifted(held), pool), pool)


def test_copies_with_a_shift_and_noise_are_found_out(known):
    copied = known[0][100 : 100 + N].roll((1, -2), dims=(2, 3))
    found = measured(copied + 0.05 * normal([1] * N, tuple(copied.shape[1:]), draw=Draw.TEST, index=range(N)), known)
    assert found.copied.value >= 0.9
    assert found.copied.low > 0.02  # what a model may have at most
    assert found.ratio < 0.7 < found.ratio_held
    assert found.authentic.value < 0.1


def test_new_scenes_are_cleared(data, known):
    found = measured(pictures(data, N, seed=5, split="valid"), known)
    assert found.copied.low <= 0.02
    assert found.copied.value <= 0.1
    assert found.ratio == pytest.approx(found.ratio_held, abs=0.1)
    assert found.authentic.high > found.authentic_held.low


def test_scenes_that_are_looked_at_have_two_things(data):
    scenes = composed(data, 3, "train", 40)
    assert all(sum(len(g.boxes) for g in scene.groups) >= 2 for scene, _ in scenes)
    assert all(text for _, text in scenes)


def test_distances_are_those_of_hand():
    pool = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    found = nearest([torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[9.0, 9.0], [3.0, 3.5]])], pool)
    assert found.d1.tolist() == pytest.approx([0.0, 0.5])
    assert found.d2.tolist() == pytest.approx([1.0, 3.0])  # the second nearest may be another form's
    assert found.at.tolist() == [0, 1]
    gaps = between(pool, torch.tensor([1, 0, 1]))
    assert gaps[:2].tolist() == pytest.approx([1.0, 18**0.5])  # of the second: (3, 4) to (0, 1)
    assert gaps[2].isnan()
    with pytest.raises(ValueError, match="at least 3 training renders are needed, got 2"):
        nearest([pool], pool[:2])


def test_cells_measure_root_mean_squares():
    x = torch.full((1, 4, 32, 32), 0.5)
    assert (cells(x) - cells(-x)).norm().item() == pytest.approx(1.0)
    assert min((s - cells(x.roll(2, 3))).norm().item() for s in shifted(x)) == 0.0
