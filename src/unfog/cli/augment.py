"""``unfog augment``: synthetic training data from a folder of pictures, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from unfog.cli import options
from unfog.util.errors import one_line

SAID = {"none": "no augmentation", "classical": "classical", "synthetic": "synthetic", "both": "both"}

Preserving = Annotated[
    bool,
    typer.Option(
        "--label-preserving", help="Keep only copies that a small classifier takes for the class of their original."
    ),
]


def augment(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Captioned folder, or one with a subfolder of pictures per class.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to make, in the layout of DATA.")],
    per_image: Annotated[int, typer.Option("--per-image", help="Copies of each training picture.")],
    strength: Annotated[
        str, typer.Option("--strength", help="LOW..HIGH: how far copies go from their originals, 0 to 1.")
    ] = "0.3..0.7",
    label_preserving: Preserving = False,
    prove: Annotated[
        bool, typer.Option("--prove", help="Train a small classifier with and without the copies, and compare.")
    ] = False,
    test: Annotated[
        str | None, typer.Option("--test", metavar="DIR", help="Prove it on these; unset: DATA's validation pictures.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", help="Of the proof: seeds of each way, 2 to 20.")] = 5,
    batches: Annotated[int, typer.Option("--batches", help="That a classifier learns from, of 32 pictures.")] = 500,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="COLUMN", help="Column with the class; unset: the subfolder, or the caption."),
    ] = None,
    near: Annotated[
        float, typer.Option("--near", help="A copy nearer than this to an original is drawn again, 0 to 1.")
    ] = 0.05,
    seed: options.Seed = None,
    steps: options.Steps = None,
    sampler: options.Sampler = None,
    guidance: options.Guidance = None,
    model: options.ModelName = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", help="As of train: data.broken_files, data.missing_captions or data.flip."),
    ] = None,
    as_json: options.AsJson = False,
    times: options.Times = None,
    device: options.Device = None,
) -> None:
    """Make synthetic training data: copies of your pictures, changed through noise.

    Each file replays (`unfog replay FILE --input SOURCE`). Pictures kept for validation are not copied.
    """
    from unfog.cli.parse import range_of, seed_of
    from unfog.cli.show import follow
    from unfog.jobs.augment import augment_job
    from unfog.jobs.augment_data import augment_request_for
    from unfog.jobs.settings import Chosen
    from unfog.model.locate import locate
    from unfog.util.devices import set_threads

    found = locate(model)
    settings = {
        "per_image": per_image,
        "strength": range_of(strength, "--strength"),
        "seed": seed_of(seed),
        "near": near,
        "label": label,
        "label_preserving": label_preserving,
        "prove": prove,
        "test": test,
        "trials": trials,
        "batches": batches,
    }
    chosen = Chosen(sampler, times, steps, guidance)
    request = augment_request_for(found.manifest, data, chosen, settings, reading=tuple(assignments or ()))
    set_threads()
    follow(augment_job(request, found, out, device=device), as_json=as_json, say=say)


def say(payload: Mapping[str, Any]) -> None:
    """What was made, what was left out, and the proof as a table."""
    print(
        f"{payload['count']} synthetic pictures of {payload['sources']} in {one_line(payload['folder'])}"
        f"  (seed {payload['seed']})"
    )
    redrawn, left_out = payload["redrawn"], payload["left_out"]
    if any(redrawn.values()):
        print(
            f"drawn again: {redrawn['near_copy']} near-copies, {redrawn['other_class']} of another class;"
            f" {left_out} left out in the end"
        )
    if (judge := payload.get("judge")) is not None and "test_accuracy" in judge:
        print(f"the judge of classes is right about {judge['test_accuracy']:.1%} of {judge['tested']} other pictures")
    if (proof := payload.get("proof")) is not None:
        say_proof(proof)


def say_proof(proof: Mapping[str, Any]) -> None:
    """Accuracies of the four ways, and the differences with their intervals."""
    print(
        f"\n{proof['originals']} originals, {proof['copies']} copies, {proof['classes']} classes;"
        f" tested on {proof['tested']} pictures, {proof['trials']} seeds"
    )
    print(f"{'augmentation':<34} accuracy   deviation over seeds")
    for arm, found in proof["accuracies"].items():
        print(f"{SAID[arm]:<34} {found['mean']:8.1%}   {found['deviation']:.1%}")
    print(f"\n{'difference':<34} points   95 % interval")
    for d in proof["differences"]:
        low, value, high = (100 * d[key] for key in ("low", "value", "high"))
        print(f"{SAID[d['of']] + ' over ' + SAID[d['over']]:<34} {value:+6.1f}   [{low:+.1f}, {high:+.1f}]")
