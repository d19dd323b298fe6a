"""``unfog evaluate``: measure a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from unfog.cli import options

LEADING = ("one_object", "two_objects_bound", "two_objects_relation", "count", "count_to_3", "count_to_4",
           "mixed_all_facts")  # fmt: skip

Sprites = Annotated[
    str | None, typer.Option("--sprites", metavar="DIR", help="Sprites of the training; unset: where they were then.")
]
Judge = Annotated[
    str | None,
    typer.Option("--classifier", metavar="DIR", help="Judge of single things, from tools/train_classifier.py."),
]
Words = Annotated[
    str | None, typer.Option("--words", metavar="MODEL", help="Text-image model for retrieval and features.")
]


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model or its folder.")],
    suite: Annotated[
        str,
        typer.Option(
            "--suite",
            help="scenes, concepts, heldout, distribution, memorisation, likelihood or prompts; several with commas.",
        ),
    ] = "scenes",
    n: Annotated[int, typer.Option("-n", help="Number of prompts of each kind.")] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Of the prompts and of the first picture.")] = 0,
    sprites: Sprites = None,
    classifier: Judge = None,
    words: Words = None,
    prompts: Annotated[
        str | None, typer.Option("--prompts", metavar="FILE", help="Your own prompts, one per line.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Pictures for likelihood; unset: those of the training."),
    ] = None,
    pool: Annotated[int, typer.Option("--pool", help="Training renders among which copies are looked for.")] = 20_000,
    sampler: options.Sampler = None,
    times: options.Times = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    evaluations: Annotated[
        str | None,
        typer.Option("--evaluations", help="At each of these numbers of evaluations of the guided model: 4,6,8,12."),
    ] = None,
    as_json: options.AsJson = False,
    device: options.Device = None,
) -> None:
    """Measure what a model draws: is it what the prompt says, is it recognised, is it new?

    Shares are given with 95 % intervals. Settings that are unset are the model's recommended ones.
    """
    from unfog.cli.parse import counts_of
    from unfog.cli.show import follow
    from unfog.jobs.evaluate import Aids, evaluate_job
    from unfog.jobs.settings import Chosen
    from unfog.util.devices import set_threads

    set_threads()
    chosen = Chosen(sampler=sampler, grid=times, steps=steps, guidance=guidance)
    if prompts is not None and "prompts" not in suite:
        suite += ",prompts"
    events = evaluate_job(
        model,
        suite=suite,
        n=n,
        seed=seed,
        chosen=chosen,
        evaluations=counts_of(evaluations, "--evaluations"),
        aids=Aids(sprites, classifier, words, prompts, pool, data),
        device=device,
    )
    follow(events, as_json=as_json, say=say)


def say(payload: Mapping[str, Any]) -> None:
    """One measurement per line, or a table with one line per number of evaluations; then how it was measured."""
    if "sweep" in payload:
        say_table(payload["sweep"]["rows"])
    else:
        width = max(28, *(len(m["name"]) for m in payload["metrics"]))
        for m in payload["metrics"]:
            print(line(m, width))
    sample = payload["sample"]
    taken = "" if "sweep" in payload else f"{sample['steps']} steps on "
    spent = "" if "sweep" in payload else f"; {payload['nfe']} network evaluations per picture"
    print(
        f"{payload['model']['name']}, suite {payload['suite']}: {sample['sampler']}, {taken}{sample['grid']},"
        f" guidance {sample['guidance']:g}{spent}; {payload['seconds']:.0f} s"
    )
    if (grader := payload.get("grader")) is not None:
        print(
            f"the grader reads {grader['clean']:.1%} of clean and {grader['noisy']:.1%} of noisy renders without error"
        )


def line(m: Mapping[str, Any], width: int) -> str:
    """A measurement: value, 95 % interval, count, and what to hold it against."""
    match m.get("unit", "share"):
        case "share":
            value = f"{100 * m['value']:5.1f} %   [{100 * m['low']:.1f}, {100 * m['high']:.1f}]"
        case "points":
            value = f"{100 * m['value']:+5.1f} points [{100 * m['low']:+.1f}, {100 * m['high']:+.1f}]"
        case _:
            value = f"{m['value']:9.4g}"
    return f"{m['name']:<{width}} {value}   n {m['n']}" + (f"   {m['note']}" if m.get("note") else "")


def say_table(rows: list[Mapping[str, Any]]) -> None:
    """Shares of wholly right pictures and distances, one row for each number of evaluations; ``--json`` has all."""
    shown = [m["name"] for m in rows[0]["metrics"] if m["name"] in LEADING or m.get("unit") == "number"]
    print("evaluations  of the network  " + "  ".join(shown))
    for row in rows:
        by_name = {m["name"]: m for m in row["metrics"]}
        cells = [brief(by_name[name]).rjust(len(name)) for name in shown]
        print(f"{row['evaluations']:>11}  {row['nfe']:>14}  " + "  ".join(cells))


def brief(m: Mapping[str, Any]) -> str:
    """A value alone."""
    return f"{m['value']:.4g}" if m.get("unit") == "number" else f"{100 * m['value']:.1f} %"
