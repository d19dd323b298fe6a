"""``unfog compose``: one picture of several prompts, each in a part of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from unfog.cli import options
from unfog.cli.generate import write_pictures


def compose(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What is shown round and between the regions.")],
    region: Annotated[
        list[str],
        typer.Option("--region", help='"LEFT,TOP,RIGHT,BOTTOM:PROMPT" in shares of the canvas, 0 to 1; repeatable.'),
    ],
    n: Annotated[int, typer.Option("-n", help="Number of pictures; picture k has the seed S + k.")] = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    negative: options.Negative = "",
    size: options.Size = None,
    canvas: options.Canvas = None,
    windows: options.Windows = False,
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Annotated[bool, typer.Option("--show", help="Paint the pictures in the terminal, too.")] = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Make pictures whose parts have prompts of their own, each of which may join several with AND and NOT."""
    from unfog.cli.parse import region_of, seed_of, size_of
    from unfog.config.sample import Layout
    from unfog.jobs.settings import Chosen, request_for
    from unfog.jobs.suited import suited

    regions = [region_of(text) for text in region]
    found = suited(model, [prompt, *(text for _, text in regions)])
    parts = [{"box": box, "prompt": text} for box, text in regions]
    wanted = request_for(
        found.manifest,
        prompt,
        Chosen(sampler, times, steps, guidance),
        n=n,
        seed=seed_of(seed),
        negative=negative,
        size=size_of(size),
        canvas=size_of(canvas, option="--canvas"),
        layout=Layout.parse({"regions": parts, "windows": windows}),
    )
    write_pictures(wanted, found, out, None, show=show, as_json=as_json, device=device)
