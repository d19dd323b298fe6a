"""Where each word of a prompt acts in a picture: heat-maps of the attention to the text, and what its absence changes.

Attention (compare Tang et al. 2023, "What the DAAM"): at a site every cell q of the picture spreads a weight of 1 over
the tokens k of the text. With H heads and S sites, each enlarged to the pixels p of the picture,

    A_k(p) = 1/(S H) sum over sites and heads of A(q(p), k)        heat of a word = sum of A_k over its tokens

so a heat is a share in [0, 1], and those of all tokens sum to 1 in every pixel. Sites of several resolutions count
alike. Attention says where a word was looked at; what it does there says its absence,

    effect_w(p) = root mean square over channels of D(x, t, words) - D(x, t, words without w)

without w: nobody can attend to its tokens (what the text encoder has passed on to other tokens, and the summary of the
whole text, stay). Where no other word is left, the null conditioning stands for the absence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.config.model import HybridConfig, UNetConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Watched
from unfog.core.probe import Probe
from unfog.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Site:
    """A place of the network that attends to the text; its cells have a side of ``cell`` pixels.

    The network repeats the edge of the picture until its sides are multiples of ``multiple``.
    """

    name: str
    cell: int
    multiple: int


@dataclass(frozen=True)
class Word:
    """A word of a prompt as it was written, and the numbers of its tokens."""

    text: str
    tokens: tuple[int, ...]


def sites(net: HybridConfig | UNetConfig) -> tuple[Site, ...]:
    """All places of such a network that attend to the text."""
    if isinstance(net, HybridConfig):
        side = net.patch * 2 ** len(net.widths)
        return tuple(Site(f"core.{k}.cross", side, side) for k in range(net.core_depth))
    side = 2 ** (len(net.widths) - 1)
    levels = [level for level in net.attend if level < len(net.widths)]
    beside = [(f"{way}.{level}.{k}", 2**level) for way in ("down", "up") for level in levels for k in range(net.blocks)]
    return tuple(Site(f"{name}.cross", cell, side) for name, cell in [*beside, ("core.0", side)])


def words_of(tokenizer: Tokenizer, prompt: str) -> tuple[Word, ...]:
    """The words of a prompt, each with those of its tokens that the model reads; punctuation round them is left out.

    A word begins where a space ends. What stands beyond the longest text that the model reads has no tokens and is
    left out.
    """
    prompt = prompt.strip()
    spans = tokenizer.tokens.encode(prompt, add_special_tokens=False).offsets[: tokenizer.max_tokens]
    found = dict[int, list[int]]()
    for token, (start, end) in enumerate(spans):
        before = len(prompt[:start].split())
        number = before if prompt[start:end].isspace() or start == end else len(prompt[:end].split()) - 1
        found.setdefault(number, []).append(token)
    written = [word.strip(".,;:!?\"'()[]") or word for word in prompt.split()]
    return tuple(Word(written[number], tuple(tokens)) for number, tokens in found.items())


def token_heat(
    denoiser: Watched, net: HybridConfig | UNetConfig, x: Float[Tensor, "b c h w"], t: Float[Tensor, " b"], cond: Cond
) -> Float[Tensor, "b k h w"] | None:
    """A_k: the share of attention that every pixel pays to every token; ``None`` if the network attends to no text.

    Args:
        denoiser: of the model.
        net: its network's configuration.
        x, t: noisy pictures and their times.
        cond: one row, or one per picture. ``k`` are its tokens, and those of a reference picture after them.
    """
    places = {site.name: site for site in sites(net)}
    probe = Probe(frozenset(places))
    denoiser(x, t, cond.expand(x.shape[0]), probe)
    if not probe.maps:
        return None
    heats = [enlarged(weights.mean(1), places[name], x.shape[2], x.shape[3]) for name, weights in probe.maps.items()]
    return torch.stack(heats).mean(0)


def enlarged(weights: Float[Tensor, "b q k"], site: Site, height: int, width: int) -> Float[Tensor, "b k h w"]:
    """The attention of a site's cells on the pixels of the picture, linear in between: shares remain shares."""
    padded = [-(-side // site.multiple) * site.multiple for side in (height, width)]
    cells = weights.mT.unflatten(2, [side // site.cell for side in padded])
    return F.interpolate(cells.float(), size=padded, mode="bilinear", antialias=True)[..., :height, :width]


def word_heat(heat: Float[Tensor, "b k h w"], words: Sequence[Word]) -> Float[Tensor, "b words h w"]:
    """The heat of each word: the sum over its tokens."""
    return torch.stack([heat[:, list(word.tokens)].sum(1) for word in words], dim=1)


def word_effect(
    denoiser: Watched,
    x: Float[Tensor, "1 c h w"],
    t: Float[Tensor, " 1"],
    cond: Cond,
    null: Cond,
    words: Sequence[Word],
) -> Float[Tensor, "words h w"]:
    """How much the clean estimate changes in every pixel if a word is not attended to, in units of the picture.

    Args:
        denoiser: of the model.
        x, t: one noisy picture and its time.
        cond: the conditioning of the prompt, one row.
        null: that of the empty prompt.
        words: of the prompt.
    """
    assert cond.mask is not None
    rows = list[Cond]()
    for word in words:
        mask = cond.mask.clone()
        mask[:, list(word.tokens)] = False
        rows.append(replace(cond, mask=mask) if mask.any() else null)
    n = len(words)
    without = denoiser(x.expand(n, *x.shape[1:]), t.expand(n), Cond.cat(rows))
    return (without - denoiser(x, t, cond)).square().mean(1).sqrt()
