"""``unfog replay``: make a picture again from the recipe inside it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import Exit, one_line


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture that unfog wrote.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say whether the pixels are the same (exit code 9 if not).")
    ] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="Where the model is; unset: found by its sha256.")
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", help="A picture, mask or style picture it was made from; repeatable, in any order."),
    ] = None,
    out: Annotated[str, typer.Option("-o", "--out", help="Folder for PROMPT-SEED.png, or FILE.png.")] = "out",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    device: Annotated[str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: as made.")] = None,
) -> int:
    """Make a picture again from the recipe inside it."""
    from unfog.cli.show import follow
    from unfog.jobs.replay import replay_job
    from unfog.jobs.save import place
    from unfog.util.devices import set_threads

    where = None if check else place(out, 1)
    set_threads()
    payload = follow(
        replay_job(file, model=model, inputs=inputs or (), compare=check, out=where, device=device),
        as_json=as_json,
        say=say,
    )
    if payload.get("equal", True):
        return Exit.OK
    verdict = f"{file} differs from what its recipe makes: {difference(payload)}"
    print(f"unfog: {one_line(verdict)}", file=sys.stderr)
    return Exit.RECIPE


def say(payload: Mapping[str, Any]) -> None:
    """The file that was written, or the verdict."""
    if payload["files"]:
        print(f"{one_line(payload['files'][0])}  (seed {payload['seed']})")
    if payload.get("equal"):
        print(f"bit-equal: {one_line(payload['file'])}")


def difference(payload: Mapping[str, Any]) -> str:
    """How far apart the pictures are."""
    if payload["max_difference"] is None:
        return "another size"
    where = f"{payload['differing_values']} of {payload['of_values']} values"
    return f"by up to {payload['max_difference']} of 255, in {where}"
