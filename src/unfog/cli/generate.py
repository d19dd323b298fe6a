"""``unfog generate``: a sentence becomes pictures."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import one_line


def generate(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="What to show; an empty one is allowed and unconditional.")
    ],
    n: Annotated[int, typer.Option("-n", help="Number of pictures; picture k has the seed S + k.")] = 1,
    seed: Annotated[int | None, typer.Option("--seed", help="0 to 2^64 - 1; unset: a random one, printed.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Sampling steps, 1 to 1000.")] = None,
    sampler: Annotated[
        str | None,
        typer.Option("--sampler", help="ddpm, ddim, euler, euler_ancestral, heun, dpmpp_2m or unipc."),
    ] = None,
    guidance: Annotated[
        float | None, typer.Option("--guidance", help="Strength of guidance; 1 is plain conditional.")
    ] = None,
    negative: Annotated[str, typer.Option("--negative", help="What to steer away from.")] = "",
    size: Annotated[str | None, typer.Option("--size", help="WIDTHxHEIGHT in pixels; unset: as trained.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="Name of a model or its folder; unset: the built-in one.")
    ] = None,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Keep transparency (stickers); otherwise it lies on white.")
    ] = False,
    out: Annotated[
        str, typer.Option("-o", "--out", help="Folder for PROMPT-SEED.png, or FILE.png for one picture.")
    ] = "out",
    show: Annotated[bool, typer.Option("--show", help="Paint the pictures in the terminal, too.")] = False,
    trajectory: Annotated[
        Path | None, typer.Option("--trajectory", help="Write the way of the first picture out of the noise (.gif).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    grid: Annotated[
        str | None, typer.Option("--grid", help="Time grid: uniform, karras, log_snr, rf_shift or vp_time.")
    ] = None,
    eta: Annotated[float | None, typer.Option("--eta", help="Fresh noise per step of ddim, 0 to 1.")] = None,
    sag: Annotated[float | None, typer.Option("--sag", help="Strength of self-attention guidance, 0 to 10.")] = None,
    rescale: Annotated[
        float | None, typer.Option("--rescale", help="Pull guided contrast back to the plain one, 0 to 1.")
    ] = None,
    interval: Annotated[
        tuple[float, float] | None,
        typer.Option("--interval", help="Guide only while lam = log(alpha/sigma) is between LOW and HIGH."),
    ] = None,
    guide: Annotated[
        list[str] | None,
        typer.Option(
            "--guide",
            help="More guidance, NAME or NAME:NUMBER, repeatable: apg, fdg, cfg_zero, tcfg, increasing, cfgpp, pag,"
            " seg, slg or threshold.",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")
    ] = None,
) -> None:
    """Make pictures from a sentence. Settings that are unset are the model's recommended ones."""
    from unfog.cli.parse import size_of
    from unfog.cli.show import follow
    from unfog.jobs.events import Picture
    from unfog.jobs.generate import generate_job
    from unfog.jobs.save import place
    from unfog.jobs.settings import Chosen, request_for
    from unfog.model.locate import locate
    from unfog.util.devices import set_threads

    found = locate(model)
    chosen = Chosen(
        sampler, grid, steps, guidance, interval, rescale, sag, eta, None if guide is None else tuple(guide)
    )
    start = int.from_bytes(os.urandom(4)) if seed is None else seed
    wanted = request_for(
        found.manifest,
        prompt,
        chosen,
        n=n,
        seed=start,
        negative=negative,
        size=size_of(size),
        transparent=transparent,
    )
    where = place(out, n)
    set_threads()
    finished = list[Picture]()
    events = generate_job(wanted, found, out=where, trajectory=trajectory, device=device)
    follow(events, as_json=as_json, say=say, picture=finished.append)
    if show:
        paint(finished, to_stderr=as_json)


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


def paint(finished: list[Any], *, to_stderr: bool) -> None:
    """Show pictures on the terminal."""
    from unfog.media.terminal import colour_depth, paint, width_of

    stream = sys.stderr if to_stderr else sys.stdout
    depth = colour_depth(stream, os.environ)
    print(paint([p.pixels for p in finished], columns=width_of(stream), depth=depth), file=stream)
