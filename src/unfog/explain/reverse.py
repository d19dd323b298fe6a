"""What happens in a network while a picture comes out of noise, without changing the picture.

``observe`` walks exactly the way of ``tasks.generate.generate``, whose denoiser D it wraps only to note what it was
asked and what it said. At the moments that are to be shown, it asks the network again, beside the way:

    x0 = D(x_t, t)                  the clean estimate that the sampler was given
    eps = (x_t - alpha x0)/sigma    the noise it saw: x_t = alpha x0 + sigma eps
    plain = D(x_t, t, words)        without any guidance
    push = x0 - plain               all that guidance adds; exactly 0 without guidance
    blank = D(x_t, t, no words)     or the negative prompt

besides the heat-map and the effect of every word (``tasks/heatmaps.py``), and the mask M of self-attention guidance
with what it would blur (``guidance/sag.py``), whether it is switched on or not. Of a prompt with AND and NOT, plain is
the composed estimate (``guidance/compose.py``), the attention that of all n parts, a word's share its share in its own
part divided by n, and the effect of a word that of its part times the part's weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, bound
from unfog.guidance.compose import composing
from unfog.guidance.sag import sag
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally, conditions, guided, noise_of, walk
from unfog.tasks.heatmaps import Word, token_heat, word_effect, word_heat, words_of
from unfog.text.prompt import Composition, Part, parts_of
from unfog.util.errors import UsageError

Picture = Float[Tensor, "c h w"]


@dataclass(frozen=True)
class Moment:
    """What is seen at the start of one step, at the time ``t``; the step ends at ``s``.

    Fields:
        index: of the step, 0 the first.
        alpha, sigma: scales of picture and noise in ``x``.
        x, x0, eps, plain, blank: see the module docstring; ``blank`` is ``None`` if the model was never trained without
            words.
        heat: share of attention per word and pixel; ``None`` if the network attends to no text, or there is none.
        effect: change of the clean estimate if the word is not attended to, in units of the picture.
        mask: 1 where self-attention guidance would blur ``(1, h, w)``; ``None`` if the network has no such attention.
        blurred: ``blank`` (or ``plain``), blurred there.
    """

    index: int
    t: float
    s: float
    alpha: float
    sigma: float
    x: Picture
    x0: Picture
    eps: Picture
    plain: Picture
    blank: Picture | None
    heat: Float[Tensor, "words h w"] | None
    effect: Float[Tensor, "words h w"] | None
    mask: Float[Tensor, "1 h w"] | None
    blurred: Picture | None

    @property
    def push(self) -> Picture:
        """All that guidance adds to the clean estimate."""
        return self.x0 - self.plain

    @property
    def snr(self) -> float:
        """Signal-to-noise ratio, alpha^2/sigma^2."""
        return (self.alpha / self.sigma) ** 2


@dataclass(frozen=True)
class Asked:
    """One question to the denoiser that the sampler used, and its answer."""

    x: Tensor
    t: Tensor
    x0: Tensor


@dataclass(frozen=True)
class Said:
    """One part of the prompt: its words, its conditioning, and its weight."""

    words: tuple[Word, ...]
    cond: Cond
    weight: float


@dataclass(frozen=True)
class Texts:
    """What the network is asked with.

    Fields:
        parts: of the prompt.
        plain: the denoiser of the prompt without guidance.
        uncond: what guidance steers away from; ``None`` if the model was never trained without words.
        looked_at: what self-attention guidance asks with.
        null: no words at all.
    """

    parts: tuple[Said, ...]
    plain: Denoise
    uncond: Cond | None
    looked_at: Cond
    null: Cond


def noting(denoise: Denoise, notes: list[Asked]) -> Denoise:
    """The same denoiser; every question and answer goes to ``notes``, too."""

    def noted(x: Tensor, t: Tensor) -> Tensor:
        x0 = denoise(x, t)
        notes.append(Asked(x, t, x0))
        return x0

    return noted


def chosen(steps: int, most: int) -> frozenset[int]:
    """At most ``most`` of the steps 0..steps-1, evenly, with the first and the last; ``most`` >= 2."""
    if steps <= most:
        return frozenset(range(steps))
    return frozenset(round(k * (steps - 1) / (most - 1)) for k in range(most))


@torch.no_grad()
def observe(
    model: Model,
    prompt: str | Composition,
    seed: int,
    sample: SampleConfig,
    *,
    negative: str = "",
    size: tuple[int, int] | None = None,
    moments: int = 24,
    can_blank: bool = True,
    tally: Tally | None = None,
) -> Iterator[tuple[Step, Moment | None]]:
    """Every step of the picture, with what was seen at its start if it is one of the ``moments`` that are shown.

    Args:
        model, prompt, seed, sample, negative, size: as in ``tasks.generate.generate``.
        moments: how many steps to look into at most, 2 or more, spread evenly.
        can_blank: the model was trained without words, too.
        tally: counts the network evaluations of the picture, not those beside it.
    """
    uncond, null = (model.condition([text.strip()]) for text in (negative, ""))
    steers = (sample.guidance != 1 and can_blank) or isinstance(prompt, Composition)
    said = tuple(said_in(model, part) for part in parts_of(prompt))
    plain = bound(model.denoiser, said[0].cond)
    if isinstance(prompt, Composition):
        plain = bound(composing(model.denoiser, conditions(model, prompt)), uncond)
    texts = Texts(said, plain, uncond if can_blank else None, uncond if steers else said[0].cond, null)
    notes, shown = list[Asked](), chosen(sample.steps, moments)
    denoise = noting(
        guided(model, [prompt] if isinstance(prompt, str) else prompt, negative, sample, tally or Tally()), notes
    )
    for step in walk(model, denoise, noise_of(model, [seed], size), sample):
        asked = min(notes, key=lambda note: abs(float(note.t[0]) - step.t))  # the first where the step starts
        del notes[:-1]  # the last may have been where the next one starts
        yield step, look(model, step, asked, texts) if step.index in shown else None


def said_in(model: Model, part: Part) -> Said:
    """What one part of a prompt tells the network."""
    return Said(words_of(model.tokenizer, model.read(part.text)), model.condition([part.text.strip()]), part.weight)


def look(model: Model, step: Step, asked: Asked, texts: Texts) -> Moment:
    """Ask the network again at the start of a step, and note all of ``Moment``."""
    denoiser, process, (x, t) = model.denoiser, model.denoiser.process, (asked.x, asked.t)
    acting = [one for part in texts.parts if (one := acts(model, x, t, part, texts.null)) is not None]
    seen = blurring(model, x, t, texts.looked_at)
    return Moment(
        step.index,
        float(t[0]),
        step.s,
        float(process.alpha(t.double())[0]),
        float(process.sigma(t.double())[0]),
        x=x[0].cpu(),
        x0=asked.x0[0].cpu(),
        eps=process.eps(x, asked.x0, t)[0].cpu(),
        plain=texts.plain(x, t)[0].cpu(),
        blank=None if texts.uncond is None else denoiser(x, t, texts.uncond)[0].cpu(),
        heat=torch.cat([heat for heat, _ in acting]) / len(texts.parts) if acting else None,
        effect=torch.cat([effect for _, effect in acting]) if acting else None,
        mask=seen["mask"][0].cpu() if seen else None,
        blurred=seen["blurred"][0].cpu() if seen else None,
    )


def acts(
    model: Model, x: Tensor, t: Tensor, part: Said, null: Cond
) -> tuple[Float[Tensor, "words h w"], Float[Tensor, "words h w"]] | None:
    """Heat and effect of the words of a part; ``None`` if it has none, or the network attends to no text."""
    heat = token_heat(model.denoiser, model.config.net, x, t, part.cond) if part.words else None
    if heat is None:
        return None
    effect = abs(part.weight) * word_effect(model.denoiser, x, t, part.cond, null, part.words)
    return word_heat(heat, part.words)[0].cpu(), effect.cpu()


def blurring(model: Model, x: Tensor, t: Tensor, uncond: Cond) -> dict[str, Tensor]:
    """What self-attention guidance sees; empty if the network has no attention that it could look at."""
    seen = dict[str, Tensor]()
    try:
        sag(lambda x, _: x, model.denoiser, uncond, 1.0, process=model.denoiser.process, seen=seen)(x, t)
    except UsageError:  # no self-attention there, or cells that do not cover this canvas evenly
        return {}
    return seen
