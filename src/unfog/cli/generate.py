"""``unfog generate``: a sentence becomes pictures."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unfog.cli import options
from unfog.util.errors import UsageError, one_line

if TYPE_CHECKING:
    from unfog.config.sample import GenerateRequest
    from unfog.model.locate import Found

ROWS = 4  # seeds of a sheet if nobody says


def generate(
    prompt: options.Prompt,
    n: Annotated[
        int | None, typer.Option("-n", help="Number of pictures; picture k has the seed S + k. Unset: 1, of a grid 4.")
    ] = None,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    size: options.Size = None,
    canvas: options.Canvas = None,
    native: Annotated[bool, typer.Option("--native", help="Save the model's own pixels, not enlarged.")] = False,
    model: options.ModelName = None,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Keep transparency (stickers); otherwise it lies on white.")
    ] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Paint several things in one piece, not one by one.")] = False,
    out: options.Out = "out",
    tile: Annotated[bool, typer.Option("--tile", help="A picture that continues at the opposite edge.")] = False,
    windows: options.Windows = False,
    grid: Annotated[
        bool, typer.Option("--grid", help="One sheet instead: a row per seed, a column per guidance (1, 2, 3, 5).")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Paint the pictures in the terminal, too, as they come out of the noise.")
    ] = False,
    trajectory: Annotated[
        Path | None, typer.Option("--trajectory", help="Write the way of the first picture out of the noise (.gif).")
    ] = None,
    as_json: options.AsJson = False,
    times: options.Times = None,
    eta: options.Eta = None,
    sag: options.Sag = None,
    rescale: options.Rescale = None,
    interval: options.Interval = None,
    guide: options.Guide = None,
    device: options.Device = None,
) -> None:
    """Make pictures from a sentence. Settings that are unset are the model's recommended ones."""
    from unfog.cli.parse import seed_of, size_of
    from unfog.config.sample import Layout
    from unfog.jobs.settings import OUTPUT, Chosen, request_for
    from unfog.jobs.sheet import CELL
    from unfog.jobs.suited import suited

    if grid and (guidance is not None or trajectory is not None):
        other = "--guidance" if guidance is not None else "--trajectory"
        raise UsageError(f"--grid goes through the strengths of guidance and writes one sheet: leave {other} out")
    found = suited(model, [prompt], transparent=transparent)
    wanted = request_for(
        found.manifest,
        prompt,
        Chosen(sampler, times, steps, guidance, interval, rescale, sag, eta, guide),
        n=(ROWS if grid else 1) if n is None else n,
        seed=seed_of(seed),
        negative=negative,
        size=size_of(size),
        canvas=size_of(canvas, option="--canvas"),
        native=native,
        longest=CELL if grid else OUTPUT,
        transparent=transparent,
        layout=Layout(tile=tile, windows=windows) if tile or windows else None,
        whole=whole or trajectory is not None,
    )
    if grid:
        write_sheet(wanted, found, out, show=show, as_json=as_json, device=device)
    else:
        write_pictures(wanted, found, out, trajectory, show=show, as_json=as_json, device=device)


def write_pictures(
    wanted: GenerateRequest,
    found: Found,
    out: str,
    trajectory: Path | None,
    *,
    show: bool,
    as_json: bool,
    device: str | None,
) -> None:
    """A file per picture; on a terminal with ``show`` also what they look like, meanwhile and in the end."""
    from unfog.cli.screen import Screen
    from unfog.cli.show import follow
    from unfog.jobs.generate import generate_job
    from unfog.jobs.save import place
    from unfog.util.devices import set_threads

    where = place(out, wanted.n)
    set_threads()
    screen = Screen(sys.stderr if as_json else sys.stdout, os.environ) if show else None
    moving = screen is not None and screen.moves
    events = generate_job(wanted, found, out=where, trajectory=trajectory, previews=moving, device=device)
    follow(events, as_json=as_json, say=say, screen=screen)
    if screen is not None:
        screen.finish()


def write_sheet(
    wanted: GenerateRequest, found: Found, out: str, *, show: bool, as_json: bool, device: str | None
) -> None:
    """One sheet of pictures, a row per seed and a column per strength of guidance."""
    from unfog.cli.screen import Screen
    from unfog.cli.show import follow
    from unfog.jobs.save import place
    from unfog.jobs.sheet import sheet_job
    from unfog.util.devices import set_threads

    where = place(out, 1)
    set_threads()
    screen = Screen(sys.stderr if as_json else sys.stdout, os.environ) if show else None
    follow(sheet_job(wanted, found, out=where, device=device), as_json=as_json, say=say_sheet, screen=screen)
    if screen is not None:
        screen.finish()


def say(payload: Mapping[str, Any]) -> None:
    """Files and seeds, one per line."""
    for file, seed in zip(payload["files"], payload["seeds"], strict=True):
        print(f"{one_line(file)}  (seed {seed})")
    if "trajectory" in payload:
        print(one_line(payload["trajectory"]))
    print(
        f"{payload['model']['name']}, {payload['nfe']} network evaluations per picture, {payload['seconds']:.1f} s",
        file=sys.stderr,
    )


def say_sheet(payload: Mapping[str, Any]) -> None:
    """The sheet, and what is on it."""
    scales = ", ".join(f"{scale:g}" for scale in payload["guidance"])
    seeds = payload["seeds"]
    print(f"{one_line(payload['files'][0])}  (seeds {seeds[0]} to {seeds[-1]}, guidance {scales})")
    print(f"{payload['model']['name']}, {payload['seconds']:.1f} s", file=sys.stderr)
