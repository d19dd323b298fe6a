"""Transparency in memory and in files: what is seen does not change on the way."""

from __future__ import annotations

import torch

from unfog.media.alpha import over, premultiplied, straight
from unfog.media.image import from_uint8, to_uint8
from unfog.util.random import Draw, octets

PIXELS = octets([3], (4, 5, 7), draw=Draw.TEST)


def test_files_come_back_where_something_is_seen() -> None:
    again = to_uint8(straight(premultiplied(PIXELS)))
    assert torch.equal(again[:, 3], PIXELS[:, 3])
    seen = (PIXELS[:, 3:] >= 1).expand(-1, 3, -1, -1)
    assert torch.equal(again[:, :3][seen], PIXELS[:, :3][seen])


def test_what_is_not_seen_has_no_colour() -> None:
    clear = PIXELS.clone()
    clear[:, 3] = 0
    x = premultiplied(clear)
    assert torch.equal(x[:, :3], torch.zeros_like(x[:, :3]))
    assert torch.equal(x[:, 3], -torch.ones_like(x[:, 3]))
    assert torch.equal(to_uint8(straight(x))[:, :3], torch.zeros_like(clear[:, :3]))
    assert torch.equal(over(x), torch.ones_like(x[:, :3]))


def test_over_is_the_usual_mixture() -> None:
    v, a = PIXELS[:, :3].double() / 255, PIXELS[:, 3:].double() / 255
    for paper in ((1.0, 1.0, 1.0), (-1.0, 0.2, 0.6)):
        level = (torch.tensor(paper, dtype=torch.float64)[:, None, None] + 1) / 2
        wanted = 2 * (a * v + (1 - a) * level) - 1
        torch.testing.assert_close(over(premultiplied(PIXELS), paper).double(), wanted, atol=1e-6, rtol=0)
    opaque = PIXELS.clone()
    opaque[:, 3] = 255
    torch.testing.assert_close(over(premultiplied(opaque)), from_uint8(opaque[:, :3]), atol=1e-6, rtol=0)
