"""``unfog morph``: one prompt turns into another."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.cli import options
from unfog.util.errors import one_line


def morph(
    first: Annotated[str, typer.Argument(metavar="FROM", help="What it shows at first.")],
    second: Annotated[str, typer.Argument(metavar="TO", help="What it turns into.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="FILE.gif, there and back without end; FILE.png, a strip of pictures.")
    ] = Path("morph.gif"),
    frames: Annotated[int, typer.Option("--frames", help="Pictures, both ends included, 2 to 240.")] = 16,
    seed: options.Seed = None,
    to_seed: Annotated[
        int | None, typer.Option("--to-seed", help="Seed of the other end; unset: the same noise all the way.")
    ] = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    size: Annotated[
        str | None, typer.Option("--size", help="WIDTHxHEIGHT of a frame; unset: the longer side 256, in a strip 128.")
    ] = None,
    canvas: options.Canvas = None,
    model: options.ModelName = None,
    show: Annotated[bool, typer.Option("--show", help="Paint the frames in the terminal, too.")] = False,
    as_json: options.AsJson = False,
    device: options.Device = None,
) -> None:
    """Make an animation of one prompt turning into another."""
    from unfog.cli.parse import seed_of, size_of
    from unfog.cli.screen import Screen
    from unfog.cli.show import follow
    from unfog.jobs.morph import check_target, morph_job, morph_request_for
    from unfog.jobs.settings import Chosen
    from unfog.jobs.suited import suited
    from unfog.util.devices import set_threads

    check_target(out)
    found, start = suited(model, [first, second]), seed_of(seed)
    wanted = morph_request_for(
        found.manifest,
        (first, second),
        Chosen(sampler=sampler, steps=steps, guidance=guidance),
        suffix=out.suffix.lower(),
        seeds=(start, start if to_seed is None else to_seed),
        frames=frames,
        negative=negative,
        size=size_of(size),
        canvas=size_of(canvas, option="--canvas"),
    )
    set_threads()
    screen = Screen(sys.stderr if as_json else sys.stdout, os.environ) if show else None
    events = morph_job(wanted, found, out=out, previews=screen is not None, device=device)
    follow(events, as_json=as_json, say=say, screen=screen)


def say(payload: Mapping[str, Any]) -> None:
    """The file and its seeds."""
    seeds = " to ".join(str(seed) for seed in dict.fromkeys(payload["seeds"]))
    print(f"{one_line(payload['files'][0])}  (seed {seeds})")
    print(f"{payload['model']['name']}, {payload['frames']} frames, {payload['seconds']:.1f} s", file=sys.stderr)
