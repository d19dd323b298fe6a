"""``unfog explain reverse``: how a picture comes out of noise, as one page and as pictures beside it.

The finished picture is, as a file, that of ``unfog generate`` with the same settings and seed, byte for byte; with
``--whole`` where the prompt names several things, which are painted one by one otherwise.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from unfog import __version__
from unfog.config.explain import ReverseRequest
from unfog.config.sample import GenerateRequest
from unfog.explain.drawing import png
from unfog.explain.reverse import Moment, observe
from unfog.explain.reverse_charts import errors, places
from unfog.explain.reverse_page import Shown, WordShown, reverse_page
from unfog.explain.reverse_pictures import (
    Pixels,
    distance,
    heated,
    mean_effect,
    mean_heat,
    noise,
    noisy,
    pushes,
    stretched,
    to_blur,
    visible,
    weighed,
)
from unfog.jobs.events import Event, Note, Picture, Progress, Result
from unfog.jobs.generate import Loaded, both, finite, notes, open_model, recipe_for, sizes_of
from unfog.jobs.save import check_writable
from unfog.jobs.settings import check, layers_for
from unfog.media.animation import encode_gif
from unfog.media.grid import sheet_png
from unfog.media.recipe import picture_file
from unfog.model.locate import Found
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally, generate
from unfog.tasks.heatmaps import words_of
from unfog.text.prompt import parse, parts_of
from unfog.util.errors import UsageError
from unfog.util.files import staged_directory

PAGE = "index.html"
SAG = 0.75  # strength that is shown where a picture was made without


@dataclass(frozen=True)
class Seen:
    """One picture with all that was seen on its way."""

    x: Tensor
    steps: int
    nfe: int
    moments: tuple[Moment, ...]


def explain_reverse_job(
    request: ReverseRequest, source: Found | Loaded, *, out: Path, device: str | None = None
) -> Iterator[Event]:
    """Make the picture, and write the page about it and its pictures into a new folder.

    Args:
        request: complete.
        source: the model, found or loaded.
        out: the folder to make; must not exist.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        UsageError: ``out`` exists, more than one picture is asked for, or the model cannot do this; before any work.
        DiskError: the folder cannot be written.
    """
    begin, wanted = time.perf_counter(), request.picture
    found = source if isinstance(source, Found) else source.found
    if wanted.n != 1:
        raise UsageError(f"one picture is explained at a time, not {wanted.n}: leave n at 1")
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already; choose another folder or remove it")
    check(found.manifest, wanted)
    check_writable(out.parent)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    yield from notes(loaded.model, [wanted.prompt], wanted.negative)
    whole = needs_whole(wanted, found)
    if whole:
        yield Note("explained in one piece; `unfog generate` paints this prompt so with --whole")
    guidable = found.manifest.caption_dropout > 0
    seen = yield from watched(request, loaded, guidable=guidable)
    other = (yield from without_or_with_sag(wanted, loaded)) if guidable and seen.moments[0].mask is not None else None
    painted, finished = both(loaded, seen.x, *sizes_of(loaded.model, wanted), transparent=wanted.transparent)
    recipe = recipe_for(wanted, wanted.seed, sizes_of(loaded.model, wanted), seen.nfe, found, loaded.model.device)
    shown = shown_of(loaded.model, wanted, seen, other)
    numbers = about(request, found, seen)
    with staged_directory(out, facts=numbers) as folder:
        (folder / "picture.png").write_bytes(picture_file(finished[0], recipe))
        write(folder, shown)
        text = reverse_page(shown, facts(wanted, found, seen), footer(wanted, found, whole=whole))
        (folder / PAGE).write_text(text, encoding="utf-8", newline="\n")
    yield Picture(finished[0], painted[0], recipe, out / "picture.png")
    yield Result(
        numbers
        | {"page": str(out / PAGE), "files": sorted(p.name for p in out.iterdir()), "seed": wanted.seed}
        | {"seconds": round(time.perf_counter() - begin, 3)}
    )


def watched(request: ReverseRequest, loaded: Loaded, *, guidable: bool) -> Generator[Event, None, Seen]:
    """The way of the picture, with what was seen."""
    wanted, tally, moments = request.picture, Tally(), list[Moment]()
    run = observe(
        loaded.model,
        parse(wanted.prompt),
        wanted.seed,
        wanted.sample,
        negative=wanted.negative,
        size=sizes_of(loaded.model, wanted)[0],
        moments=request.moments,
        can_blank=guidable,
        tally=tally,
    )
    steps, x = 0, torch.empty(0)

    def taken() -> Iterator[Step]:
        for step, moment in run:
            if moment is not None:
                moments.append(moment)
            yield step

    for step in finite(taken(), loaded.found.name):
        steps, x = step.index + 1, step.x
        yield Progress(steps, wanted.sample.steps, "looking into the picture")
    return Seen(x, steps, tally.rows, tuple(moments))


def without_or_with_sag(wanted: GenerateRequest, loaded: Loaded) -> Generator[Event, None, Tensor]:
    """The same picture without self-attention guidance if it was made with it, otherwise with it."""
    sample = wanted.sample.model_copy(update={"sag": 0.0 if wanted.sample.sag else SAG})
    size, x = sizes_of(loaded.model, wanted)[0], torch.empty(0)
    prompt, negative = parse(wanted.prompt), wanted.negative
    run = generate(loaded.model, prompt, [wanted.seed], sample, negative=negative, size=size)
    for step in finite(run, loaded.found.name):
        x = step.x
        yield Progress(step.index + 1, sample.steps, "the same picture for comparison")
    return x


def shown_of(model: Model, wanted: GenerateRequest, seen: Seen, other: Tensor | None) -> Shown:
    """Pixels and drawings of what was seen; ``other`` as in ``without_or_with_sag``."""
    final, moments, sample = seen.x[0].cpu(), seen.moments, wanted.sample
    picture = visible(model, final)
    pair = (None, None) if other is None else (picture, visible(model, other[0].cpu()))
    without, with_sag = pair[::-1] if sample.sag else pair
    return Shown(
        latents=None if model.config.codec is None else tuple(moments[0].x.shape),
        prompt=wanted.prompt,
        sample=sample,
        steps=seen.steps,
        moments=moments,
        noisy=tuple(noisy(model, one) for one in moments),
        clean=tuple(visible(model, one.x0) for one in moments),
        noise=tuple(noise(one) for one in moments),
        push=tuple(pushes(model, moments)),
        plain=tuple(visible(model, one.plain) for one in moments),
        blank=tuple(visible(model, one.blank) for one in moments if one.blank is not None),
        steering=f"with the words to be avoided, {wanted.negative.strip()!r}"
        if wanted.negative.strip()
        else "without words",
        blurs=tuple(to_blur(model, one) for one in moments if one.mask is not None),
        without=without,
        with_sag=with_sag,
        strength=sample.sag or SAG,
        picture=picture,
        words=words_shown(model, wanted.prompt, seen, picture),
        places=places(model.denoiser.process, moments),
        errors=errors(moments, [distance(one, final) for one in moments], seen.steps),
    )


def words_shown(model: Model, prompt: str, seen: Seen, picture: Pixels) -> tuple[WordShown, ...]:
    """Every word with its heat and its effect; none if the network attends to no text."""
    heat, effect = mean_heat(seen.moments), mean_effect(seen.moments)
    if heat is None or effect is None:
        return ()
    words = [
        f"NOT {word.text}" if part.weight < 0 else word.text
        for part in parts_of(parse(prompt))
        for word in words_of(model.tokenizer, model.read(part.text))
    ]
    return tuple(
        WordShown(word, float(h.mean()), heated(picture, stretched(h)), float(e.max()), heated(picture, w))
        for word, h, e, w in zip(words, heat, effect, weighed(effect), strict=True)
    )


def write(folder: Path, shown: Shown) -> None:
    """The pictures of the page as strips and animations."""
    series = {
        "noisy": shown.noisy,
        "clean": shown.clean,
        "noise": shown.noise,
        "push": shown.push,
        "with-words": shown.plain,
        "without-words": shown.blank,
        "sag-mask": shown.blurs,
    }
    captions = [f"step {one.index + 1}, t = {one.t:.2f}" for one in shown.moments]
    for name, frames in series.items():
        if frames:
            (folder / f"{name}.png").write_bytes(sheet_png(torch.stack(list(frames)), captions, columns=6))
            (folder / f"{name}.gif").write_bytes(encode_gif(frames))
    if shown.words:
        for name, pictures, said in (
            ("words", [word.heat for word in shown.words], [f"{w.text}, {100 * w.share:.0f} %" for w in shown.words]),
            (
                "words-effect",
                [word.effect for word in shown.words],
                [f"{w.text}, up to {50 * w.change:.0f} %" for w in shown.words],
            ),
        ):
            (folder / f"{name}.png").write_bytes(sheet_png(torch.stack(pictures), said, columns=min(6, len(pictures))))
    if shown.without is not None and shown.with_sag is not None:
        both_ways = torch.stack([shown.without, shown.with_sag])
        said = ["without SAG", f"SAG {shown.strength:g}"]
        (folder / "sag-pair.png").write_bytes(sheet_png(both_ways, said, columns=2))
    (folder / "snr.png").write_bytes(png(shown.places))
    (folder / "distance.png").write_bytes(png(shown.errors))


def about(request: ReverseRequest, found: Found, seen: Seen) -> dict[str, object]:
    """The request, and the numbers of every moment that is shown."""
    final = seen.x[0].cpu()
    rows = [
        {
            "step": one.index + 1,
            "t": one.t,
            "alpha": one.alpha,
            "sigma": one.sigma,
            "distance": distance(one, final),
            "push": float(one.push.abs().max()),
            "blurred_share": None if one.mask is None else float(one.mask.mean()),
        }
        for one in seen.moments
    ]
    return {
        "task": "explain reverse",
        "request": request.model_dump(mode="json"),
        "model": {"name": found.name, "sha256": found.id},
        "steps": seen.steps,
        "nfe": seen.nfe,
        "moments": rows,
    }


def facts(wanted: GenerateRequest, found: Found, seen: Seen) -> dict[str, str]:
    """The settings for a reader."""
    sample = wanted.sample
    guides = [f"{g.name}" if g.value is None else f"{g.name} {g.value:g}" for g in sample.guide]
    guides += [f"SAG {sample.sag:g}"] if sample.sag else []
    return {
        "Prompt": wanted.prompt.strip() or "(none)",
        **({"Steered away from": wanted.negative} if wanted.negative.strip() else {}),
        "Seed": str(wanted.seed),
        "Model": found.name,
        "Sampler": f"{sample.sampler}, {seen.steps} steps",
        "Guidance": ", ".join([f"{sample.guidance:g}", *guides]),
        "Network evaluations": str(seen.nfe),
    }


def needs_whole(wanted: GenerateRequest, found: Found) -> bool:
    """Whether `unfog generate` paints this prompt one by one unless it is told otherwise."""
    layers = layers_for(found.manifest, wanted.prompt, transparent=wanted.transparent)
    return wanted.layout is None and layers is not None


def footer(wanted: GenerateRequest, found: Found, *, whole: bool) -> str:
    """How the picture of the page is made alone; ``whole``: it has to be said that it is in one piece."""
    s = wanted.sample
    words = ["unfog", "generate", shlex.quote(wanted.prompt), "--seed", str(wanted.seed), "--model", found.name]
    words += ["--sampler", s.sampler, "--steps", str(s.steps), "--guidance", f"{s.guidance:g}"]
    words += [] if s.grid == "calibrated" else ["--times", s.grid]
    words += ["--negative", shlex.quote(wanted.negative)] if wanted.negative.strip() else []
    words += ["--sag", f"{s.sag:g}"] if s.sag else []
    words += ["--whole"] if whole else []
    return (
        f"Made by unfog {__version__}. The picture alone, picture.png beside this page, is that of: {' '.join(words)}"
        " (its exact recipe is inside the file: unfog replay picture.png)."
    )
