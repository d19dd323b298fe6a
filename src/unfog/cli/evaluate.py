"""``unfog evaluate``: measure a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer


def evaluate(
    model: Annotated[str, typer.Argument(help="Name of a model or its folder.")],
    suite: Annotated[str, typer.Option("--suite", help="What to measure: scenes.")] = "scenes",
    n: Annotated[int, typer.Option("-n", help="Number of prompts.")] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Of the prompts and of the first picture.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")
    ] = None,
) -> None:
    """Measure how faithfully a model draws what prompts say, with intervals."""
    from unfog.cli.parse import use_cores
    from unfog.cli.show import follow
    from unfog.jobs.evaluate import evaluate_job

    use_cores()
    follow(evaluate_job(model, suite=suite, n=n, seed=seed, device=device), as_json=as_json, say=say)


def say(payload: Mapping[str, Any]) -> None:
    """One measurement per line: share, 95 % interval, count."""
    for m in payload["metrics"]:
        print(f"{m['name']:<28} {100 * m['value']:5.1f} %   [{100 * m['low']:.1f}, {100 * m['high']:.1f}]   n {m['n']}")
    print(f"{payload['model']['name']}, suite {payload['suite']}, {payload['seconds']:.0f} s")
