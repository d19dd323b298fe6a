"""What varies between visits is a draw with the visit's seed; everything else stands still."""

from __future__ import annotations

import pytest
import torch

from unfog.data.captioned import Captioned, Entry, fingerprint_of
from unfog.util.errors import DataError

N, SIZE = 400, 3


def dataset(*, flip: bool = False, lines: int = 4, valid: int = 0) -> Captioned:
    pixels = torch.arange(N * 3 * SIZE * SIZE).reshape(N, 3, SIZE, SIZE).mul(7).remainder(251).to(torch.uint8)
    entries = tuple(
        Entry(
            f"{k}.png",
            f"{k:064x}",
            1,
            SIZE,
            SIZE,
            tuple(f"{k}-{j}" for j in range(lines)),
            split="valid" if k < valid else "train",
        )
        for k in range(N)
    )
    return Captioned("test", SIZE, entries, pixels, flip=flip)


def test_every_caption_is_drawn_about_equally_often() -> None:
    chosen = dataset().batch(range(N), seed=1, split="train").captions
    assert [text.split("-")[0] for text in chosen] == [str(k) for k in range(N)]
    counts = [sum(text.endswith(f"-{j}") for text in chosen) for j in range(4)]
    assert all(abs(count - 100) < 3 * (400 * 0.25 * 0.75) ** 0.5 for count in counts)
    other = dataset().batch(range(N), seed=2, split="train").captions
    same = sum(a == b for a, b in zip(chosen, other, strict=True))
    assert abs(same - 100) < 3 * (400 * 0.25 * 0.75) ** 0.5


def test_half_of_the_training_pictures_are_mirrored_and_no_validation_picture() -> None:
    plain = dataset(valid=150)
    mirrored = dataset(flip=True, valid=150)
    a, b = (d.batch(range(250), seed=1, split="train").x for d in (plain, mirrored))
    same = (a == b).flatten(1).all(1)
    turned = (a.flip(-1) == b).flatten(1).all(1)
    assert (same ^ turned).all()
    assert abs(turned.sum().item() - 125) < 3 * (250 * 0.25) ** 0.5
    a, b = (d.batch(range(150), seed=1, split="valid").x for d in (plain, mirrored))
    assert torch.equal(a, b)


def test_numbers_outside_the_split_are_refused() -> None:
    data = dataset(valid=150)
    assert (data.count, data.valid_count) == (250, 150)
    assert data.batch([0], seed=0, split="train").captions[0].startswith("150-")
    for indices in ([250], [-1], []):
        with pytest.raises(DataError, match="test has 250 train pictures; asked for numbers"):
            data.batch(indices, seed=0, split="train")


def test_captions_for_the_vocabulary_are_spread_over_all() -> None:
    data = dataset(lines=2, valid=150)
    assert data.captions(5) == ["150-0", "200-0", "250-0", "300-0", "350-0"]
    assert len(data.captions(10**6)) == 500
    assert data.captions(0) == []


def test_the_fingerprint_without_paths_survives_renaming_and_reordering() -> None:
    entries = dataset().entries
    renamed = tuple(Entry(f"other/{e.path}", e.sha256, 9, 9, 9, e.captions) for e in reversed(entries))
    assert fingerprint_of(renamed) != fingerprint_of(entries)
    assert fingerprint_of(renamed, paths=False) == fingerprint_of(entries, paths=False)
    assert fingerprint_of(entries[::-1]) == fingerprint_of(entries)
    accents = [(Entry(path, "0" * 64, 1, 1, 1, ("x",)),) for path in ("Caf\u00e9.png", "Cafe\u0301.png")]
    assert fingerprint_of(accents[0]) == fingerprint_of(accents[1])
    odd = (Entry(b"\xff.png".decode("utf-8", "surrogateescape"), "0" * 64, 1, 1, 1, ("x",)),)
    assert fingerprint_of(odd).startswith("sha256:")
