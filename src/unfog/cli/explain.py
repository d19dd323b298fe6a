"""``unfog explain``: look inside a model, and at what it learns from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.cli import options
from unfog.util.errors import UsageError, one_line

app = typer.Typer(help="Look inside a model, and at what it learns from.")


@app.callback()
def explain() -> None:
    """Look inside a model, and at what it learns from."""


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


@app.command("forward")
def forward(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A PNG, JPEG or WebP file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to make; index.html in it is the page.")],
    steps: Annotated[int, typer.Option("--steps", help="Steps of the Markov chain, 2 to 1000.")] = 40,
    schedule: Annotated[
        str,
        typer.Option("--schedule", help="How much noise there is when: vp_linear, cosine, flow, ... (reference)."),
    ] = "vp_linear",
    size: Annotated[int, typer.Option("--size", help="Longer side in pixels that is worked with, 16 to 512.")] = 256,
    seed: Annotated[int, typer.Option("--seed", help="Of all noise, 0 to 2^64 - 1.")] = 0,
    pixel: Annotated[
        list[str] | None,
        typer.Option(
            "--pixel",
            metavar="X,Y",
            help="A pixel of the file to follow, from the top left, up to 6; unset: the reddest and two unlike it.",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show how a picture turns into noise: a page with every step, its curves, histograms and walking pixels."""
    from unfog.cli.parse import pixel_of
    from unfog.cli.show import follow
    from unfog.config.explain import ForwardRequest
    from unfog.jobs.explain_forward import explain_forward_job
    from unfog.util.devices import set_threads

    fields = {"steps": steps, "schedule": schedule, "size": size, "seed": seed}
    wanted = ForwardRequest.parse(fields | {"pixels": [pixel_of(text) for text in pixel or []]})
    set_threads()
    follow(explain_forward_job(image, wanted, out=out), as_json=as_json, say=say_forward)


@app.command("reverse")
def reverse(
    prompt: options.Prompt,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to make; index.html in it is the page.")],
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    canvas: options.Canvas = None,
    model: options.ModelName = None,
    moments: Annotated[int, typer.Option("--moments", help="Steps that are shown at most, 2 to 100.")] = 24,
    as_json: options.AsJson = False,
    times: options.Times = None,
    eta: options.Eta = None,
    sag: options.Sag = None,
    rescale: options.Rescale = None,
    interval: options.Interval = None,
    guide: options.Guide = None,
    device: options.Device = None,
) -> None:
    """Show how a picture comes out of noise: every step, what each word does, what guidance pushes and SAG blurs.

    The picture is the one that `unfog generate` makes with the same options; of several things with --whole.
    """
    from unfog.cli.parse import seed_of, size_of
    from unfog.cli.show import follow
    from unfog.config.explain import ReverseRequest
    from unfog.jobs.explain_reverse import explain_reverse_job
    from unfog.jobs.settings import Chosen, request_for
    from unfog.jobs.suited import suited
    from unfog.util.devices import set_threads

    found = suited(model, [prompt])
    picture = request_for(
        found.manifest,
        prompt,
        Chosen(sampler, times, steps, guidance, interval, rescale, sag, eta, guide),
        seed=seed_of(seed),
        negative=negative,
        canvas=size_of(canvas, option="--canvas"),
    )
    wanted = ReverseRequest.parse({"picture": picture.model_dump(mode="json"), "moments": moments})
    set_threads()
    follow(explain_reverse_job(wanted, found, out=out, device=device), as_json=as_json, say=say_reverse)


def say_reverse(payload: Mapping[str, Any]) -> None:
    """Where the page is, and what it cost."""
    print(f"{one_line(payload['page'])}  (seed {payload['seed']})")
    said = f"{payload['nfe']} network evaluations for the picture, {payload['seconds']:.1f} s with all that is shown"
    print(f"{payload['model']['name']}, {said}", file=sys.stderr)


def say_forward(payload: Mapping[str, Any]) -> None:
    """Where the page is, and how well the last step agrees with the formula."""
    print(one_line(payload["page"]))
    last = payload["moments"][-1]
    (mean, variance), n = last["predicted"], payload["request"]["steps"]
    print(
        f"after {n} steps: mean {last['mean']:z.3f}, variance {last['variance']:.3f};"
        f" the schedule says {mean:z.3f} and {variance:.3f}",
        file=sys.stderr,
    )


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
