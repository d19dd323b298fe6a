"""``unfog explain``: look inside a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.util.errors import UsageError, one_line

app = typer.Typer(help="Look inside a model.")


@app.callback()
def explain() -> None:
    """Look inside a model."""  # a group of one command stays a group


@app.command("words")
def words(
    word: Annotated[list[str] | None, typer.Argument(metavar="WORD...", help="Two or more words or phrases.")] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Name of a model or its folder; unset: one that compares texts with pictures."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Draw the map into this file (.svg).")] = None,
    triples: Annotated[
        str | None,
        typer.Option("--triples", help='File of lines "king: man, woman" to count right orders in, or "default".'),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")
    ] = None,
) -> None:
    """Show how words lie to each other: the cosine of every pair, and a map.

    With --triples: in how many of them the first word is nearer to the second than to the third.
    """
    from unfog.cli.show import follow
    from unfog.jobs.explain import explain_triples_job, explain_words_job
    from unfog.util.devices import set_threads

    if bool(word) == (triples is not None):
        raise UsageError("give words, as in `unfog explain words king man woman`, or --triples FILE, not both")
    set_threads()
    if triples is not None:
        file = None if triples == "default" else Path(triples)
        follow(explain_triples_job(file, model, device=device), as_json=as_json, say=say_triples)
        return
    follow(explain_words_job(word or [], model, out=out, device=device), as_json=as_json, say=say_words)


def say_words(payload: Mapping[str, Any]) -> None:
    """The table, the map, and what it shows."""
    for line in f"{payload['table']}\n\n{payload['map']}".splitlines():
        print("".join(c if c.isprintable() else "?" for c in line))
    print(f"\n{payload['model']['name']}; the map holds {payload['share_shown']:.0%} of the differences")
    if payload["file"] is not None:
        print(one_line(payload["file"]))


def say_triples(payload: Mapping[str, Any]) -> None:
    """One triple per line, then the share."""
    for t in payload["triples"]:
        sign, near, far = "ok" if t["right"] else "no", t["cosine_near"], t["cosine_far"]
        print(one_line(f"{sign} {t['word']}: {t['near']} {near:.2f}, {t['far']} {far:.2f}"))
    s = payload["share"]
    print(
        f"{payload['model']['name']}: {s['value']:.1%} of {s['n']} as people would order them,"
        f" 95 % interval {s['low']:.1%} to {s['high']:.1%}; 50 % is chance"
    )
    if payload["unknown"]:
        print(one_line("never shown to it: " + ", ".join(payload["unknown"])))
