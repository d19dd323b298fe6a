"""What ``unfog bench samplers --peers`` prints: parity, every option of diffusers, the best, and unfog's default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AGREE = 1e-5  # as in evaluate/peers/methods.py


def say(payload: Mapping[str, Any], best: int | None) -> None:
    """Three tables; of the options the ``best`` of every budget, all of them for ``None``."""
    print(", ".join(f"{name} {version}" for name, version in payload["versions"].items()))
    print("\nSame denoiser, nodes, start and noise: largest relative difference")
    for row in payload["parity"]:
        print(f"  {row['difference']:7.1e}  {row['library']:<11}  {row['name']}")
    differing = [row for row in payload["parity"] if row["difference"] > AGREE]
    for row in differing:
        print(f"  {row['name']}: {row['because'] or 'NOT EXPLAINED'}")
    for entry in payload["best"]:
        print(f"\n{entry['problem']} within {entry['nfe']} evaluations, {entry['n']} starts: relative error")
        for row in entry["finals"][:best]:
            print(f"  {number(row['error'])}  {row['scheduler']}")
        sampler, grid = entry["default"]
        ratio = "both exact" if entry["ratio"] is None else f"{entry['ratio']:.2f} of the best"
        print(f"* {number(entry['error'])}  unfog's default, {sampler} on {grid}: {ratio}")
    refused = sum(row["refused"] is not None for row in payload["options"])
    broken = sum(row["refused"] is None and row["error"] is None for row in payload["options"])
    every = len(payload["options"])
    print(f"\n{every} runs of diffusers, of which {refused} are refused and {broken} end in nan or infinity")
    if best is None:
        for row in sorted(payload["options"], key=lambda r: (r["problem"], r["nfe"], r["error"] or 1e9)):
            where = f"{row['problem']:<4} {row['nfe']:>3}"
            print(f"  {where}  {number(row['error'])}  {row['scheduler']}  {row['refused'] or ''}")
    print(f"{payload['seconds']:.0f} s")


def number(error: float | None) -> str:
    """An error, or what stands for one that is not finite."""
    return f"{error:8.4f}" if error is not None else "     nan"
