"""What the network saw on its way out of the noise (``explain/reverse.py``), as pixels.

    noisy       x_t / sqrt(alpha^2 + sigma^2): of unit size at every t
    noise       eps / 2.5: 99 of 100 values of unit noise are within
    push        (guided - plain) / gain round mid-grey; one gain for all steps, so that they can be compared
    heat        the picture in pale grey, orange where the heat is
    blurring    the picture, everything but what would be blurred faded to grey

Moments come as they were seen, on the CPU; all pictures are 8-bit RGB.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.explain.reverse import Moment
from unfog.media.alpha import over
from unfog.media.image import to_uint8
from unfog.model.model import Model
from unfog.tasks.generate import decode

Pixels = UInt8[Tensor, "3 h w"]

NOISE_REACH = 2.5
ORANGE = (0.92, 0.29, 0.05)
PALE = 0.55  # of the way to white, below a heat
QUIET = 0.02  # a push below this is shown as it is, not enlarged to fill the range
SIDE = 192  # heats are drawn at least so large


def coloured(pixels: UInt8[Tensor, "c h w"]) -> Pixels:
    """Grey or RGB as RGB."""
    return pixels.expand(3, -1, -1) if pixels.shape[0] == 1 else pixels


def visible(model: Model, x: Float[Tensor, "c h w"]) -> Pixels:
    """A clean estimate as a screen shows it."""
    return coloured(decode(model, x[None])[0])


def noisy(model: Model, moment: Moment) -> Pixels:
    """x_t at unit size."""
    return visible(model, moment.x / math.hypot(moment.alpha, moment.sigma))


def noise(moment: Moment) -> Pixels:
    """The noise that the network saw; of a model with transparency its colours."""
    return coloured(to_uint8(moment.eps[:3] / NOISE_REACH))


def pushes(model: Model, moments: Sequence[Moment]) -> list[Pixels]:
    """What guidance adds at every moment, in colours round mid-grey."""
    added = [seen(model, one.x0) - seen(model, one.plain) for one in moments]
    gain = max(QUIET, *(float(a.abs().max()) for a in added))
    return [coloured(to_uint8(a / gain)) for a in added]


def seen(model: Model, x: Float[Tensor, "c h w"]) -> Float[Tensor, "_c h w"]:
    """A picture within [-1, 1] as it is seen, transparency over white."""
    x = model.codec.decode(x[None])
    return (over(x) if x.shape[1] == 4 else x)[0].clamp(-1, 1)


def stretched(heat: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """A heat from its least value, 0, to its greatest, 1; an even one is 0."""
    low, high = heat.amin(), heat.amax()
    return (heat - low) / (high - low) if high > low else torch.zeros_like(heat)


def weighed(effects: Float[Tensor, "words h w"]) -> Float[Tensor, "words h w"]:
    """Effects from 0 to 1 on one scale for all words; the square root lets weak ones be seen."""
    return (effects / effects.max().clamp(min=1e-6)).sqrt()


def heated(picture: Pixels, share: Float[Tensor, "h w"]) -> UInt8[Tensor, "3 _h _w"]:
    """A heat, 0..1, over a picture, enlarged by a whole factor to ``SIDE`` or more."""
    factor = max(1, -(-SIDE // picture.shape[2]))
    grey = picture.float().mean(0) / 255
    below = grey.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    below = below + PALE * (1 - below)
    share = F.interpolate(share[None, None], size=below.shape, mode="bilinear", antialias=True)[0, 0]
    paint = torch.tensor(ORANGE)[:, None, None]
    mixed = (1 - 0.9 * share) * below + 0.9 * share * paint * (0.45 + 0.55 * below)
    return to_uint8(2 * mixed - 1)


def to_blur(model: Model, moment: Moment) -> Pixels:
    """The estimate without words where self-attention guidance would blur it; the rest faded."""
    assert moment.mask is not None
    base = moment.plain if moment.blank is None else moment.blank
    picture = (coloured(visible(model, base)).float() / 127.5) - 1
    faded = 0.3 + 0.3 * picture.mean(0, keepdim=True)
    mask = F.interpolate(moment.mask[None], size=picture.shape[1:], mode="nearest")[0]
    return to_uint8(torch.where(mask > 0, picture, faded).clamp(-1, 1))


def mean_heat(moments: Sequence[Moment]) -> Float[Tensor, "words h w"] | None:
    """The heat of every word, averaged over the moments; ``None`` if there is none."""
    heats = [one.heat for one in moments if one.heat is not None]
    return torch.stack(heats).mean(0) if heats else None


def mean_effect(moments: Sequence[Moment]) -> Float[Tensor, "words h w"] | None:
    """The effect of every word, averaged over the moments; ``None`` if there is none."""
    effects = [one.effect for one in moments if one.effect is not None]
    return torch.stack(effects).mean(0) if effects else None


def distance(moment: Moment, final: Float[Tensor, "c h w"]) -> float:
    """Root mean square difference of the clean estimate and the finished picture."""
    return float((moment.x0 - final).square().mean().sqrt())
