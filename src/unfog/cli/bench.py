"""``unfog bench``: measure what can be known exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unfog.cli import options

if TYPE_CHECKING:
    from unfog.config.bench import BenchRequest

app = typer.Typer(help="Measure what can be known exactly.")
BEST = 5  # rows of a budget

Names = Annotated[str | None, typer.Option("--samplers", help="Names with commas; unset: all of them.")]
Grids = Annotated[str | None, typer.Option("--grids", help="Names with commas; unset: all of them.")]
Budgets = Annotated[str | None, typer.Option("--nfe", help="Budgets of network evaluations; unset: 5,8,12,20.")]


@app.callback()
def bench() -> None:
    """Measure what can be known exactly."""  # a group of one command stays a group


@app.command("samplers")
def samplers(
    names: Names = None,
    grids: Grids = None,
    nfe: Budgets = None,
    problems: Annotated[str | None, typer.Option("--problems", help="ring, hd, data; unset: all of them.")] = None,
    n: Annotated[int, typer.Option("-n", help="Samples of hd; of the others four times as many.")] = 48,
    seed: Annotated[int, typer.Option("--seed", help="Of the first sample.")] = 0,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for a picture and all numbers.")] = None,
    peers: Annotated[
        Path | None,
        typer.Option(
            "--peers",
            metavar="DIR",
            help="Compare with diffusers and k-diffusion, which this environment has (docs/peers.md): minutes.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every row instead of the best.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Every sampler on every grid, against exact solutions: error, order, and how the samples are spread.

    Three distributions whose denoiser is known: a ring of modes, a mixture in 64 dimensions, 200 points in 48. The
    error is the distance from where the probability flow ends, relative to the size of the data.
    """
    from unfog.cli.parse import counts_of
    from unfog.cli.show import follow
    from unfog.config.bench import BenchRequest
    from unfog.config.names import grid_named, sampler_and_grid
    from unfog.jobs.bench import bench_samplers_job
    from unfog.util.devices import set_threads

    set_threads()
    wanted = {
        "problems": parts(problems),
        "samplers": [sampler_and_grid(name)[0] for name in parts(names)],
        "grids": [grid_named(name) for name in parts(grids)],
        "evaluations": counts_of(nfe, "--nfe"),
        "n": n,
        "seed": seed,
    }
    request = BenchRequest.parse({key: value for key, value in wanted.items() if value not in ([], ())})
    best = None if everything else BEST
    if peers is not None:
        beside(request, peers, out, best, as_json=as_json, chosen=bool(problems))
        return
    follow(bench_samplers_job(request, out), as_json=as_json, say=lambda payload: say(payload, best))


def beside(
    request: BenchRequest, peers: Path, out: Path | None, best: int | None, *, as_json: bool, chosen: bool
) -> None:
    """The comparison with other programs, on the problems that were ``chosen``, otherwise on hd and data."""
    from unfog.cli.peers import say as say_peers
    from unfog.cli.show import follow
    from unfog.jobs.peers import peers_job

    if not chosen:
        request = request.model_copy(update={"problems": ("hd", "data")})
    follow(peers_job(request, peers, out), as_json=as_json, say=lambda payload: say_peers(payload, best))


def parts(text: str | None) -> list[str]:
    """What stands between the commas."""
    return [] if text is None else [part.strip() for part in text.split(",") if part.strip()]


def say(payload: Mapping[str, Any], best: int | None) -> None:
    """Errors by problem and budget, best first, the default marked; then the spread of samples; then orders."""
    for problem, floor in payload["floors"].items():
        rows = [row for row in payload["rows"] if row["problem"] == problem]
        print(f"{problem}: {floor['d']} dimensions, {floor['n']} samples")
        for budget in payload["request"]["evaluations"]:
            mine = [row for row in rows if row["budget"] == budget]
            exact = sorted((r for r in mine if r["error"] is not None), key=lambda r: r["error"])
            print(f"  within {budget} evaluations: relative error")
            for row in chosen(exact, best):
                print(f"    {mark(row)} {row['error']:8.4f}  {row['sampler']:<12} {row['grid']:<16} {spread(row)}")
            drawn = sorted((r for r in mine if r["error"] is None), key=lambda r: r["distance"])
            for row in drawn if best is None else drawn[:2]:
                print(f"    {mark(row)} {'noise':>8}  {row['sampler']:<12} {row['grid']:<16} {spread(row)}")
        print(f"  exact samples{'':31} {spread(floor)}\n")
    if payload["orders"]:
        print("measured order: " + ", ".join(f"{k} {v['measured']:.2f}" for k, v in payload["orders"].items()))
    for file in payload.get("files", ()):
        print(f"wrote {file}")
    print(f"* unfog's default for so many evaluations; {payload['seconds']:.0f} s")


def chosen(rows: Sequence[Mapping[str, Any]], best: int | None) -> list[Mapping[str, Any]]:
    """The best of those that kept to the budget, and the default wherever it stands; all of them for ``None``."""
    if best is None:
        return list(rows)
    kept = [row for row in rows if row["calls"] <= row["budget"]]
    return [row for k, row in enumerate(kept) if k < best or row["default"]]


def mark(row: Mapping[str, Any]) -> str:
    """A star for the default."""
    return "*" if row["default"] else " "


def spread(row: Mapping[str, Any]) -> str:
    """How samples lie, in one line."""
    inside = "" if row["spread"] is None else f"  spread {row['spread']:.2f}"
    return f"sliced W2 {row['distance']:.4f}  modes {row['modes']:.3f}{inside}  outliers {row['outliers']:.1%}"
