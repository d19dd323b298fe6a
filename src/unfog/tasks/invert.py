"""Change a picture through the noise it would come from (DDIM inversion and prompt-to-prompt).

    1. invert with the text that says what is there (``was``), no guidance: states x_t, at the end noise
    2. sample from that noise, D = D_was + scale (D_new - D_was), where D_new attends to the words both texts have as
       the first drawing did

Steering away from ``was`` in the place of the empty text (Miyake et al. 2023, negative-prompt inversion) makes the
round trip exact at every scale when nothing is changed: then D_new = D_was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.model import HybridConfig, UNetConfig
from unfog.config.sample import SampleConfig
from unfog.core.denoiser import Denoise, bound
from unfog.guidance.cfg import steered
from unfog.guidance.prompt_to_prompt import Source, prompt_to_prompt
from unfog.model.model import Model
from unfog.samplers.ddim import ddim
from unfog.samplers.inversion import ddim_inversion
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally, counted, times
from unfog.tasks.heatmaps import sites, words_of
from unfog.text.tokenizer import Tokenizer


@torch.no_grad()
def inverted(model: Model, x: Float[Tensor, "1 c h w"], was: str, sample: SampleConfig, tally: Tally) -> Iterator[Step]:
    """From a picture to its noise, the lowest node first (``samplers/inversion.py``)."""
    process = model.denoiser.process
    denoise = bound(counted(model.denoiser, tally), model.condition([was.strip()]))
    yield from ddim_inversion(denoise, process, model.encode(x.to(model.device)), times(sample, process))


@torch.no_grad()
def redrawn(
    model: Model,
    states: Sequence[Step],
    was: str,
    prompt: str,
    sample: SampleConfig,
    *,
    words: float,
    layout: float,
    tally: Tally,
) -> Iterator[Step]:
    """From the noise of ``inverted`` to a picture of ``prompt``; of ``was``, to the one it came from.

    Args:
        states: all that ``inverted`` gave.
        words, layout: 0..1, how long attention is taken over from the first drawing (``guidance/prompt_to_prompt.py``).
    """
    process, denoiser = model.denoiser.process, counted(model.denoiser, tally)
    first, new = model.condition([was.strip()]), model.condition([prompt.strip()])
    as_before = bound(denoiser, first)
    if prompt.strip() == was.strip():
        denoise: Denoise = as_before
    else:
        source = Source({step.s: step.x for step in states}, first)
        pairs = matched(model.tokenizer, model.read(prompt), model.read(was))
        places = blocks(model.config.net)
        towards = prompt_to_prompt(denoiser, new, source, pairs, process, sites=places, words=words, layout=layout)
        denoise = steered(lambda x, t: (towards(x, t), as_before(x, t)), sample.guidance)
    yield from ddim(denoise, process, states[-1].x, times(sample, process))


def blocks(net: HybridConfig | UNetConfig) -> list[str]:
    """The blocks of a network that attend to the text."""
    return [site.name.removesuffix(".cross") for site in sites(net)]


def matched(tokenizer: Tokenizer, prompt: str, was: str) -> list[tuple[int, int]]:
    """Tokens of ``prompt`` and those of ``was`` they stand for: equal words, and words that were put in their place.

    Words that replace as many others stand for them one by one, token k for token k as far as both have some.
    """
    new, old = words_of(tokenizer, prompt), words_of(tokenizer, was)
    texts = [[word.text.lower() for word in found] for found in (old, new)]
    pairs = list[tuple[int, int]]()
    for kind, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            for before, after in zip(old[a:b], new[c:d], strict=True):
                pairs += zip(after.tokens, before.tokens, strict=False)
    return pairs
