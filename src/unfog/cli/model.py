"""``unfog model``: which models there are, and what is known about one."""

from __future__ import annotations

from collections.abc import Mapping
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
