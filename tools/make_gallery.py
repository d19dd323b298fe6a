"""Render the gallery: every prompt of ``docs/gallery/prompts.txt`` with one model, nothing picked out.

    python tools/make_gallery.py [--model NAME] [--out docs]

writes ``gallery.html``, one page that needs nothing but itself (its pictures are one WebP sheet inside it). A prompt of
one picture has seed 0, "16 x" in front of one asks for the seeds 0 to 15. What the model says to a prompt stands below
its picture; failures stay in.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import unfog
from unfog.util.devices import set_threads
from unfog.util.files import write_atomic

PROMPTS = Path(__file__).resolve().parent.parent / "docs/gallery/prompts.txt"
SEVERAL = re.compile(r"(\d+) x (.+)")
THUMB = 128  # pixels a side of a picture on the page
COLUMNS = 15
QUALITY = 75  # of the sheet
LARGEST = 3 * 10**6  # bytes of the page
PARAGRAPH = "{pictures} pictures of {prompts} prompts, written before the model was trained to its end, in their order."
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>unfog: gallery of {name}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1c1c1e; --soft: #6e6e73; --paper: #fbfbf9; --line: #e3e3de; --cell: 128px; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #ececea; --soft: #98989d; --paper: #161618; --line: #2e2e31; }}
}}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.25rem 4rem; color: var(--ink); background: var(--paper);
  font: 15px/1.45 system-ui, sans-serif; }}
h1 {{ margin: 0 0 .35rem; font-size: 1.9rem; letter-spacing: -.02em; }}
h2 {{ margin: 2.75rem 0 1rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.15rem; }}
p {{ margin: .2rem 0; max-width: 46rem; color: var(--soft); }}
nav {{ margin-top: 1rem; display: flex; flex-wrap: wrap; gap: .3rem 1rem; }}
a {{ color: inherit; }}
.row {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--cell), 1fr)); gap: 1.1rem .9rem; }}
.asked {{ grid-column: 1 / -1; font-size: 1.05rem; }}
figure {{ margin: 0; }}
.p {{ width: 100%; aspect-ratio: 1; border-radius: 10px; border: 1px solid var(--line);
  background: url({sheet}) calc(var(--x) * 100% / {right}) calc(var(--y) * 100% / {down}) / {wide}% {high}%; }}
figcaption {{ margin-top: .4rem; font-size: .85rem; line-height: 1.3; overflow-wrap: anywhere; }}
small {{ display: block; margin-top: .15rem; color: var(--soft); font-size: .75rem; }}
</style>
<h1>What {name} draws</h1>
{about}
<nav>{links}</nav>
{parts}
</html>
"""


@dataclass(frozen=True)
class Asked:
    """A prompt, the part of the gallery it belongs to, and how many pictures of it there are."""

    part: str
    prompt: str
    n: int


@dataclass(frozen=True)
class Drawn:
    """What came of a prompt: its pictures, and what the model said to it."""

    asked: Asked
    images: tuple[Image.Image, ...]
    notes: tuple[str, ...]


def read_prompts(text: str) -> list[Asked]:
    """The prompts of a file: "## part" opens a part, "16 x prompt" asks for 16 pictures, "#" is a remark."""
    out, part = list[Asked](), ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("##"):
            part = line.lstrip("# ")
        elif line and not line.startswith("#"):
            found = SEVERAL.fullmatch(line)
            out.append(Asked(part, found[2], int(found[1])) if found else Asked(part, line, 1))
    return out


def draw(model: unfog.Model, wanted: Sequence[Asked]) -> Iterator[Drawn]:
    """The pictures of every prompt, seeds from 0 on, ``THUMB`` pixels a side."""
    for asked in wanted:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            images = model.generate(asked.prompt, n=asked.n, seed=0, size=(THUMB, THUMB))
        yield Drawn(asked, tuple(images), tuple(str(one.message) for one in said))


def sheet_of(images: Sequence[Image.Image]) -> Image.Image:
    """All pictures side by side without gaps, ``COLUMNS`` in a row."""
    side = images[0].width
    page = Image.new("RGB", (COLUMNS * side, -(-len(images) // COLUMNS) * side), "white")
    for k, image in enumerate(images):
        page.paste(image, (k % COLUMNS * side, k // COLUMNS * side))
    return page


def page(model: unfog.Model, drawn: Sequence[Drawn], sheet: Image.Image) -> str:
    """The page."""
    side, at, parts = drawn[0].images[0].width, 0, dict[str, list[str]]()
    for one in drawn:
        if one.asked.n > 1:
            parts.setdefault(one.asked.part, []).append(f'<div class="asked">{caption(one)}</div>')
        for seed, _ in enumerate(one.images):
            place = f"--x:{at % COLUMNS};--y:{at // COLUMNS}"
            parts.setdefault(one.asked.part, []).append(figure(one, seed, place))
            at += 1
    data, rows = io.BytesIO(), sheet.height // side
    sheet.save(data, format="WEBP", quality=QUALITY, method=6)
    s = model.manifest.sample
    about = [
        PARAGRAPH.format(pictures=at, prompts=len(drawn)),
        "Seed 0 everywhere, seeds 0 to 15 for the first prompt; nothing was tried twice, nothing picked out.",
        f"{s.sampler}, {s.steps} steps, guidance {s.guidance:g}; sha256 {model.sha256[:16]}.",
    ]
    return PAGE.format(
        name=html.escape(model.manifest.name),
        sheet="data:image/webp;base64," + base64.b64encode(data.getvalue()).decode(),
        right=COLUMNS - 1,
        down=max(rows - 1, 1),
        wide=100 * COLUMNS,
        high=100 * rows,
        about="\n".join(f"<p>{html.escape(line)}</p>" for line in about),
        links="".join(f'<a href="#{k}">{html.escape(part)}</a>' for k, part in enumerate(parts)),
        parts="\n".join(
            f'<h2 id="{k}">{html.escape(part)}</h2>\n<div class="row">\n' + "\n".join(figures) + "\n</div>"
            for k, (part, figures) in enumerate(parts.items())
        ),
    )


def figure(one: Drawn, seed: int, place: str) -> str:
    """One picture with its prompt, or with its seed where a prompt has several."""
    prompt = html.escape(one.asked.prompt, quote=True)
    below = f"<small>seed {seed}</small>" if one.asked.n > 1 else caption(one)
    label = f'role="img" aria-label="{prompt}, seed {seed}" title="seed {seed}"'
    return f'<figure><div class="p" style="{place}" {label}></div><figcaption>{below}</figcaption></figure>'


def caption(one: Drawn) -> str:
    """A prompt and what the model said to it."""
    return html.escape(one.asked.prompt) + "".join(f"<small>{html.escape(note)}</small>" for note in one.notes)


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="render every prompt of the gallery with one model")
    parser.add_argument("--model", help="name or folder of the model (default: the built-in one)")
    parser.add_argument("--prompts", type=Path, default=PROMPTS, help="file with the prompts (default %(default)s)")
    parser.add_argument("--out", type=Path, default=PROMPTS.parent.parent, help="folder (default %(default)s)")
    asked = parser.parse_args()
    set_threads()
    model, wanted = unfog.load(asked.model), read_prompts(asked.prompts.read_text(encoding="utf-8"))
    drawn = list[Drawn]()
    for one in draw(model, wanted):
        drawn.append(one)
        sys.stderr.write(f"\r{len(drawn)}/{len(wanted)}")
    sheet = sheet_of([image for one in drawn for image in one.images])
    text = page(model, drawn, sheet)
    if (size := len(text.encode())) > LARGEST:
        raise SystemExit(f"the page has {size} bytes; more than {LARGEST} are too many: lower THUMB or the quality")
    asked.out.mkdir(parents=True, exist_ok=True)
    write_atomic(asked.out / "gallery.html", text.encode())
    print(f"\n{asked.out / 'gallery.html'}: {size / 1e6:.2f} MB, {len(wanted)} prompts")


if __name__ == "__main__":
    main()
