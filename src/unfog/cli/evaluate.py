"""``unfog evaluate``: measure a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from unfog.cli import options


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model or its folder.")],
    suite: Annotated[str, typer.Option("--suite", help="What to measure: scenes.")] = "scenes",
    n: Annotated[int, typer.Option("-n", help="Number of prompts of each of the four kinds.")] = 500,
    seed: Annotated[int, typer.Option("--seed", help="Of the prompts and of the first picture.")] = 0,
    sampler: options.Sampler = None,
    times: options.Times = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    as_json: options.AsJson = False,
    device: options.Device = None,
) -> None:
    """Measure how faithfully a model draws what prompts say.

    Shares are given with 95 % intervals. Settings that are unset are the model's recommended ones.
    """
    from unfog.cli.show import follow
    from unfog.jobs.evaluate import evaluate_job
    from unfog.jobs.settings import Chosen
    from unfog.util.devices import set_threads

    set_threads()
    chosen = Chosen(sampler=sampler, grid=times, steps=steps, guidance=guidance)
    events = evaluate_job(model, suite=suite, n=n, seed=seed, chosen=chosen, device=device)
    follow(events, as_json=as_json, say=say)


def say(payload: Mapping[str, Any]) -> None:
    """One measurement per line: share, 95 % interval, count."""
    for m in payload["metrics"]:
        print(f"{m['name']:<28} {100 * m['value']:5.1f} %   [{100 * m['low']:.1f}, {100 * m['high']:.1f}]   n {m['n']}")
    sample, grader = payload["sample"], payload["grader"]
    print(
        f"{payload['model']['name']}, suite {payload['suite']}: {sample['sampler']}, {sample['steps']} steps on"
        f" {sample['grid']}, guidance {sample['guidance']:g}; {payload['nfe']} network evaluations per picture;"
        f" {payload['seconds']:.0f} s"
    )
    print(f"the grader reads {grader['clean']:.1%} of clean and {grader['noisy']:.1%} of noisy renders without error")
