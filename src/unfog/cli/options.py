"""Options that several commands share, each with its one description."""

from __future__ import annotations

from typing import Annotated

import typer

Prompt = Annotated[
    str,
    typer.Argument(
        metavar="PROMPT",
        help='What to show; an empty one is allowed and unconditional. Several at once: "a cat :1.2 AND a dog NOT a hat'
        ' :0.5".',
    ),
]
Sampler = Annotated[str | None, typer.Option("--sampler", help='Such as unipc or "DPM++ 2M Karras".')]
Times = Annotated[str | None, typer.Option("--times", help="Time grid, such as rf_shift, karras or beta.")]
Steps = Annotated[int | None, typer.Option("--steps", help="Sampling steps, 1 to 1000.")]
Guidance = Annotated[float | None, typer.Option("--guidance", help="Strength of guidance; 1 is plain conditional.")]
Negative = Annotated[str, typer.Option("--negative", help="What to steer away from.")]
Eta = Annotated[float | None, typer.Option("--eta", help="Fresh noise per step of ddim, 0 to 1.")]
Sag = Annotated[float | None, typer.Option("--sag", help="Strength of self-attention guidance, 0 to 10.")]
Rescale = Annotated[float | None, typer.Option("--rescale", help="Pull guided contrast back to the plain one, 0 to 1.")]
Interval = Annotated[
    tuple[float, float] | None,
    typer.Option("--interval", help="Guide only while lam = log(alpha/sigma) is between LOW and HIGH."),
]
Guide = Annotated[
    list[str] | None,
    typer.Option(
        "--guide",
        help="More guidance, NAME or NAME:NUMBER, repeatable: apg, fdg, cfg_zero, tcfg, increasing, cfgpp, pag, seg,"
        " slg or threshold.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="0 to 2^64 - 1; unset: a random one, printed.")]
Canvas = Annotated[
    str | None, typer.Option("--canvas", help="WIDTHxHEIGHT in pixels that the model paints; unset: as trained.")
]
Size = Annotated[
    str | None, typer.Option("--size", help="WIDTHxHEIGHT in pixels of the file; unset: 512 the longer side.")
]
Windows = Annotated[bool, typer.Option("--windows", help="Paint a canvas larger than trained in overlapping windows.")]
Out = Annotated[str, typer.Option("-o", "--out", help="Folder for PROMPT-SEED.png, or FILE.png for one picture.")]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model", help="Name of a model or its folder; unset: the built-in one that knows most of the words."
    ),
]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, cuda:N or mps; unset: the fastest.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
