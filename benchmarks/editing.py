"""What editing keeps and what it changes, measured on scenes whose facts are known.

    python benchmarks/editing.py [--model NAME] [-n 200] [--seed 3] [--out editing.json]

Inpainting: renders of scenes at random sizes, a random mask each (the four kinds of training), the prompt of the whole
scene. Every value outside the mask has to be the original's; the pictures are graded like those made from words alone,
of the same prompts; the seam is held against the render's own differences, and against those next to it
(``unfog.evaluate.seams``). Inversion:
pictures of the model through 50 steps and back; then one colour word is changed, and what the other thing is and where
is graded.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from unfog.config.edit import Inpaint, Inversion
from unfog.data.scenes_caption import Facts
from unfog.evaluate.faithfulness import Grade, grade, shares
from unfog.evaluate.parser import parse
from unfog.evaluate.questions import Questions
from unfog.evaluate.seams import prominence, seam_ratio
from unfog.jobs.edit import edit_job
from unfog.jobs.edit_settings import edit_request_for
from unfog.jobs.edit_work import Inputs
from unfog.jobs.evaluate_scenes import questions_for
from unfog.jobs.events import Picture, Result
from unfog.jobs.generate import Loaded, open_model
from unfog.jobs.settings import Chosen, settle
from unfog.media.alpha import straight
from unfog.media.image import to_uint8
from unfog.media.original import Original
from unfog.model.locate import locate
from unfog.samplers.step import last
from unfog.tasks.frame import seen, shrunk
from unfog.tasks.generate import decode, generate
from unfog.train.masks import known_pixels
from unfog.util.devices import set_threads
from unfog.util.random import Draw, uniform

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple")


def main() -> None:
    """Measure, print, and write the JSON file if one is asked for."""
    options = argparse.ArgumentParser()
    options.add_argument("--model")
    options.add_argument("-n", type=int, default=200)
    options.add_argument("--seed", type=int, default=3)
    options.add_argument("--steps", type=int)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    set_threads()
    loaded = open_model(locate(asked.model))
    found = {"model": loaded.found.name, "n": asked.n, "seed": asked.seed}
    found |= painted(loaded, asked.n, asked.seed)
    found |= inverted(loaded, max(2, asked.n // 4), asked.seed)
    print(json.dumps(found, indent=2))
    if asked.out is not None:
        asked.out.write_text(json.dumps(found, indent=2) + "\n")


def graded(questions: Questions, side: int, pictures: Sequence[torch.Tensor], facts: Sequence[Facts]) -> list[Grade]:
    """Grades of pictures in [-1, 1] of any size, RGB or premultiplied RGBA."""
    small = torch.cat([shrunk(x[None], (side, side)) for x in pictures])
    read = parse(to_uint8(straight(small) if questions.channels == 4 else small), questions.drawing)
    return [grade(one, fact) for one, fact in zip(read, facts, strict=True)]


def painted(loaded: Loaded, n: int, seed: int) -> dict[str, object]:
    """Inpainting; see the module docstring."""
    questions, side = questions_for(loaded.found.manifest), loaded.model.config.picture.size
    sample = settle(loaded.found.manifest, Chosen())
    sizes = (side + 4 * side * uniform([seed], (n,), draw=Draw.TEST)[0]).int().tolist()
    out = dict[str, object]()
    for kind in ("one", "two"):
        prompts = questions.prompts(seed, n // 2, kind)
        facts = [fact for _, fact in prompts]
        words = [last(generate(loaded.model, text, [k], sample)).x for k, (text, _) in enumerate(prompts)]
        alone = graded(questions, side, [loaded.model.codec.decode(x)[0].clamp(-1, 1) for x in words], facts)
        made, true, masks, changed = list[torch.Tensor](), list[torch.Tensor](), list[torch.Tensor](), 0
        for k, (text, _) in enumerate(prompts):
            size = sizes[k]
            x = questions.pictures(seed, n // 2, kind, size)[k]
            pixels = to_uint8(straight(x[None]))[0] if questions.channels == 4 else to_uint8(x)
            mask = 1 - known_pixels(seed, [k], (size, size), 1.0)[0, 0]
            inputs = Inputs(Original(pixels), mask)
            request = edit_request_for(loaded.found.manifest, Inpaint(), inputs, text, Chosen(), seed=k)
            (picture,) = (e for e in edit_job(request, inputs, loaded) if isinstance(e, Picture))
            changed += int((picture.pixels != pixels)[:, mask == 0].any())
            made.append(seen(picture.pixels, questions.channels)[0])
            true.append(seen(pixels, questions.channels)[0])
            masks.append(mask)
        share, base = shares(graded(questions, side, made, facts))["all"], shares(alone)["all"]
        out[f"inpaint_{kind}"] = {
            "pictures_changed_outside": changed,
            "all_facts": share.value,
            "interval": [share.low, share.high],
            "from_words_alone": base.value,
            "ratio": share.value / max(base.value, 1e-9),
            "seam_ratio": seam_ratio(made, true, masks),
            "seam_prominence": prominence(made, masks),
            "seam_prominence_of_renders": prominence(true, masks),
        }
    return out


def inverted(loaded: Loaded, n: int, seed: int) -> dict[str, object]:
    """Inversion; see the module docstring."""
    questions, side = questions_for(loaded.found.manifest), loaded.model.config.picture.size
    prompts = questions.prompts(seed + 1, 4 * n, "two")
    decibels, grades = list[float](), list[Grade]()
    for k, (text, facts) in enumerate(prompts):
        first, second = facts.groups
        others = [c for c in COLOURS if c not in (first.colour, second.colour)]
        if len(decibels) == n or first.colour is None or text.count(first.colour) != 1:
            continue
        made = last(generate(loaded.model, text, [k], settle(loaded.found.manifest, Chosen())))
        pixels = decode(loaded.model, made.x)[0]
        if not graded(questions, side, [loaded.model.codec.decode(made.x)[0].clamp(-1, 1)], [facts])[0].all:
            continue
        new = others[k % len(others)]
        inputs = Inputs(Original(pixels))
        way = Inversion(was=text)
        request = edit_request_for(loaded.found.manifest, way, inputs, text.replace(first.colour, new), Chosen())
        events = list(edit_job(request, inputs, loaded))
        (result,) = (e.payload for e in events if isinstance(e, Result))
        (picture,) = (e for e in events if isinstance(e, Picture))
        decibels.append(result["reconstruction_db"])
        wanted = replace(facts, groups=(replace(first, colour=new), second))
        grades += graded(questions, side, [seen(picture.pixels, questions.channels)[0]], [wanted])
    kept = shares([g.without("colour") for g in grades])["all"]
    return {
        "inversion": {
            "pictures": len(decibels),
            "least_db": min(decibels),
            "median_db": sorted(decibels)[len(decibels) // 2],
            "edited_all_facts": shares(grades)["all"].value,
            "edited_but_for_colour": kept.value,
            "interval": [kept.low, kept.high],
        }
    }


if __name__ == "__main__":
    main()
