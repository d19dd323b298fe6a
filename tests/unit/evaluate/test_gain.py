"""What a proof of augmentation is made of: the pictures each way learns from, and what comes of them."""

from __future__ import annotations

import pytest
import torch
from tests.support.outcome import outcome

from unfog.config.augment import AugmentRequest
from unfog.evaluate.gain import ARMS, Material, batches, gain
from unfog.evaluate.moves import moved
from unfog.evaluate.near_copy import nearness, originals_of
from unfog.evaluate.paired import paired
from unfog.evaluate.small_classifier import BATCH, accuracy, classes_seen, fit
from unfog.media.image import from_uint8
from unfog.util.random import Draw, octets, uniform

SIDE = 32
NEAR: float = AugmentRequest.model_fields["near"].default


def plain(values: list[int]) -> torch.Tensor:
    """Pictures of one tone each."""
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, SIDE, SIDE).contiguous()


def halves(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise, lighter on the left (class 0) or on the right (class 1)."""
    pixels = octets([seed], (n, 3, SIDE, SIDE), draw=Draw.TEST)[0] // 2
    labels = torch.arange(n) % 2
    light = (torch.arange(SIDE) >= SIDE // 2).long() == labels[:, None]  # (n, side)
    return pixels + 100 * light[:, None, None, :].to(torch.uint8), labels


def test_an_interval_of_the_literature():
    """Student's sleep data (Biometrika 6 (1908), 1), as every textbook has it."""
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = paired(second, first)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1.58, 0.70011, 2.45989, 10), abs=3e-4)
    back = paired(first, second)
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
    for few in ([1.0], [1.0, 2.0]):
        with pytest.raises(ValueError, match="2 to 20 pairs"):
            paired([1.0], few)


def test_each_way_learns_from_what_it_says():
    labels = torch.tensor([0, 1, 2, 3, 4])
    of = torch.tensor([0, 0, 2, 3, 3, 3])
    originals, copies = plain([0, 1, 2, 3, 4]), plain([100, 110, 102, 103, 113, 123])
    material = Material(originals, labels, copies, of, originals, labels, 5)
    seen = dict[str, torch.Tensor]()
    for arm in ARMS:
        batch = batches(material, arm, 7)
        shown = [batch(step) for step in range(20)]
        assert torch.equal(batches(material, arm, 7)(13)[0], shown[13][0])
        tones = torch.cat([((x + 1) * 127.5).round().amax(dim=(1, 2, 3)).long() for x, _ in shown])
        answers = torch.cat([y for _, y in shown])
        assert torch.equal(tones % 10, answers)
        assert torch.bincount(answers).tolist() == [20 * BATCH // 5] * 5
        seen[arm] = tones
    for plainly, replaced in (("none", "synthetic"), ("classical", "both")):
        assert (seen[plainly] < 5).all()
        copied = seen[replaced] >= 100
        assert torch.equal(seen[replaced] % 10, seen[plainly])  # run k has one order, whichever way
        assert not copied[torch.isin(seen[plainly], torch.tensor([1, 4]))].any()  # they have no copies
        may = torch.isin(seen[plainly], of)
        assert copied[may].float().mean().item() == pytest.approx(0.5, abs=0.09)
        assert set(seen[replaced][copied].tolist()) == {100, 110, 102, 103, 113, 123}


@pytest.mark.slow
def test_what_the_copies_alone_tell_is_learned_from_them():
    noise, labels = octets([3], (8, 3, SIDE, SIDE), draw=Draw.TEST)[0], torch.arange(8) // 4
    copies, shown = halves(32, 4)
    copies, of = copies[torch.argsort(shown, stable=True)], torch.arange(32) // 4  # originals 0 to 3 are of class 0
    material = Material(noise, labels, copies, of, *halves(40, 5), 2)
    found = outcome(gain(material, trials=2, steps=30))
    assert found.tested == 40
    assert found.mean("synthetic") > 0.9
    assert found.mean("none") < 0.75
    assert found.differences["synthetic", "none"].value == pytest.approx(found.mean("synthetic") - found.mean("none"))


@pytest.mark.slow
def test_a_classifier_is_a_function_of_its_lessons_and_seed():
    pixels, labels = halves(24, 1)
    material = Material(pixels, labels, pixels[:0], labels[:0], *halves(30, 2), 2)
    one, same, other = (outcome(fit(batches(material, "none", s), 2, s, steps=40)) for s in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.head.weight, other.head.weight)
    assert accuracy(one, material.test, material.answers) > 0.95
    assert accuracy(one, material.test, 1 - material.answers) < 0.05
    alone = torch.cat([classes_seen(one, picture[None]) for picture in material.test])
    assert torch.equal(alone, classes_seen(one, material.test))


def test_pictures_are_moved_and_mirrored_only_if_asked():
    x = torch.where(torch.arange(SIDE) < SIDE // 2, -1.0, 1.0).expand(200, 3, SIDE, SIDE)
    still, mirrored = (moved(x, 3, range(200), flip=flip) for flip in (False, True))
    assert (still[..., -6:].mean(dim=(1, 2, 3)) > 0.9).all()
    turned = mirrored[..., -6:].mean(dim=(1, 2, 3)) < -0.9
    assert turned.float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert torch.equal(mirrored[~turned], still[~turned])
    assert torch.equal(moved(x[:7], 3, range(100, 107), flip=False), still[100:107])
    ramp = torch.linspace(-1, 1, SIDE).expand(200, 3, SIDE, SIDE)
    shifts = moved(ramp, 3, range(200), flip=False)[..., 12:20, 12:20].mean(dim=(1, 2, 3))
    assert shifts.abs().max().item() < 0.3
    assert shifts.std().item() == pytest.approx(0.2 / 3**0.5, rel=0.2)


def test_near_copies_are_told_from_new_pictures():
    blocks = (uniform([1], (30, 3, 8, 8), draw=Draw.TEST)[0] * 255).to(torch.uint8)
    pixels = blocks.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
    pool = originals_of(pixels[:20])
    assert nearness(pixels[:20], pool).max().item() == pytest.approx(0, abs=1e-3)
    moved_by_two = pixels[:20].roll((0, 1), dims=(2, 3))
    moved_by_two[..., 0] = moved_by_two[..., 1]
    noisy = (moved_by_two.int() + octets([2], (20, 3, SIDE, SIDE), draw=Draw.TEST)[0] % 9 - 4).clamp(0, 255)
    assert nearness(noisy.to(torch.uint8), pool).max().item() < 2 * NEAR
    assert nearness(pixels[20:], pool).min().item() > 5 * NEAR
    few = originals_of(pixels[:1])
    x = from_uint8(pixels)
    away = ((x[1].view(3, 16, 2, 16, 2).mean((2, 4)) - x[0].view(3, 16, 2, 16, 2).mean((2, 4))) ** 2).mean().sqrt()
    assert 0.8 * away < nearness(pixels[1:2], few).item() <= away + 1e-6
