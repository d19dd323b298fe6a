"""The model card (``README.md`` of a model folder), generated from the manifest: every number in it stands there."""

from __future__ import annotations

import re

from unfog.config.manifest import Manifest, Metric, Training
from unfog.jobs.abilities import abilities_text
from unfog.util.errors import one_line

WATTS = {"cpu": 15, "cuda": 700, "mps": 40}  # a core with its share of the machine; the limit of an H100; a laptop
MARKUP = re.compile(r"[\\`*_\[\]<>&|#!]")
TASKS = {
    "diffusion": "text-to-image",
    "contrast": "zero-shot-image-classification",
    "upscale": "image-to-image",
    "vae": "image-feature-extraction",
}  # as model hubs call them


def card(manifest: Manifest) -> str:
    """Markdown with the front matter model hubs read."""
    m, t, side = manifest, manifest.training, manifest.model.picture.size
    share = "May be passed on." if m.redistributable else "**Not redistributable**: see the licences of the data."
    lines = [
        "---",
        f"license: {m.licence.lower() if m.licence != 'see data licences' else 'other'}",
        "library_name: unfog",
        f"pipeline_tag: {TASKS[m.model.kind]}",
        "---",
        "",
        f"# {m.name}",
        "",
        m.description,
        "",
        f"Pictures of {side} x {side} pixels, {m.model.picture.channels} channels.{size(m.parameters)} {share}",
        "",
    ]
    if m.examples:
        lines += ["Prompts of the kind it was trained on:", "", *[f"- {plain(text)}" for text in m.examples], ""]
    lines += abilities_text(m)
    if t is not None:
        lines += [
            "## Training",
            "",
            *(["```", t.command, "```", ""] if t.command else []),
            f"{t.images:,} images, seed {t.seed}, {t.seconds / 60:.0f} minutes at {t.images_per_second:.0f} images/s.",
            "",
            f"Hardware: {t.hardware}. Code: {t.code}.",
            "",
            energy(t),
            "",
            f"Data: {t.data} (`{t.data_fingerprint}`).",
            "Licences: " + ", ".join(licence(name, count) for name, count in sorted(t.data_licences.items())) + ".",
            "",
        ]
    if m.metrics:
        lines += ["## Measured", "", "| metric | value | 95 % interval | n |", "|---|---|---|---|"]
        lines += [row(metric) for metric in m.metrics]
        lines += [""]
    if m.model.kind == "diffusion":
        s = m.sample
        lines += [
            "## Sampling",
            "",
            f"Recommended: {s.sampler}, {s.steps} steps on the grid {s.grid}, guidance {s.guidance:g}.",
            "",
            f"{m.caption_dropout:.0%} of the captions were dropped in training.",
            "",
        ]
    return "\n".join(lines)


def energy(training: Training) -> str:
    """An estimate of the energy a training took, with how it was made: seconds times watts nobody metered."""
    kind, number = training.hardware.partition(",")[0], re.search(r"(\d+) thread", training.hardware)
    threads = int(number[1]) if number and kind == "cpu" else 1
    watts = WATTS.get(kind, WATTS["cpu"]) * threads
    assumed = f"{WATTS['cpu']} W for each of {threads} threads" if kind == "cpu" else f"{watts} W for the accelerator"
    kwh = training.seconds * watts / 3.6e6
    return f"Energy: about {kwh:.2g} kWh, an estimate: {training.seconds:,.0f} s x {assumed}, assumed, not metered."


def size(parameters: int) -> str:
    """How large the network is; nothing if it was not counted."""
    return f" {parameters / 1e6:.1f} million parameters." if parameters else ""


def licence(name: str, count: int) -> str:
    """A licence and how many pictures have it; a set without end says 0."""
    called = plain(name)
    return f"{called} ({count} picture{'s' if count > 1 else ''})" if count else called


def plain(text: str) -> str:
    """What strangers wrote, as text: captions and names of licences are no markup of the card."""
    return MARKUP.sub(r"\\\g<0>", one_line(text))


def row(metric: Metric) -> str:
    """One line of the table of metrics; what has an interval is a share, in per cent, or a difference, in points."""
    note = f" ({metric.note})" if metric.note else ""
    if metric.low is None or metric.high is None:
        return f"| {metric.name}{note} | {metric.value:.4g} | | {metric.n} |"
    if metric.unit == "points":
        value, low, high = (f"{100 * v:+.1f}" for v in (metric.value, metric.low, metric.high))
        return f"| {metric.name}{note} | {value} points | {low} to {high} | {metric.n} |"
    return f"| {metric.name}{note} | {metric.value:.1%} | {metric.low:.1%} to {metric.high:.1%} | {metric.n} |"
