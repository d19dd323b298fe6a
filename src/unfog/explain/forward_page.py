"""The page of ``unfog explain forward``: what is seen of a fogging picture, in words of three depths."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from unfog.explain.drawing import svg
from unfog.explain.fog import Level
from unfog.explain.forward import Fog, Shown, webp
from unfog.explain.forward_figures import added, channels, histogram, ratio, scales, some, tallest, walked, walks
from unfog.explain.page import Figure, Formula, Frame, Section, image, page, pair, slider, strip
from unfog.explain.space import turnable

MARKOV = r"x_k = \frac{\alpha_k}{\alpha_{k-1}} x_{k-1} + \sqrt{\beta_k} ε_k"
AT_ONCE = r"x_t = \alpha_t x_0 + \sigma_t ε"


def forward_page(fog: Fog, name: str, pixels: Sequence[str], facts: Mapping[str, str], footer: str) -> str:
    """The whole page.

    Args:
        fog: what was watched.
        name: of the picture.
        pixels: what each followed pixel is called.
        facts: the settings.
        footer: how to make the page again.
    """
    lead = (
        "A machine that draws learns by clearing fog from pictures. To learn that, it first has to see fog come down."
        f" Here it comes down over {name}, in {fog.steps} small steps, and this page shows every part of it."
    )
    sections = [vanishing(fog), mixing(fog), counting(fog), walking(fog, pixels), leaping(fog)]
    return page("A picture turns into fog", lead, sections, facts=facts, footer=footer)


def moment(level: Level, steps: int) -> str:
    """A moment in few words."""
    strength = "" if math.isinf(level.decibels) else f" · {level.decibels:+.0f} dB"
    return f"step {level.step} of {steps} · t {level.t:.2f}{strength}"


def seen(frame: Shown, steps: int) -> str:
    """A moment's picture, described."""
    step, whole = frame.level.step, 100 * frame.level.sigma**2 / (frame.level.alpha**2 + frame.level.sigma**2)
    if step == 0:
        alt = "The picture as it was, without noise."
    else:
        alt = f"The picture after step {step} of {steps}: {whole:.0f} percent of it is noise."
    return image(webp(frame.pixels), alt)


def vanishing(fog: Fog) -> Section:
    """The strip and the slider."""
    top = tallest(fog.frames)
    frames = [
        Frame(
            pair(seen(frame, fog.steps), svg(histogram(frame, fog.frames[0], top))),
            moment(frame.level, fog.steps),
        )
        for frame in fog.frames
    ]
    row = [Frame(seen(frame, fog.steps), f"t = {frame.level.t:.2f}") for frame in some(fog)]
    return Section(
        "The picture disappears",
        "Imagine a picture on the floor, and someone who throws a pinch of coloured sand on it, again and again. At"
        " first you still see everything. Then only the big shapes. In the end there is only sand."
        "\n\nA drawing machine is shown this very often, until it can guess what is under the sand.",
        "This is the forward process. Nothing is learned here: every step shrinks the picture a little and adds fresh"
        " Gaussian noise, drawn for every pixel and colour alone. The steps form a Markov chain: the next state depends"
        " on this one only. A model is trained to undo it, from pairs of a clean picture and a noisy one."
        "\n\nScreens show values from -1 to 1 only; what is brighter or darker is cut off for the eye, not in the"
        " calculation." + stretched(fog),
        (
            Formula(
                r"q(x_k | x_{k-1}) = N {(\frac{\alpha_k}{\alpha_{k-1}} x_{k-1}, \beta_k)}", "one step of the chain"
            ),
            Formula(r"x_0 \in [-1, 1]^{3hw}", "the picture: three colours, h rows, w columns, black -1, white 1"),
            Formula(r"ε_k \sim N(0, 1)", "the noise: drawn anew in every step"),
        ),
        (
            Figure(strip(row), "The same picture, with more and more noise from left to right.", MARKOV),
            Figure(
                slider(frames, "Time t, from picture to noise", start=min(3, len(frames) - 1)),
                "Pull the slider: the picture fades on one side, and on the other its values pile up to a bell.",
                AT_ONCE,
            ),
        ),
    )


def stretched(fog: Fog) -> str:
    """What to know where values are divided to be shown."""
    if all(level.reach == 1 for level in fog.levels):
        return ""
    return " With this schedule values grow without end; they are divided by their size before they are shown."


def mixing(fog: Fog) -> Section:
    """The curves of the schedule."""
    even = fog.met.level
    return Section(
        "How much picture, how much noise",
        "There are two knobs. One turns the picture down, the other turns the noise up. The curves show how far each"
        " knob is turned at every moment.",
        "The schedule is the one choice there is: alpha scales the picture, sigma the noise. Their ratio, the"
        " signal-to-noise ratio (SNR), is what matters to a network; everything else is a change of units. Picture and"
        f" noise are most nearly as strong at t = {even.t:.2f}. Where the SNR changes slowly a model spends many steps"
        " on one kind of detail: first large shapes are decided (low SNR), last fine texture (high SNR).",
        (
            Formula(r'"SNR"(t) = \frac{\alpha_t^2}{\sigma_t^2}', "signal-to-noise ratio; in decibels 10 log10 of it"),
            Formula(r"\lambda_t = \log \frac{\alpha_t}{\sigma_t}", "half its logarithm, in which samplers count"),
            Formula(
                r"\beta_k = \sigma_k^2 - {(\frac{\alpha_k}{\alpha_{k-1}})}^2 \sigma_{k-1}^2",
                "what step k adds; if the squares of alpha and sigma make 1, this is one minus the square of the ratio",
            ),
        ),
        (
            Figure(svg(scales(fog)), "The picture fades out while the noise fades in.", AT_ONCE, wide=False),
            Figure(
                svg(ratio(fog)),
                "Above the dashed line there is more picture than noise, below it more noise than picture.",
                r'"SNR"(t) = \alpha_t^2 / \sigma_t^2',
                wide=False,
            ),
            Figure(
                svg(added(fog)),
                "How much new noise every single step throws in.",
                r"\beta_k = \sigma_k^2 - (\alpha_k / \alpha_{k-1})^2 \sigma_{k-1}^2",
                wide=False,
            ),
        ),
    )


def counting(fog: Fog) -> Section:
    """The histograms."""
    top, last = tallest(fog.frames), fog.frames[-1]
    row = [
        Frame(svg(histogram(frame, fog.frames[0], top, names=False)), moment(frame.level, fog.steps))
        for frame in some(fog)
    ]
    mean, variance = last.level.bell(fog.frames[0].mean, fog.frames[0].variance)
    return Section(
        "All pictures end as the same bell",
        "Sort all the dots of the picture: dark ones to the left, bright ones to the right, and pile them up. Every"
        " picture begins with hills of its own. But however it begins, the sand always makes the same round hill in the"
        " end.",
        "The histogram counts the values of all pixels (grey) and of red, green and blue alone; the dashed line is the"
        " normal distribution with the mean and variance that the schedule predicts from those of the picture."
        " The picture's own shape is lost long before the last step. At the end mean and standard deviation are"
        f" {last.mean:z.3f} and {last.variance**0.5:.3f}, and the formula says {mean:z.3f} and {variance**0.5:.3f}."
        " This is why drawing can start from pure noise: it is where every picture ends.",
        (
            Formula(r'"mean"(x_t) = \alpha_t m', "m is the mean of the picture's values"),
            Formula(r'"variance"(x_t) = \alpha_t^2 v + \sigma_t^2', "v is their variance"),
            Formula(r"q(x_T) \approx N(0, \sigma_T^2)", "what remains when alpha is almost 0"),
        ),
        (
            Figure(
                strip(row, large=True),
                "Grey hills are all values of the picture, coloured lines its red, green and blue; the dashed line is"
                " the bell that the formula predicts, and in the end all are that bell.",
                r"p(x) = \frac{1}{\sqrt{2 π v_t}} \exp {(-\frac{(x - \alpha_t m)^2}{2 v_t})} , \quad"
                r" v_t = \alpha_t^2 v + \sigma_t^2",
            ),
        ),
    )


def walking(fog: Fog, pixels: Sequence[str]) -> Section:
    """The walk of single pixels through the space of colours."""
    every = walked(fog)
    labels = [f"step {k} of {fog.steps}" for k in every]
    per_arrow = "one step" if len(every) > fog.steps else f"about {fog.steps / (len(every) - 1):.0f} steps"
    alt = (
        "A cube whose corners are black, white and the pure colours, seen from the side. "
        + " ".join(f"Walk {k} starts at {name}." for k, name in enumerate(pixels, 1))
        + " Each goes by many arrows to some place round the grey middle, often outside the cube."
    )
    return Section(
        "One dot goes for a walk",
        "A colour has a place in a room: more red is further right, more green further back, more blue further up. Grey"
        " is in the middle. Every step pulls the dot a little towards the middle and then pushes it somewhere, nobody"
        " knows where. After a while it could be anywhere, and nobody can tell where it came from.",
        f"A few pixels of the same run, as points (red, green, blue); an arrow is {per_arrow}. The dashed line is the"
        " pull without chance. The pushes in the three colours do not know of each other, nor does any pixel know of"
        " its neighbours: a cloud of many such walks becomes a round Gaussian cloud. Outside the cube are"
        " values that no screen shows.",
        (
            Formula(r'"E"(x_k | x_{k-1}) = \frac{\alpha_k}{\alpha_{k-1}} x_{k-1}', "the pull, towards grey"),
            Formula(r'"Var"(x_k | x_{k-1}) = \beta_k', "the push, as strong in every direction"),
            Formula(r'"E"(x_t | x_0) = \alpha_t x_0', "the dashed line"),
        ),
        (
            Figure(
                turnable(walks(fog, pixels), labels, alt, start=len(every) // 2),
                "Each numbered dot is one pixel of the picture; its arrows are its steps. Pull the slider to let them"
                " walk; turn the room with the mouse, a finger or the arrow keys.",
                MARKOV,
                wide=False,
            ),
            Figure(
                svg(channels(fog)),
                "The red, green and blue of dot 1 over time: the dashed lines are the pull, the jagged ones what chance"
                " made of it.",
                r'"E"(x_t | x_0) = \alpha_t x_0 , \quad "Var"(x_t | x_0) = \sigma_t^2',
                wide=False,
            ),
        ),
    )


def leaping(fog: Fog) -> Section:
    """The chain and the leap to the same moment."""
    chained, leapt = fog.met, fog.leap
    at = chained.level
    mean, variance = at.bell(fog.frames[0].mean, fog.frames[0].variance)

    def measured(frame: Shown) -> str:
        return f"mean {frame.mean:z.3f}, standard deviation {frame.variance**0.5:.3f}"

    return Section(
        f"{at.step} steps in one leap" if at.step > 1 else "Many steps in one leap",
        "You need not throw the sand pinch by pinch. Throw the right handful at once, and it looks just the same. Only"
        " the grains lie differently.",
        "Sums of Gaussians are Gaussian, so all steps up to t melt into one. Training uses this: it picks a random t,"
        f" leaps there and never runs the chain. Predicted for t = {at.t:.2f}: mean {mean:z.3f}, standard deviation"
        f" {variance**0.5:.3f}. The chain has {measured(chained)}; the leap has {measured(leapt)}.",
        (
            Formula(r"q(x_t | x_0) = N(\alpha_t x_0, \sigma_t^2)", "the marginal: all steps at once"),
            Formula(
                r"\sigma_k^2 = {(\frac{\alpha_k}{\alpha_{k-1}})}^2 \sigma_{k-1}^2 + \beta_k",
                "why: the old noise shrinks with the picture, the new one is added",
            ),
        ),
        (
            Figure(
                image(webp(chained.pixels), f"The picture after {at.step} small steps of noise."),
                f"Fogged by {at.step} small steps, one after the other.",
                MARKOV,
                wide=False,
            ),
            Figure(
                image(webp(leapt.pixels), "The picture with as much noise, added at once; it looks the same."),
                "Fogged by one single leap to the same moment.",
                AT_ONCE,
                wide=False,
            ),
        ),
    )
