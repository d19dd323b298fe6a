"""The page of ``unfog explain reverse``: how a picture comes out of noise, in words of three depths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from unfog.config.sample import SampleConfig
from unfog.explain.drawing import Drawing, svg
from unfog.explain.page import Figure, Formula, Frame, Section, image, page, slider, strip
from unfog.explain.reverse import Moment
from unfog.explain.reverse_charts import decibels
from unfog.explain.reverse_pictures import Pixels
from unfog.media.png import encode
from unfog.text.prompt import Composition, parse, parts_of

LINK = "step"  # sliders of one name move together
SPLIT = r"x_t = \alpha_t \hat{x}_0 + \sigma_t \hat{\epsilon}"
GUIDED = r"\hat{x}_0 = D_u + s (D_c - D_u)"
HEAT = r'"heat"_w (p) = \frac{1}{S H T} \sum \sum_{k \in w} A_k (p)'
EFFECT = r'"effect"_w = | D(x_t) - D_{-w} (x_t) |'


@dataclass(frozen=True)
class Shown:
    """All that the page shows, as pixels and drawings.

    Fields:
        prompt, sample, steps: what was asked for; ``steps`` are those really taken.
        moments: what was seen, with one entry of each of the following lists of pictures per moment.
        noisy, clean, noise, push, plain: see ``explain/reverse_pictures.py``; ``plain`` is without guidance.
        blank: without words; empty if the model was never trained without.
        steering: what the words are steered away from, for a reader.
        blurs: what self-attention guidance would blur; empty if it cannot.
        without, with_sag: the finished picture without and with self-attention guidance; ``None`` if it cannot.
        strength: of that guidance.
        picture: the finished picture.
        latents: shape of what the network works on, if that is not the picture itself.
        words: every word with its share of all attention, its heat over the picture, and the greatest change that its
            absence makes, with where it makes it.
        places, errors: curves.
    """

    prompt: str
    sample: SampleConfig
    steps: int
    moments: tuple[Moment, ...]
    noisy: tuple[Pixels, ...]
    clean: tuple[Pixels, ...]
    noise: tuple[Pixels, ...]
    push: tuple[Pixels, ...]
    plain: tuple[Pixels, ...]
    blank: tuple[Pixels, ...]
    steering: str
    blurs: tuple[Pixels, ...]
    without: Pixels | None
    with_sag: Pixels | None
    strength: float
    picture: Pixels
    latents: tuple[int, ...] | None
    words: tuple[WordShown, ...]
    places: Drawing
    errors: Drawing


@dataclass(frozen=True)
class WordShown:
    """A word: its share of all attention, 0..1, its heat, the greatest change that its absence makes, and where."""

    text: str
    share: float
    heat: Pixels
    change: float
    effect: Pixels


def reverse_page(shown: Shown, facts: Mapping[str, str], footer: str) -> str:
    """The whole page, from what is shown, the settings, and how to make it again."""
    lead = (
        "A machine that draws begins with pure noise, like fog, and clears it step by step. This page shows the steps"
        " of one picture: what it guessed was behind the fog, which words it looked at, and what pushed it."
        f" It was asked for: {shown.prompt.strip() or 'nothing at all'}."
    )
    sections = [clearing(shown), looking(shown), pushing(shown), blurring(shown), placing(shown)]
    return page("A picture comes out of the fog", lead, sections, facts=facts, footer=footer)


def label(moment: Moment, steps: int) -> str:
    """A moment in few words."""
    strength = decibels(moment)
    said = "no picture yet" if math.isinf(strength) else f"{strength:+.0f} dB"
    return f"step {moment.index + 1} of {steps} · t {moment.t:.2f} · {said}"


def picture(pixels: Pixels, alt: str) -> str:
    """A picture, its pixels sharp however large it is shown."""
    return image(encode(pixels), alt, crisp=True)


def sliding(shown: Shown, pictures: Sequence[Pixels], name: str, alt: Callable[[Moment], str]) -> str:
    """A slider over the moments, moving with all others of the page."""
    frames = [
        Frame(picture(pixels, alt(moment)), label(moment, shown.steps))
        for moment, pixels in zip(shown.moments, pictures, strict=True)
    ]
    return slider(frames, name, link=LINK, start=min(1, len(frames) - 1))


def in_latents(shape: tuple[int, ...] | None) -> str:
    """What a reader should know of a model that draws latents."""
    if shape is None:
        return ""
    channels, height, width = shape
    return (
        f"\n\nThis model works on {width} x {height} cells of {channels} numbers, its latents; what you see was decoded"
        " from them, the noise excepted, of which the first three numbers of every cell are shown as colours."
    )


def row(shown: Shown, pictures: Sequence[Pixels], what: str) -> str:
    """At most six of the moments, and the finished picture."""
    n = len(pictures)
    some = sorted({round(k * (n - 1) / 5) for k in range(6)})
    frames = [
        Frame(
            picture(pictures[k], f"{what} at step {shown.moments[k].index + 1}."), f"step {shown.moments[k].index + 1}"
        )
        for k in some
    ]
    return strip([*frames, Frame(picture(shown.picture, "The finished picture."), "finished")])


def clearing(shown: Shown) -> Section:
    """x_t, x0 and eps."""
    n = shown.steps
    return Section(
        "Fog clears, step by step",
        "First there is only fog: coloured dots thrown by chance. The machine looks at it and guesses what could be"
        " behind. Then it takes away a little of the fog, looks again and guesses better."
        f" It does so {n} times. Nobody drew this picture before.",
        "The sampler starts from Gaussian noise that only the seed decides. In every step the network D estimates the"
        " clean picture behind x_t; the first estimates are blurred, being a mean of all pictures that are still"
        " possible. Whatever of x_t is not explained by the estimate is taken for noise. The sampler then goes to the"
        " next, smaller noise level, and only the last estimate is kept whole."
        "\n\nNoisy states are shown at unit size; of the noise, values beyond 2.5 standard deviations are cut off."
        + in_latents(shown.latents),
        (
            Formula(r"x_1 \sim N(0, \sigma_1^2)", "the start: noise, drawn from the seed"),
            Formula(r'\hat{x}_0 = D(x_t, t, "words") \approx "E"(x_0 | x_t)', "the guess: a mean of what is possible"),
            Formula(r"\hat{\epsilon} = (x_t - \alpha_t \hat{x}_0) / \sigma_t", "the noise that the guess leaves over"),
            Formula(
                r"x_s = \frac{\sigma_s}{\sigma_t} x_t + (\alpha_s - \alpha_t \frac{\sigma_s}{\sigma_t}) \hat{x}_0",
                "one step of first order from t to s < t; better samplers extrapolate the guess",
            ),
        ),
        (
            Figure(
                row(shown, shown.noisy, "The noisy picture"),
                "The picture as it stood at each step: less and less fog.",
                SPLIT,
            ),
            Figure(
                row(shown, shown.clean, "The guess"),
                "What the machine believed was behind the fog, at the same steps.",
                r'\hat{x}_0 = D(x_t, t, "words")',
            ),
            Figure(
                sliding(
                    shown, shown.noisy, "Step of the noisy picture", lambda m: f"Noisy picture, step {m.index + 1}."
                ),
                "The foggy picture. Pull the slider or press play; all sliders of this page move together.",
                SPLIT,
                wide=False,
            ),
            Figure(
                sliding(shown, shown.clean, "Step of the guess", lambda m: f"Clean estimate, step {m.index + 1}."),
                "The guess behind it.",
                r'\hat{x}_0 = D(x_t, t, "words")',
                wide=False,
            ),
            Figure(
                sliding(shown, shown.noise, "Step of the noise", lambda m: f"Predicted noise, step {m.index + 1}."),
                "The fog alone: what the machine takes for noise. At the start it is everything.",
                r"\hat{\epsilon} = \frac{x_t - \alpha_t \hat{x}_0}{\sigma_t}",
                wide=False,
            ),
        ),
    )


def looking(shown: Shown) -> Section:
    """Where each word acts."""
    formulas = (
        Formula(
            r"A = "
            r'"softmax"(q k^T / \sqrt{d})',
            "attention: every cell q of the picture shares out 1 over the tokens k",
        ),
        Formula(HEAT, "the mean over S sites, H heads and T steps, summed over the tokens of the word"),
        Formula(EFFECT, "D with the word w hidden; root mean square over the colours, mean over the steps"),
    )
    if not shown.words:
        empty = not shown.prompt.strip()
        why = "there are no words in this prompt" if empty else "this network does not look at words"
        return Section(
            "Where each word acts",
            f"Here is nothing to see: {why}.",
            f"No heat-maps: {why}, so there is no attention from picture to text to be shown.",
            formulas,
            (),
        )
    heats = [Frame(picture(shown.picture, "The finished picture."), "the picture")]
    effects = [Frame(picture(shown.picture, "The finished picture."), "the picture")]
    for word in shown.words:
        said = f"{word.text} · {100 * word.share:.0f} %"
        heats.append(Frame(picture(word.heat, f"Where the word {word.text} was looked at, in orange."), said))
        said = f"{word.text} · up to {50 * word.change:.0f} %"
        effects.append(Frame(picture(word.effect, f"What the word {word.text} changes, in orange."), said))
    rest = 1 - sum(word.share for word in shown.words)
    parted = (
        " AND and NOT make parts: a share is one of the attention of all parts together, and behind NOT the words act"
        " the other way."
        if isinstance(parse(shown.prompt), Composition)
        else ""
    )
    elsewhere = f" The other {100 * rest:.0f} % went to places kept for a reference picture." if rest > 0.01 else ""
    return Section(
        "Where each word acts",
        "While it clears the fog, the machine reads your sentence again and again, and every spot of the picture looks"
        " at the words it needs. Orange shows the spots that looked at a word. Below, the word is hidden for a"
        " moment: orange shows what comes out differently without it.",
        "Upper row: the cross-attention of all sites and heads, averaged over the steps shown and enlarged from the"
        " network's cells; each map is drawn from its least to its greatest value, and the number is the word's share"
        ' of all attention. Words for colours point sharply; words such as "a" often collect attention that is not'
        f" needed anywhere.{elsewhere}{parted}"
        "\n\nAttention says where a word is looked at, not what it does. Lower row: the change of the clean estimate if"
        " nobody may attend to the word. The number is the most it changes a pixel, where 100 % is black to white; all"
        " words are drawn on one scale, by square roots. What the text encoder has told other words of it stays.",
        formulas,
        (
            Figure(strip(heats), "Orange: here the machine looked at this word.", HEAT),
            Figure(strip(effects), "Orange: here the picture would be different without this word.", EFFECT),
        ),
    )


def pushing(shown: Shown) -> Section:
    """What guidance adds."""
    sample, figures = shown.sample, list[Figure]()
    if shown.blank:
        figures.append(
            Figure(
                sliding(
                    shown, shown.blank, "Step without words", lambda m: f"Guess {shown.steering}, step {m.index + 1}."
                ),
                f"What it would guess {shown.steering}.",
                r'D_u = D(x_t, t, "no words")',
                wide=False,
            )
        )
    figures += [
        Figure(
            sliding(shown, shown.plain, "Step with words", lambda m: f"Guess with words, step {m.index + 1}."),
            "What it guesses with your words.",
            r'D_c = D(x_t, t, "words")',
            wide=False,
        ),
        Figure(
            sliding(shown, shown.push, "Step of the push", lambda m: f"What guidance adds, step {m.index + 1}."),
            "What guidance adds: grey is no push, a colour is a push towards this colour.",
            r'"push" = \hat{x}_0 - D_c',
            wide=False,
        ),
    ]
    none = all(float(one.push.abs().max()) == 0 for one in shown.moments)
    told = (
        " For this picture no guidance was used, so the last picture is plain grey: the push is exactly zero."
        if none
        else f" Here the strength s is {sample.guidance:g}; all steps are drawn on one scale."
    )
    terms = [
        f" {'-' if part.weight < 0 else '+'} {round(abs(part.weight), 4):g} (D_{{{k}}} - D_u)"
        for k, part in enumerate(parts_of(parse(shown.prompt)), start=1)
    ]
    composed = Formula("D_c = D_u" + "".join(terms), "this prompt has parts, each with its weight; NOT turns its sign")
    return Section(
        "What guidance pushes",
        "The machine makes two guesses: one with your words and one without. Where they differ, there your words"
        " matter. So it goes a bit further in that direction, as if your words were said louder."
        + (" This time it did not: the words were said just once." if none else ""),
        "Classifier-free guidance goes from the estimate without words through the one with words and beyond, by s. The"
        " push is what is added to the plain conditional estimate; with s = 1 there is none. It is strongest while much"
        " is undecided, and a larger s gives clearer, more saturated and more similar pictures." + told,
        (
            Formula(GUIDED, "classifier-free guidance; variants change one part of it"),
            Formula(r'"push" = (s - 1)(D_c - D_u)', "what that adds to the plain estimate"),
            *((composed,) if isinstance(parse(shown.prompt), Composition) else ()),
        ),
        tuple(figures),
    )


def blurring(shown: Shown) -> Section:
    """What self-attention guidance looks at."""
    formulas = (
        Formula(r'M = 1 " where " \sum_q A_{q k} > 1', "cells that get more than their share of self-attention"),
        Formula(r'b = (1 - M) D_u + M " blur"(D_u)', "the estimate, blurred there"),
        Formula(
            r"\hat{x}_0 = D + s (b - D(x_t + \alpha_t (b - D_u)))", "the guess is pushed away from that of the blurred"
        ),
    )
    title = "What self-attention guidance would blur"
    if not shown.blurs:
        why = "this network has no attention among the parts of a picture of this size"
        return Section(title, f"Here is nothing to see: {why}.", f"No mask: {why}.", formulas, ())
    used = shown.sample.sag > 0
    figures = [
        Figure(
            sliding(shown, shown.blurs, "Step of the mask", lambda m: f"Cells of the mask, step {m.index + 1}."),
            "Not faded: the parts that the others look at most. These would be blurred.",
            formulas[0].source,
            wide=False,
        )
    ]
    if shown.without is not None and shown.with_sag is not None:
        figures += [
            Figure(
                picture(shown.without, "The finished picture without self-attention guidance."),
                "The same picture without this guidance" + ("." if used else ": the one of this page."),
                r"\hat{x}_0 = D(x_t, t)",
                wide=False,
            ),
            Figure(
                picture(shown.with_sag, "The finished picture with self-attention guidance."),
                f"And with it, at strength {shown.strength:g}" + (": the one of this page." if used else "."),
                formulas[2].source,
                wide=False,
            ),
        ]
    return Section(
        title,
        "Some parts of the picture are looked at by all the others: they matter most. One can make the machine squint,"
        " so that just these parts get blurred, and then tell it: do the opposite of that. Then it draws them more"
        " clearly.",
        "SAG takes the self-attention of a middle block, marks the cells that receive more than their share, blurs the"
        " clean estimate there, adds the same noise again, and pushes away from what the network makes of it. It needs"
        " no words. "
        + ("It was used for this picture." if used else "It was not used for this picture: what it would")
        + ("" if used else " do is shown beside, from the same seed."),
        formulas,
        tuple(figures),
    )


def placing(shown: Shown) -> Section:
    """Where the steps lie."""
    return Section(
        "How much fog is left",
        "The curve falls from clear picture, left, to thick fog, right. Every upright line is one step of the machine;"
        " it walks from the right to the left. The other curve shows how wrong its guess still was.",
        "Samplers are told the noise levels at which the network is asked. Where the signal-to-noise ratio is low, the"
        " layout is decided; where it is high, the texture. The distance is the root mean square difference of the"
        " guess at a step and the finished picture (black to white is 2): it measures how much was still to be decided,"
        " not how good the picture is. This model folder states no training loss by noise level, so none is drawn.",
        (
            Formula(r'"SNR"(t) = \frac{\alpha_t^2}{\sigma_t^2}', "signal-to-noise ratio; in decibels 10 log10 of it"),
            Formula(r'"distance" = \sqrt{"mean" (\hat{x}_0 - x_0)^2}', "x_0 is the finished picture"),
            Formula(
                r"| \hat{\epsilon} - \epsilon | = \frac{\alpha_t}{\sigma_t} | \hat{x}_0 - x_0 |",
                "the error of the guess is that of the noise, in other units: the training loss in disguise",
            ),
        ),
        (
            Figure(
                svg(shown.places),
                "How much clearer the picture is than the fog; each upright line is one step.",
                r'"SNR"(t) = \alpha_t^2 / \sigma_t^2',
                wide=False,
            ),
            Figure(
                svg(shown.errors),
                "How far each guess was from the finished picture.",
                r'"distance" = \sqrt{"mean" (\hat{x}_0 - x_0)^2}',
                wide=False,
            ),
        ),
    )
