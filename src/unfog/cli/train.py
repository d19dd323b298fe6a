"""``unfog train``: a captioned folder becomes a text-to-image model, from random weights."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import one_line


def train(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="Captioned folder; 'scenes': coloured shapes; 'emoji': those of this machine's font."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Run folder to make (or, with --resume, to continue).")],
    sprites: Annotated[
        str | None,
        typer.Option(
            "--sprites",
            help="With 'scenes': compose them of captioned pictures with transparency, or of 'emoji'.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", help="Model to start from: of --preset contrast for its words, or one that draws."),
    ] = None,
    codec: Annotated[
        str | None,
        typer.Option("--codec", help="Model of --preset vae: draw the latents it makes of pictures, not pixels."),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="Size of the network: tiny, small, base; or contrast, upscale, vae.")
    ] = "small",
    size: Annotated[
        int | None, typer.Option("--size", help="Side of the training pictures; unset: from the data.")
    ] = None,
    images: Annotated[int | None, typer.Option("--images", help="Length of the run in pictures seen.")] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Length in minutes, turned once into a number of pictures.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run; starts it if there is none yet.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of weights, data order and noise.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Any setting, for example --set train.optimiser.lr=5e-4.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")
    ] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="CPU threads; unset: all cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Train a text-to-image model from random weights."""
    from unfog.cli.show import follow
    from unfog.config.train import TrainRequest
    from unfog.jobs.train import train_job

    request = TrainRequest.parse(
        {
            "data": data,
            "sprites": sprites,
            "start": start,
            "codec": codec,
            "preset": preset,
            "size": size,
            "images": images,
            "minutes": minutes,
            "seed": seed,
            "assignments": assignments or [],
        }
    )
    typed = shlex.join(["unfog", *sys.argv[1:]])
    events = train_job(out, request, resume=resume, device=device, threads=threads, command=typed)
    follow(events, as_json=as_json, say=say)


def say(payload: Mapping[str, Any]) -> None:
    """The model, how fast it was made, and what to do with it."""
    print(f"{one_line(payload['model'])}: trained on {payload['images']} images")
    if "seconds" in payload:  # absent if the run had ended before
        outside = f"{payload['share_outside_compute']:.1%} of it outside forward, backward and optimiser"
        print(f"{payload['images_per_second']:.1f} images/s; {payload['seconds']:.0f} s, {outside}")
    match payload["kind"]:
        case "diffusion":
            print(one_line(f'use it: unfog generate "..." --model {shlex.quote(payload["run"])}'))
        case "contrast" | "vae" as kind:
            option = "--start" if kind == "contrast" else "--codec"
            print(one_line(f"use it: unfog train DATA {option} {shlex.quote(payload['model'])} --out NEW"))
        case _:  # what enlarges goes into a package with a model
            pass
