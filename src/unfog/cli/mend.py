"""``unfog denoise``, ``restore`` and ``upscale``: what a picture shows, more clearly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unfog.cli import options
from unfog.cli.edit import Picture, Show, make
from unfog.util.errors import UsageError

Said = Annotated[
    str, typer.Option("--prompt", help="What it shows, for a model that knows words; nothing has to be said.")
]


def denoise(
    image: Picture,
    sigma: Annotated[
        str, typer.Option("--sigma", help="Deviation of the noise in units of 255; auto measures it.")
    ] = "auto",
    samples: Annotated[
        int, typer.Option("--samples", help="Pictures that could lie under the noise, instead of their mean.")
    ] = 0,
    uncertainty: Annotated[
        Path | None,
        typer.Option("--uncertainty", help="A map of where 2 samples or more differ (FILE.png)."),
    ] = None,
    views: Annotated[
        int, typer.Option("--views", help="1, 2, 4 or 8 turned and mirrored views behind the mean: 1 is fast.")
    ] = 4,
    prompt: Said = "",
    seed: options.Seed = None,
    steps: options.Steps = None,
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    device: options.Device = None,
) -> None:
    """Take white noise away from a picture."""
    from unfog.cli.parse import number_of
    from unfog.config.edit import Denoise

    level = None if sigma == "auto" else number_of(sigma, "--sigma")
    if uncertainty is not None and samples < 2:
        raise UsageError("uncertainty is the spread of samples; ask for 2 or more with --samples")
    way = Denoise.parse({"sigma": level, "sampled": samples > 0, "views": views})
    many, chosen = (max(1, samples), seed, ""), (None, None, steps, None)
    make(image, prompt, way, many, chosen, model, out, show, as_json, device, uncertainty=uncertainty)


def restore(
    image: Picture,
    degradation: Annotated[
        str,
        typer.Option(
            "--degradation",
            help="What happened to it: blur:DEVIATION, downsample:FACTOR, mask (with --mask), grey, jpeg or "
            "jpeg:QUALITY, or FILE: a picture of how one point was blurred.",
        ),
    ],
    mask: Annotated[Path | None, typer.Option("--mask", help="White where the picture is missing.")] = None,
    sigma: Annotated[float, typer.Option("--sigma", help="Deviation of noise on top, in units of 255.")] = 0.0,
    method: Annotated[
        str, typer.Option("--method", help="mmps, tmpd, pigdm, dps, diffpir, ddnm or ddnm_plus; auto: the best.")
    ] = "auto",
    prompt: Said = "",
    n: Annotated[int, typer.Option("-n", help="Number of samples; sample k has the seed S + k.")] = 1,
    seed: options.Seed = None,
    steps: options.Steps = None,
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """A picture as it may have been before it was blurred, made smaller, covered, made grey or compressed."""
    from unfog.cli.parse import numbers_of
    from unfog.config.edit import Restore

    kind, colon, rest = degradation.partition(":")
    kernel = Path(degradation) if Path(degradation).is_file() else None
    if kernel is not None:
        kind, colon = "kernel", ""
    amount = numbers_of(rest, "--degradation") if colon else []
    if len(amount) > 1:
        raise UsageError(f"--degradation {degradation!r} has more than one number; write for example blur:2")
    way = Restore.parse(
        {"degradation": kind, "amount": amount[0] if amount else None, "sigma": sigma, "method": method}
    )
    chosen = (None, times, steps, None)
    make(image, prompt, way, (n, seed, ""), chosen, model, out, show, as_json, device, mask=mask, kernel=kernel)


def upscale(
    image: Picture,
    factor: Annotated[float, typer.Option("--factor", help="How many times larger, up to 16.")] = 4.0,
    model: options.ModelName = None,
    out: options.Out = "out",
    show: Show = False,
    as_json: options.AsJson = False,
    device: options.Device = None,
) -> None:
    """Make a picture larger with sharp edges; to have detail invented, restore it (--degradation downsample:N)."""
    from unfog.config.edit import Upscale

    way = Upscale.parse({"factor": factor})
    make(image, "", way, (1, 0, ""), (None, None, None, None), model, out, show, as_json, device)
