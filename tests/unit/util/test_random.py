"""Counter-based random numbers: known answers, independence of neighbours, statistics."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.util.random import Dice, Draw, Noise, image_seed, normal, octets, philox, uniform

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [  # known-answer vectors of the Random123 distribution
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ONES,) * 4, (ONES,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_known_answers(counter: tuple[int, ...], key: tuple[int, ...], answer: str) -> None:
    words = philox(torch.tensor([counter]), torch.tensor([key]))[0]
    assert " ".join(f"{word:08x}" for word in words.tolist()) == answer


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    seeds, index = [7, 2**64 - 1, 7, 0], [3, 5, 11, 2**40 + 1]
    together = normal(seeds, (3, 5), draw=Draw.TEST, step=4, index=index)
    for k in range(4):
        alone = normal(seeds[k : k + 1], (3, 5), draw=Draw.TEST, step=4, index=index[k : k + 1])
        assert torch.equal(alone[0], together[k])


def test_every_address_part_matters() -> None:
    base = normal([1], (64,), draw=Draw.TEST, step=0, index=[0])
    for other in (
        normal([2], (64,), draw=Draw.TEST),
        normal([1 + 2**32], (64,), draw=Draw.TEST),
        normal([1], (64,), draw=Draw.STEP),
        normal([1], (64,), draw=Draw.TEST, step=1),
        normal([1], (64,), draw=Draw.TEST, index=[1]),
        normal([1], (64,), draw=Draw.TEST, index=[2**32]),
    ):
        assert not torch.isclose(base, other).any()


def test_normal_moments() -> None:
    x = normal([17], (200_003,), draw=Draw.TEST)[0].double()
    tolerance = 5 / math.sqrt(x.numel())
    assert x.mean().item() == pytest.approx(0, abs=tolerance)
    assert x.var().item() == pytest.approx(1, abs=tolerance * math.sqrt(2))
    assert (x**4).mean().item() == pytest.approx(3, abs=tolerance * math.sqrt(96))
    assert (x[:-1] * x[1:]).mean().item() == pytest.approx(0, abs=tolerance)


def test_uniform_is_inside_the_open_interval_and_even() -> None:
    u = uniform([3], (100_003,), draw=Draw.TEST)[0]
    assert 0 < u.min().item() < 1e-4
    assert 1 > u.max().item() > 1 - 1e-4
    counts = torch.histc(u.float(), bins=10, min=0, max=1)
    assert (counts - 10_000.3).abs().max().item() < 5 * math.sqrt(9000)


def test_noise_is_addressed_by_step_and_kind() -> None:
    noise = Noise((5, 6), (2, 3))
    assert torch.equal(noise(3), noise(3))
    assert torch.equal(noise(3)[1:], Noise((6,), (2, 3))(3))
    assert not torch.equal(noise(3), noise(4))
    assert not torch.equal(noise(3), noise(3, Draw.CHURN))


def test_octets_are_the_bytes_of_the_same_words() -> None:
    bytes_ = octets([7, 8], (5, 3), draw=Draw.TEST, step=2)
    words = (uniform([7, 8], (4,), draw=Draw.TEST, step=2) * 2**32).long()  # of the first group
    unpacked = torch.stack([words >> shift & 255 for shift in (0, 8, 16, 24)], dim=-1).reshape(2, 16)[:, :15]
    assert bytes_.dtype == torch.uint8
    assert torch.equal(bytes_.reshape(2, 15).long(), unpacked)
    assert torch.equal(octets([8], (5, 3), draw=Draw.TEST, step=2)[0], bytes_[1])
    counts = torch.bincount(octets([3], (51200,), draw=Draw.TEST)[0].long(), minlength=256)
    assert (counts - 200).abs().max().item() < 5 * math.sqrt(200)


def test_dice_repeat_themselves_and_cover_their_range() -> None:
    a, b = Dice(1, 2, Draw.SCENE), Dice(1, 2, Draw.SCENE)
    assert [a.integer(0, 4) for _ in range(150)] == [b.integer(0, 4) for _ in range(150)]
    dice = Dice(1, 3, Draw.SCENE)
    seen = [dice.integer(2, 5) for _ in range(2000)]
    assert {k: pytest.approx(500, abs=110) for k in (2, 3, 4, 5)} == {k: seen.count(k) for k in set(seen)}
    order = Dice(9, 9, Draw.SCENE).shuffled(range(11))
    assert sorted(order) == list(range(11))
    assert order != list(range(11))


def test_image_seed_wraps() -> None:
    assert image_seed(2**64 - 1, 3) == 2
    assert image_seed(7, 3) == 10


def test_index_count_must_match() -> None:
    with pytest.raises(ValueError, match="2 seeds but 1 indices"):
        normal([1, 2], (3,), draw=Draw.TEST, index=[1])
