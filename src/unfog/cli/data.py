"""``unfog data``: make captioned pictures to train on, and look through your own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import Exit, one_line

SHOWN = 20  # lines of a list printed before "and N more"; --json has all

app = typer.Typer(help="Make captioned pictures to train on, and look through your own.")


@app.command("scenes")
def scenes(
    out: Annotated[Path, typer.Option("--out", help="Folder to make.")],
    n: Annotated[int, typer.Option("-n", help="Number of pictures.")],
    size: Annotated[int, typer.Option("--size", help="Side in pixels.")] = 32,
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other scenes.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Make pictures of coloured shapes with exact captions.

    PNG files and metadata.jsonl.
    """
    from unfog.cli.show import follow
    from unfog.jobs.data import scenes_job

    follow(scenes_job(out, n=n, size=size, seed=seed), as_json=as_json, say=say_made)


@app.command("emoji")
def emoji(
    out: Annotated[Path, typer.Option("--out", help="Folder to make.")],
    n: Annotated[int | None, typer.Option("-n", help="Number of pictures, evenly spaced over all; unset: all.")] = None,
    size: Annotated[int, typer.Option("--size", help="Side in pixels.")] = 32,
    font: Annotated[Path | None, typer.Option("--font", help="Font file; unset: one of this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Make pictures of the emoji of a colour font.

    Captioned with their names; PNG files and metadata.jsonl.
    """
    from unfog.cli.show import follow
    from unfog.jobs.data import emoji_job

    follow(emoji_job(out, n=n, size=size, font=font), as_json=as_json, say=say_made)


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Captioned folder.")],
    folder_names: Annotated[
        bool, typer.Option("--folder-names", help="A picture without a caption takes the name of its subfolder.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> int:
    """Look for problems in a captioned folder.

    It is read as training would, and every problem is listed; exit code 5 if there are any.
    """
    from unfog.cli.show import follow
    from unfog.jobs.data import check_job

    payload = follow(check_job(folder, folder_names=folder_names), as_json=as_json, say=say_report)
    return Exit.DATA if payload["problems"] else Exit.OK


def say_made(payload: Mapping[str, Any]) -> None:
    """What was made."""
    licences = ", ".join(payload["licences"])
    print(f"{payload['count']} pictures of {payload['size']} pixels in {payload['folder']} (licence: {licences})")


def say_report(payload: Mapping[str, Any]) -> None:
    """The report, one fact per line, then the pictures that are there twice and the problems."""
    lists = {"duplicates": [f"{one['path']} = {one['first']}" for one in payload["duplicates"]]}
    lists |= {"problems": [f"{one['path']}: {one['reason']}" for one in payload["problems"]]}
    for key, value in payload.items():
        if key not in lists:
            print(one_line(f"{key.replace('_', ' ')}: {shown(value)}"))
    for key, lines in lists.items():
        print(f"{key}: {len(lines)}")
        for line in lines[:SHOWN]:
            print(one_line(f"  {line}"))
        if len(lines) > SHOWN:
            print(f"  and {len(lines) - SHOWN} more; --json lists all")


def shown(value: object) -> str:
    """A value on one line; tables as ``key value, key value``."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items()) or "none"
    return str(value)
