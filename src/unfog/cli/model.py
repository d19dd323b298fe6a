"""``unfog model``: which models there are, and what is known about one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import one_line

app = typer.Typer(help="Which models there are, and what is known about one.")


@app.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Every model that --model finds by name."""
    from unfog.cli.show import follow
    from unfog.jobs.models import list_job

    follow(list_job(), as_json=as_json, say=say_list)


@app.command("show")
def show_model(
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Name or folder; unset: the built-in one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show what a model can and cannot do.

    Things, styles and languages it knows, training, data and licences, measurements, recommended settings.
    """
    from unfog.cli.show import follow
    from unfog.jobs.models import show_job

    follow(show_job(model), as_json=as_json, say=say_card)


@app.command("snapshot")
def snapshot(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, as given to train --out.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Model folder to write.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Make a model of a training that is still going: the averaged weights of its newest checkpoint."""
    from unfog.cli.show import follow
    from unfog.jobs.snapshot import snapshot_job

    follow(snapshot_job(run, out), as_json=as_json, say=say_snapshot)


@app.command("calibrate")
def calibrate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name or folder.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Model folder to write.")],
    steps: Annotated[str, typer.Option("--steps", help="Numbers of steps to fit nodes for.")] = "4,6,8,12,20",
    guidance: Annotated[
        str | None, typer.Option("--guidance", help="Strengths of guidance, such as 2,3,5; unset: the recommended one.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option("--prompts", help="Text file, one prompt per line; unset: the model's examples.")
    ] = None,
    pictures: Annotated[int, typer.Option("--pictures", help="Pictures to fit on, and as many to judge by.")] = 48,
    tries: Annotated[int, typer.Option("--tries", help="Grids looked at for each number of steps.")] = 60,
    seed: Annotated[int, typer.Option("--seed", help="Of the first picture.")] = 0,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Fit the noise levels a model is evaluated at, for few steps; a copy of the model remembers them."""
    from unfog.cli.parse import counts_of, lines_of, numbers_of
    from unfog.cli.show import follow
    from unfog.jobs.calibrate import calibrate_job
    from unfog.util.devices import set_threads

    events = calibrate_job(
        model,
        out,
        steps=counts_of(steps, "--steps"),
        guidance=numbers_of(guidance or "", "--guidance"),
        prompts=() if prompts is None else lines_of(prompts),
        pictures=pictures,
        tries=tries,
        seed=seed,
        device=device,
    )
    set_threads()
    follow(events, as_json=as_json, say=say_calibrated)


def say_snapshot(payload: Mapping[str, Any]) -> None:
    """Where it is, and how many pictures it has seen."""
    print(one_line(f"{payload['model']}: {payload['images']:,} images"))


def say_calibrated(payload: Mapping[str, Any]) -> None:
    """One number of steps per line."""
    for row in payload["calibrated"]:
        print(
            f"guidance {row['guidance']:<4g} {row['steps']:>3} steps   error {row['error']:.4f}"
            f"   fixed grid {row['before']:.4f}   {row['n']} pictures"
        )
    print(one_line(payload["model"]))


def say_list(payload: Mapping[str, Any]) -> None:
    """One model per line."""
    if not payload["models"]:
        print(f"no models; put model folders into {payload['folders']['yours']}")
    for m in payload["models"]:
        default = " (default)" if m["default"] else ""
        facts = f"{m['size']} px, {m['bytes'] / 2**20:.1f} MiB, {m['origin']}, sha256 {m['sha256'][:10]}"
        print(one_line(f"{m['name']}{default}: {m['description']} [{facts}]"))


def say_card(payload: Mapping[str, Any]) -> None:
    """Where it is, then its card."""
    print(one_line(payload["folder"]))
    print(f"sha256 {payload['sha256']}\n")
    for line in payload["card"].splitlines():
        print(one_line(line))
    if payload["notice"]:
        print("\nPictures it was trained on:\n")
    for line in payload["notice"].splitlines():
        print(one_line(line))
