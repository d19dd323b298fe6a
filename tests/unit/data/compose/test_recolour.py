"""A colour edit: what is asked for is seen, what is foreign stays, light and shadow stay where they were."""

from __future__ import annotations

import pytest
import torch

from unfog.data.compose.recolour import base_colour, halve, recolour
from unfog.data.scenes_palette import COLOURS, lab, palette_lab

SIDE = 64
BASES = {
    "apple": (0.85, 0.15, 0.15),
    "sea": (0.1, 0.35, 0.8),
    "leaf": (0.3, 0.6, 0.2),
    "sun": (1.0, 0.8, 0.2),
    "bark": (0.45, 0.28, 0.15),
    "elephant": (0.6, 0.63, 0.66),
    "ghost": (0.93, 0.93, 0.93),
    "raven": (0.14, 0.14, 0.16),
}
# Rows of a sprite: what is there and how much of the base colour, white and black it holds.
SHADOW, BODY, SHINE, WHITE, INK, FOREIGN = (
    slice(a, b) for a, b in ((8, 16), (16, 40), (40, 44), (44, 48), (48, 52), (52, 56))
)
STRIPES = ((SHADOW, 0.7, 0.0), (BODY, 1.0, 0.0), (SHINE, 0.5, 0.5), (WHITE, 0.0, 1.0), (INK, 0.0, 0.0))


def sprite(name: str, foreign: tuple[float, float, float]) -> torch.Tensor:
    """A premultiplied sprite in bands: shadow, body, shine, white, black, another colour; soft at the sides."""
    out = torch.zeros(4, SIDE, SIDE)
    base = torch.tensor(BASES[name])
    for rows, share, white in STRIPES:
        out[:3, rows] = (share * base + white)[:, None, None].clamp(max=1)
    out[:3, FOREIGN] = torch.tensor(foreign)[:, None, None]
    out[3, 8:56] = 1
    fade = torch.zeros(SIDE)
    fade[6:58], fade[5], fade[58] = 1, 0.5, 0.25
    return out * fade


def foreign_to(name: str) -> tuple[float, float, float]:
    return (0.2, 0.65, 0.25) if name not in ("leaf", "sea") else (0.9, 0.2, 0.25)


@pytest.mark.parametrize("name", BASES)
def test_the_base_colour_is_found(name):
    base, coloured = base_colour(sprite(name, foreign_to(name))[None])
    torch.testing.assert_close(base[0], torch.tensor(BASES[name]), atol=0.04, rtol=0)
    assert coloured.item() == (name not in ("elephant", "ghost", "raven"))


@pytest.mark.parametrize("name", BASES)
def test_the_body_can_be_named(name):
    out = recolour(sprite(name, foreign_to(name)).expand(11, -1, -1, -1), COLOURS)
    seen = lab(out[:, :3, BODY, 10:50].flatten(2).median(dim=2).values)
    assert [COLOURS[k] for k in torch.cdist(seen, palette_lab()).argmin(dim=1)] == list(COLOURS)


@pytest.mark.parametrize("name", BASES)
def test_what_is_foreign_stays(name):
    before = sprite(name, foreign_to(name))
    after = recolour(before.expand(11, -1, -1, -1), COLOURS)
    kept = [FOREIGN] + ([WHITE] if name != "ghost" else []) + ([INK] if name != "raven" else [])
    for rows in kept:
        assert (after[:, :, rows] - before[:, rows]).abs().max() < 0.02
    assert torch.equal(after[:, 3], before[3].expand(11, -1, -1))


@pytest.mark.parametrize("name", ["apple", "sea", "leaf", "sun", "bark", "elephant"])
def test_light_and_shadow_keep_their_order(name):
    """Also where colours are dark or light: a black apple has a lighter shine, a white one a darker shadow."""
    out = recolour(sprite(name, foreign_to(name)).expand(11, -1, -1, -1), COLOURS)
    shadow, body, shine = (out[:, :3, rows, 10:50].mean(dim=(1, 2, 3)) for rows in (SHADOW, BODY, SHINE))
    assert (shadow < body - 0.02).all()
    assert (shine > body + 0.01).all()


@pytest.mark.parametrize("name", BASES)
def test_soft_edges_get_no_fringe(name):
    """The rule is linear: a pixel of half the alpha holds half of what the pixel beside it holds."""
    out = recolour(sprite(name, foreign_to(name)).expand(11, -1, -1, -1), COLOURS)
    assert (out[:, :3] <= out[:, 3:] + 1e-6).all()
    assert out.min() >= 0
    for rows in (SHADOW, BODY, SHINE):
        torch.testing.assert_close(out[:, :3, rows, 5], out[:, :3, rows, 6] * 0.5, atol=0.01, rtol=0)
        torch.testing.assert_close(out[:, :3, rows, 58], out[:, :3, rows, 57] * 0.25, atol=0.01, rtol=0)


def test_a_sprite_does_not_depend_on_its_neighbours():
    some = torch.stack([sprite(name, foreign_to(name)) for name in BASES])
    together = recolour(some, COLOURS[: len(some)])
    for k, colour in enumerate(COLOURS[: len(some)]):
        assert torch.equal(recolour(some[k : k + 1], [colour])[0], together[k])


def test_an_empty_sprite_stays_empty():
    assert not recolour(torch.zeros(1, 4, 32, 32), ["red"]).any()


def test_halving_takes_means_of_four():
    x = torch.arange(30.0).reshape(1, 1, 5, 6)
    assert halve(x)[0, 0].tolist() == [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]


def test_errors_name_the_value():
    with pytest.raises(ValueError, match="unknown colour 'mauve': choose from red"):
        recolour(torch.zeros(1, 4, 32, 32), ["mauve"])
