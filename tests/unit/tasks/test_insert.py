"""What was painted small, in its picture."""

from __future__ import annotations

import torch

from unfog.media.image import from_uint8
from unfog.media.mask import feathered
from unfog.tasks.frame import around, seen, shrunk
from unfog.tasks.insert import inserted, seam_of

PIXELS = (torch.arange(3 * 40 * 48) * 37 % 256).reshape(3, 40, 48).to(torch.uint8)
MASK = torch.zeros(40, 48)
MASK[12:20, 15:25] = 1


def test_only_what_is_masked_changes_and_the_picture_given_stays() -> None:
    frame, before = around(MASK, 16, crop=None), PIXELS.clone()
    made = inserted(torch.ones(1, 3, 16, 16), PIXELS, frame, MASK, None)
    assert torch.equal(PIXELS, before)
    assert torch.equal(made[:, MASK == 0], PIXELS[:, MASK == 0])
    assert (made[:, 16, 18:22] == 255).all()  # further inside than outlines are led over
    whole = inserted(torch.ones(1, 3, 16, 16), PIXELS, around(MASK, 16, crop=False), None, None)
    assert (whole[..., 8:32, 8:40] == 255).all()


def test_a_try_that_differs_more_has_a_stronger_seam_at_any_feather_and_size() -> None:
    """Beside a soft edge next to nothing of what was painted is seen: it is judged as if it were hard."""
    small = 128 + (20 * torch.rand(3, 40, 48, generator=torch.Generator().manual_seed(1))).to(torch.uint8)
    large = small.repeat_interleave(9, 1).repeat_interleave(9, 2), MASK.kron(torch.ones(9, 9))
    for pixels, mask in ((small, MASK), large):
        for feather in (0, 4, 8):
            soft = feathered(mask, feather)
            frame = around(soft, 16, crop=None)
            here = shrunk(seen(frame.cut(pixels), 3), (16, 16))
            seams = [seam_of((here + apart).clamp(-1, 1), pixels, frame, soft, None) for apart in (0.0, 0.3, 0.5, 0.7)]
            assert seams == sorted(seams)
            assert seams[0] < 0.7 * seams[-1]


def test_on_plain_ground_there_is_none() -> None:
    plain = torch.full_like(PIXELS, 200)
    grey = from_uint8(plain)[None, :, :1, :1].expand(1, 3, 16, 16)
    assert seam_of(grey, plain, around(MASK, 16, crop=None), MASK, None) <= 1e-5
