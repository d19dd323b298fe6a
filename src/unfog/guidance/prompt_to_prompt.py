"""Prompt-to-prompt (Hertz et al. 2022): another text, drawn where the first one was.

While a picture is drawn again from its own noise with another text, the network attends as it did for the first:

    A*[.., j'] = A[.., j]    for tokens j' of the new text that stand for tokens j of the first (the rest as they are,
                             rows scaled to a sum of 1)                        until u < 1 - words
    S* = S                   attention of the picture to itself                until u < 1 - layout

u = sigma/(alpha + sigma) is the share of noise that is left. The maps of the first text come from its own states, one
per node, which inversion has found (``samplers/inversion.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.core.strength import noise_share


@dataclass(frozen=True)
class Source:
    """How the first picture came about: its states by their time, and its conditioning (one row)."""

    states: Mapping[float, Tensor]
    cond: Cond

    def at(self, t: float) -> Tensor:
        """The state at the node nearest to ``t``."""
        return self.states[min(self.states, key=lambda known: abs(known - t))]


def prompt_to_prompt(
    denoiser: Watched,
    cond: Cond,
    source: Source,
    pairs: Sequence[tuple[int, int]],
    process: Process,
    *,
    sites: Sequence[str],
    words: float,
    layout: float,
) -> Denoise:
    """The denoiser of the new text ``cond`` (one row), attending as for the first.

    Args:
        pairs: (token of the new text, token of the first that it stands for).
        sites: blocks that attend to the text and to themselves, as ``core/probe.py`` names them, without the last part.
        words, layout: shares of the noise, 0..1, while which attention is taken over.
    """
    new, old = ([pair[k] for pair in pairs] for k in (0, 1))

    def edited(x: Tensor, t: Tensor) -> Tensor:
        left = 1 - float(noise_share(process, t[:1]))
        want = [f"{site}.cross" for site in sites if left < words] + [f"{site}.self" for site in sites if left < layout]
        if not want:
            return denoiser(x, t, cond.expand(x.shape[0]))
        first = Probe(frozenset(want))
        denoiser(source.at(float(t[0])), t[:1], source.cond, first)

        def as_before(site: str, weights: Tensor) -> Tensor:
            if site.endswith(".self"):
                return first.maps[site].expand_as(weights).to(weights)
            taken = weights.clone()
            taken[..., new] = first.maps[site][..., old].to(weights)
            return taken / taken.sum(-1, keepdim=True)

        return denoiser(x, t, cond.expand(x.shape[0]), Probe(frozenset(want), edit=as_before))

    return edited
