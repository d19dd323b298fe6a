from __future__ import annotations

import pytest
import torch

from unfog.data.scenes_palette import BACKGROUNDS, COLOURS, MARGIN, SEPARATION, allowed, lab, palette_lab, tones


@pytest.mark.parametrize(
    ("rgb", "known"),
    [  # of sRGB under D65; Lindbloom's calculator
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_lab_of_known_colours(rgb, known):
    torch.testing.assert_close(lab(torch.tensor(rgb) / 255), torch.tensor(known), atol=0.02, rtol=0)


def test_palette_colours_cannot_be_confused():
    away = torch.cdist(palette_lab(), palette_lab()) + 1e3 * torch.eye(len(COLOURS))
    assert away.min() > SEPARATION


def test_what_may_lie_on_a_background_is_far_from_every_tone_of_it():
    """Measured afresh, on many more tones than the module looks at."""
    for kind, colour in BACKGROUNDS:
        first, second = (torch.tensor(t) / 255 for t in tones(kind, colour))
        steps = torch.linspace(0, 1, 65)[:, None] if kind == "gradient" else torch.tensor([[0.0], [1.0]])
        nearest = torch.cdist(palette_lab(), lab(first + steps * (second - first))).amin(dim=1)
        for name, away in zip(COLOURS, nearest.tolist(), strict=True):
            assert (away >= MARGIN - 0.5) if name in allowed(kind, colour) else (away < MARGIN + 0.5)


def test_every_colour_has_backgrounds_and_every_background_colours():
    for colour in COLOURS:
        assert sum(colour in allowed(*b) for b in BACKGROUNDS) >= 10
    assert all(len(allowed(*b)) >= 8 for b in BACKGROUNDS)
