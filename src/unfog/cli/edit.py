"""``unfog edit``, ``vary``, ``inpaint``, ``outpaint`` and ``restyle``: a picture becomes another."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unfog.cli import options
from unfog.util.errors import one_line

if TYPE_CHECKING:
    from unfog.config.edit import Way

Picture = Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture: PNG, JPEG or WebP of any size.")]
Text = Annotated[str, typer.Argument(metavar="PROMPT", help="What the finished picture shows.")]
Some = Annotated[int, typer.Option("-n", help="Number of variants; variant k has the seed S + k.")]
Tries = Annotated[
    int, typer.Option("--tries", help="Paint so many, side by side, and keep the one with the least seam.")
]
Show = Annotated[bool, typer.Option("--show", help="Paint the pictures in the terminal, too.")]
Strength = Annotated[float, typer.Option("--strength", help="0: the picture as it is; 1: nothing of it is left.")]


def edit(
    image: Picture,
    prompt: Text,
    strength: Annotated[
        float | None, typer.Option("--strength", help="0: the picture as it is; 1: nothing of it is left; unset: 0.6.")
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="img2img: through noise; inversion: through its own noise, nothing random.")
    ] = "img2img",
    was: Annotated[str, typer.Option("--was", help="Inversion: what the picture shows now, in words.")] = "",
    n: Some = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Change a picture towards a sentence."""
    from unfog.jobs.edit_settings import way_of_edit

    way = way_of_edit(method, strength, was)
    if way.kind == "inversion" and seed is None:
        seed = 0  # nothing is drawn by it
    make(image, prompt, way, (n, seed, negative), (sampler, times, steps, guidance), model, out, show, as_json, device)


def vary(
    image: Picture,
    prompt: Annotated[
        str | None, typer.Argument(metavar="[PROMPT]", help="What it shows; unset: as its recipe says, or nothing.")
    ] = None,
    strength: Strength = 0.6,
    n: Some = 4,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Make variants of a picture."""
    from unfog.config.edit import Img2Img
    from unfog.media.recipe import prompt_in

    said = prompt_in(image) if prompt is None else prompt
    way = Img2Img.parse({"strength": strength})
    make(image, said, way, (n, seed, negative), (sampler, times, steps, guidance), model, out, show, as_json, device)


def inpaint(
    image: Picture,
    prompt: Text,
    mask: Annotated[
        str,
        typer.Option(
            "--mask", help='FILE (white is painted, grey partly), box:LEFT,TOP,WIDTH,HEIGHT, or auto:"the hat".'
        ),
    ],
    feather: Annotated[int, typer.Option("--feather", help="Width of a soft edge round the mask, in pixels.")] = 0,
    crop: Annotated[
        bool | None,
        typer.Option("--crop/--no-crop", help="Work on the part round the mask only; unset: if the mask is small."),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="repaint, told (models that complete pictures) or kept; auto: the best.")
    ] = "auto",
    tries: Tries = 4,
    n: Some = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Paint a part of a picture; every pixel outside the mask stays as it is, to the last bit."""
    from unfog.cli.parse import mask_of
    from unfog.config.edit import Inpaint

    file, where = mask_of(mask)
    way = Inpaint.parse({"method": method, "tries": tries, "feather": feather, "crop": crop} | where)
    drawn, chosen = (n, seed, negative), (sampler, times, steps, guidance)
    make(image, prompt, way, drawn, chosen, model, out, show, as_json, device, mask=file)


def outpaint(
    image: Picture,
    prompt: Text,
    left: Annotated[int, typer.Option("--left", help="Pixels to add on the left.")] = 0,
    right: Annotated[int, typer.Option("--right", help="Pixels to add on the right.")] = 0,
    top: Annotated[int, typer.Option("--top", help="Pixels to add at the top.")] = 0,
    bottom: Annotated[int, typer.Option("--bottom", help="Pixels to add at the bottom.")] = 0,
    feather: Annotated[int, typer.Option("--feather", help="Width of a soft edge, in pixels of the picture.")] = 0,
    method: Annotated[str, typer.Option("--method", help="As of inpaint.")] = "auto",
    tries: Tries = 4,
    n: Some = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Continue a picture beyond its edges."""
    from unfog.config.edit import Inpaint

    where = {"margins": (left, top, right, bottom)}
    way = Inpaint.parse({"method": method, "tries": tries, "feather": feather} | where)
    make(image, prompt, way, (n, seed, negative), (sampler, times, steps, guidance), model, out, show, as_json, device)


def restyle(
    image: Picture,
    prompt: Annotated[
        str, typer.Argument(metavar="[PROMPT]", help='What it shows, or the name of a style: "a cat, watercolor".')
    ] = "",
    style: Annotated[
        str | None, typer.Option("--style", help="A picture in the wanted style, or the name of a style, such as neon.")
    ] = None,
    keep: Annotated[float, typer.Option("--keep", help="How much of the picture is kept, 0 to 1.")] = 0.4,
    colours: Annotated[
        float, typer.Option("--colours", help="How far colours are led to those of --style, without an eye for styles.")
    ] = 0.3,
    n: Some = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Show a picture in the style of another, or in one that has a name."""
    from unfog.config.edit import Restyle

    prompt, led_by = in_style(prompt, style)

    way = Restyle.parse({"keep": keep, "colours": colours})
    drawn, chosen = (n, seed, negative), (sampler, times, steps, guidance)
    make(image, prompt, way, drawn, chosen, model, out, show, as_json, device, style=led_by)


def in_style(prompt: str, style: str | None) -> tuple[str, Path | None]:
    """The prompt, and the picture that ``--style`` names; what is no file and has no suffix is said in the prompt."""
    if style is None or Path(style).suffix or Path(style).exists():
        return prompt, None if style is None else Path(style)
    named = style if style.endswith("style") else f"{style} style"
    return f"{prompt}, {named}" if prompt.strip() else named, None


def make(
    image: Path,
    prompt: str,
    way: Way,
    drawn: tuple[int, int | None, str],
    chosen: tuple[str | None, str | None, int | None, float | None],
    model: str | None,
    out: str,
    show: bool,
    as_json: bool,
    device: str | None,
    *,
    mask: Path | None = None,
    style: Path | None = None,
    kernel: Path | None = None,
    uncertainty: Path | None = None,
) -> None:
    """Make the pictures of one of these commands.

    Args:
        drawn: number, seed and negative prompt; chosen: sampler, grid, steps and guidance.
    """
    from unfog.cli.parse import seed_of
    from unfog.cli.screen import Screen
    from unfog.cli.show import follow
    from unfog.config.edit import KEEPING, cleans
    from unfog.jobs.edit import edit_job
    from unfog.jobs.edit_settings import edit_request_for
    from unfog.jobs.edit_work import read_inputs
    from unfog.jobs.save import place
    from unfog.jobs.settings import Chosen
    from unfog.jobs.suited import suited
    from unfog.util.devices import set_threads

    said = [] if isinstance(way, KEEPING) else [prompt]
    (n, seed, negative), found = drawn, suited(model, said, cleaned=cleans(way, prompt))
    inputs = read_inputs(image, mask=mask, style=style, kernel=kernel)
    wanted = edit_request_for(
        found.manifest, way, inputs, prompt, Chosen(*chosen), n=n, seed=seed_of(seed), negative=negative
    )
    where = place(out, wanted.n)
    set_threads()
    screen = Screen(sys.stderr if as_json else sys.stdout, os.environ) if show else None
    moving = screen is not None and screen.moves
    follow(
        edit_job(wanted, inputs, found, out=where, uncertainty=uncertainty, previews=moving, device=device),
        as_json=as_json,
        say=say,
        screen=screen,
    )
    if screen is not None:
        screen.finish()


def say(payload: Mapping[str, Any]) -> None:
    """Files and seeds, one per line."""
    for file, seed in zip(payload["files"], payload["seeds"], strict=True):
        print(f"{one_line(file)}  (seed {seed})")
    spent = f"{payload['steps']} steps, {payload['nfe']} network evaluations per picture"
    print(f"{payload['model']['name']}, {spent}, {payload['seconds']:.1f} s", file=sys.stderr)
