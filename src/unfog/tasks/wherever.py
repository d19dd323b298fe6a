"""A mask from words: where in a picture they act, by the attention of the network to them (compare DAAM).

The picture is put under some noise, the words are the prompt, and a pixel belongs to them if the heat of their
strongest word is at least half of its range between the least and the most of the picture. Heat is a mean over several
levels of noise, each with noise of its own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.model.model import Model
from unfog.tasks.frame import frame_of, shrunk
from unfog.tasks.heatmaps import token_heat, word_heat, words_of
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal

LAMS = (-1.0, -0.5, 0.0, 0.5)
LEVEL = 0.5
SMALL_WORDS = frozenset({"a", "an", "the", "of", "and", "in", "on", "with", "at"})


@torch.no_grad()
def wherever(model: Model, x: Float[Tensor, "1 c h w"], words: str) -> Float[Tensor, "h w"]:
    """1 where ``words`` act in a picture, 0 elsewhere.

    Raises:
        UsageError: no words, or a network that attends to none.
    """
    found = [word for word in words_of(model.tokenizer, model.read(words)) if word.text.lower() not in SMALL_WORDS]
    if not found:
        raise UsageError(f"no word in {words!r} says what to look for; name a thing, for example the hat")
    height, width = x.shape[2:]
    small = shrunk(x, frame_of(width, height, model.config.picture.size).canvas).to(model.device)
    x0, process = model.encode(small), model.denoiser.process
    ts = process.time_at(torch.tensor(LAMS, dtype=torch.float64, device=model.device)).to(x0)
    eps = normal([0] * len(LAMS), x0.shape[1:], draw=Draw.PROBE, index=range(len(LAMS))).to(x0)
    noisy = process.noise(x0.expand(len(LAMS), *x0.shape[1:]), eps, ts)
    heat = token_heat(model.denoiser, model.config.net, noisy, ts, model.condition([words]))
    if heat is None:
        raise UsageError("this model attends to no words; give a mask as a picture")
    strongest = word_heat(heat, found).mean(0).amax(0)
    whole = F.interpolate(strongest[None, None], size=(height, width), mode="bicubic", antialias=True)[0, 0]
    low, high = whole.min(), whole.max()
    return (whole >= low + LEVEL * (high - low)).float().cpu()
