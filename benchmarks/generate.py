"""How long a person waits for four pictures, in units of what Python needs to import torch, and for ``--help``.

    python benchmarks/generate.py [--rounds 7] [--out benchmarks/generate.json]

The commands are run in turn, each in a fresh process, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROMPT = "a red circle to the left of a blue square"
SEED = 7


def main() -> None:
    """Measure and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each command is run (default %(default)s)")
    parser.add_argument("--out", type=Path, default=HERE / "generate.json", help="file to write (default %(default)s)")
    arguments = parser.parse_args()
    report = measure(arguments.rounds)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    waits = f"generate {report['generate_s']:.2f} s, import torch {report['import_torch_s']:.2f} s"
    print(f"{waits}: {report['ratio']:.2f} times; --help {report['help_s']:.2f} s")
    print(f"wrote {arguments.out}")


def measure(rounds: int) -> dict[str, Any]:
    """Medians, their ratio, and every measurement."""
    with tempfile.TemporaryDirectory() as folder:
        generate = [sys.executable, "-m", "unfog", "generate", PROMPT, "-n4", f"--seed={SEED}", "-o", folder, "--json"]
        bare = [sys.executable, "-c", "import torch"]
        usage = [sys.executable, "-m", "unfog", "--help"]
        for command in (bare, generate, usage):  # warms the disk cache
            seconds(command)
        turns = [(seconds(bare), seconds(generate), seconds(usage)) for _ in range(rounds)]
    imports, whole, help_s = (statistics.median(column) for column in zip(*turns, strict=True))
    return {
        "what": f'unfog generate "{PROMPT}" -n 4 --seed {SEED}, python -c "import torch" and unfog --help, in turn',
        "generate_s": whole,
        "import_torch_s": imports,
        "help_s": help_s,
        "ratio": statistics.median(b / a for a, b, _ in turns),
        "rounds_s": [{"import_torch": a, "generate": b, "help": c} for a, b, c in turns],
        **machine(),
    }


def seconds(command: list[str]) -> float:
    """Wall-clock time of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def machine() -> dict[str, Any]:
    """What a number is worth only together with."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": cpu[0].partition(":")[2].strip() if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "unfog": version("unfog"),
        "commit": commit.stdout.strip() or "unknown",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


if __name__ == "__main__":
    main()
