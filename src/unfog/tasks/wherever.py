"""A mask from words: the parts of a picture that they name, or else where in it they act.

A picture whose things stand apart from its ground (``tasks/parts.py``) is asked part by part: shown alone and put under
some noise, a part is named by words if they help the network to see through the noise,

    gain = mean over noise of |D(x_t, t, null) - x0|^2 - |D(x_t, t, words) - x0|^2

(Li et al. 2023, "Your Diffusion Model is Secretly a Zero-Shot Classifier"). Those are taken that gain at least half as
much as the best one, or, if none gains, lose little; if all lose much, the words name none. Ground is what belongs to
no part. Where nothing stands apart, or one thing only, which the words do not name as a whole, the attention of the
network to them says where they act (compare DAAM): a pixel belongs to them if the heat of their strongest word is at
least half of its range between the least and the most of the picture. Both are means over several levels of noise.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.regions import grown
from unfog.model.model import Model
from unfog.tasks.frame import frame_of, shrunk
from unfog.tasks.heatmaps import Word, token_heat, word_heat, words_of
from unfog.tasks.parts import by_itself, in_place, parts_of
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal

LAMS = (-0.5, 0.0, 0.5, 1.0)
LEVEL = 0.5
NEAR = 0.1  # of the range of gains
LOSS = 0.2  # of the greatest loss: 97 % of what is in a picture loses less, 24 % of what is not
GROUND = frozenset({"background", "ground", "backdrop"})
SMALL_WORDS = frozenset({"a", "an", "the", "of", "and", "in", "on", "with", "at"})


@torch.no_grad()
def wherever(model: Model, x: Float[Tensor, "1 c h w"], words: str) -> Float[Tensor, "h w"]:
    """1 where ``words`` act in a picture, 0 elsewhere.

    Raises:
        UsageError: no words, words that name none of several things, or a network that attends to none.
    """
    found = [word for word in words_of(model.tokenizer, model.read(words)) if word.text.lower() not in SMALL_WORDS]
    if not found:
        raise UsageError(f"no word in {words!r} says what to look for; name a thing, for example the hat")
    height, width = x.shape[2:]
    small = shrunk(x, frame_of(width, height, model.config.picture.size).canvas).to(model.device)
    ground = any(word.text.lower() in GROUND for word in found)
    named = not_parts(small) if ground else named_parts(model, small, words)
    where = attended(model, small, words, found) if named is None else named
    whole = F.interpolate(where[None, None], size=(height, width), mode="bicubic", antialias=True)[0, 0]
    low, high = whole.min(), whole.max()
    return (whole >= low + LEVEL * (high - low)).float().cpu()


def named_parts(model: Model, x: Float[Tensor, "1 c h w"], words: str) -> Float[Tensor, "h w"] | None:
    """1 in the parts that the words name and a pixel around them; ``None`` if parts cannot tell."""
    parts = parts_of(x)
    both = Cond.cat([model.condition([text]).expand(len(LAMS)) for text in (words, "")])
    gains = [gain(model, shown(model, x, part, parts), both) for part in parts]
    best, worst = max(gains, default=0.0), min(gains, default=0.0)
    if best < LOSS * worst or not gains:
        if len(gains) < 2:
            return None
        raise UsageError(
            f"nothing that stands apart from the ground is {words!r}; name something else, or mark it: with a mask, or"
            " a box"
        )
    least = LEVEL * best if best > 0 else best - NEAR * (best - worst)
    taken = torch.tensor([own >= least for own in gains])
    return grown(parts[taken.to(parts.device)].any(0)[None], 1)[0].float()


def not_parts(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "h w"] | None:
    """1 in the ground; ``None`` if nothing stands apart from it."""
    parts = parts_of(x)
    return (~grown(parts.any(0)[None], 1))[0].float() if len(parts) else None


def shown(model: Model, x: Tensor, part: Tensor, parts: Tensor) -> Tensor:
    """A part as the model paints single things: by itself on nothing, if it does, else in its place."""
    if x.shape[1] == 4:
        return by_itself(x, part, model.config.picture.size)
    return in_place(x, part, parts)


def gain(model: Model, x: Float[Tensor, "1 c h w"], both: Cond) -> float:
    """How much words help to see a picture through noise; ``both`` has rows of ``LAMS`` for them, then for none."""
    x0, noisy, ts = under_noise(model, x)
    told, plain = model.denoiser(torch.cat([noisy, noisy]), torch.cat([ts, ts]), both).chunk(2)
    return float(((plain - x0).square() - (told - x0).square()).mean())


def attended(model: Model, x: Float[Tensor, "1 c h w"], words: str, found: list[Word]) -> Float[Tensor, "h2 w2"]:
    """The heat of the strongest word."""
    _, noisy, ts = under_noise(model, x)
    heat = token_heat(model.denoiser, model.config.net, noisy, ts, model.condition([words]))
    if heat is None:
        raise UsageError("this model attends to no words; give a mask as a picture")
    return word_heat(heat, found).mean(0).amax(0)


def under_noise(model: Model, x: Float[Tensor, "1 c h w"]) -> tuple[Tensor, Tensor, Tensor]:
    """What is denoised of a picture; the same under noise of every level of ``LAMS``; and their times."""
    x0, process = model.encode(x), model.denoiser.process
    lams: Float64[Tensor, " n"] = torch.tensor(LAMS, dtype=torch.float64, device=model.device)
    ts = process.time_at(lams).to(x0)
    eps = normal([0] * len(LAMS), x0.shape[1:], draw=Draw.PROBE, index=range(len(LAMS))).to(x0)
    return x0, process.noise(x0.expand(len(LAMS), *x0.shape[1:]), eps, ts), ts
