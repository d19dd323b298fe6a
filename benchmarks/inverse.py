"""Restoring against exact posteriors: how right the modes, the middle and the spread of each method's samples are.

    python benchmarks/inverse.py [--problems 20] [--samples 500] [--steps 100] [--out benchmarks/inverse.json]

Mixtures of 6 Gaussians in 8 dimensions, of which 2 numbers are measured with noise 0.1 (src/unfog/evaluate/inverse.py
defines the columns), beside the numbers that were found on one such mixture before. Times are of this machine.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import torch

from generate import machine
from unfog.evaluate.inverse import BEFORE, EXACT, SEED, inverse, row
from unfog.tasks.restore import RESTORERS

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Measure, print the table and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=20, help="mixtures (default %(default)s)")
    parser.add_argument("--samples", type=int, default=500, help="of each posterior (default %(default)s)")
    parser.add_argument("--steps", type=int, default=100, help="of the sampler (default %(default)s)")
    parser.add_argument("--out", type=Path, default=HERE / "inverse.json", help="file to write (default %(default)s)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = [inverse(SEED + k) for k in range(arguments.problems)]
    rows = list[dict[str, object]]()
    print("method      modes   bias  drift spread  | before: modes   bias spread")
    for method in (EXACT, *RESTORERS):
        start = time.perf_counter()
        found = row(method, made, n=arguments.samples, steps=arguments.steps)
        before = BEFORE.get(method)
        old = "" if before is None else "          {:6.2f} {:6.2f} {:6.2f}".format(*before)
        print(
            f"{method:<10} {found.modes:6.3f} {found.bias:6.3f} {found.drift:6.3f} {found.spread:6.3f}  |{old}",
            flush=True,
        )
        rows.append({**asdict(found), "before": before, "seconds": round(time.perf_counter() - start, 1)})
    report = {
        **{name: getattr(arguments, name) for name in ("problems", "samples", "steps")},
        "seed": SEED,
        "rows": rows,
        **machine(),
    }
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
