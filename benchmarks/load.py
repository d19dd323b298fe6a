"""What a server adds to the drawing itself: one client at a time, and 200 at once for five minutes.

    GOMP_SPINCOUNT=10000 python benchmarks/load.py [--seconds 300] [--clients 200] [--pairs 40] [--threads N]

The variable is what every command of unfog sets (``unfog/__main__.py``); so both sides wait for their threads alike.
`unfog serve` runs in a temporary folder on a free port of this machine, with the model that comes with unfog.

1. Idle: the same prompts and seeds in turn in-process (``unfog.load().generate``, saved as PNG in memory) and from the
   server (``benchmarks/crowd.py``'s two ways of asking), with equally many threads.
2. In batches: ``generate(n=4)``, each picture saved to the disk, before and after
3. the crowd, one niced process: everything it is answered has to be a picture, 202 or 429, and every picture, pixel for
   pixel, the one drawn in-process. Its share of the processors, the server's and the workers' are written down, and
   their memory once a second: the median of the last fifth over that of the second fifth of the time (the first is for
   warming up).

Reads ``/proc``, so Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

import unfog
from crowd import PATIENCE_S, Seen, native, openai, painted
from generate import HERE, machine
from unfog.api import Model
from unfog.util.devices import set_threads

PROMPTS = (
    "two green stars above a red circle",
    "a blue square on a yellow background",
    "three small purple triangles",
    "a red circle to the left of a blue square",
)
WARM_UP = 3
BATCH = 4
READY_S, STOP_S, SAMPLE_S, PAUSE_S = 300.0, 60.0, 1.0, 0.3
TICKS = os.sysconf("SC_CLK_TCK")
Wanted = tuple[str, int, str]
"""Prompt, seed, and the sha256 of the pixels."""


def main() -> None:
    """Measure and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="how long the crowd asks (default %(default)s)")
    parser.add_argument("--clients", type=int, default=200, help="how many they are (default %(default)s)")
    parser.add_argument("--pairs", type=int, default=40, help="single requests of each kind (default %(default)s)")
    parser.add_argument("--batches", type=int, default=8, help="of four, before and after (default %(default)s)")
    parser.add_argument("--threads", type=int, help="of server and process; unset: all cores")
    parser.add_argument("--device", help="of the server: cpu is one worker; unset: as it chooses")
    parser.add_argument("--model", help="another model than the one that comes with unfog")
    parser.add_argument("--out", type=Path, default=HERE / "load.json", help="file to write (default %(default)s)")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # the server is ended then, too
    report = measure(asked)
    asked.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(report)
    print(f"wrote {asked.out}")


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """All three."""
    threads, model = set_threads(asked.threads), unfog.load(asked.model)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), threads, asked) as server:
        idle = idled(model, server.url, asked.pairs)
        before = batches(model, asked.batches, Path(folder) / "batches")
        crowd = crowded(server, wanted(model), asked.clients, asked.seconds)
        after = batches(model, asked.batches, Path(folder) / "batches")
    rate = statistics.mean([before["pictures_per_s"], after["pictures_per_s"]])
    crowd["ratio"] = crowd["pictures_per_s"] / rate
    return {
        "what": "single requests to an idle server, and a crowd of clients, over the same drawn in-process",
        "model": model.manifest.name,
        "threads": threads,
        "device": asked.device,
        "seconds": asked.seconds,
        "clients": asked.clients,
        "idle": idle,
        "batches": {"pictures_per_s": rate, "before": before, "after": after},
        "crowd": crowd,
        **machine(),
    }


# ---- the server


@dataclass(frozen=True)
class Serving:
    """A server and its workers."""

    url: str
    pids: dict[str, list[int]]


@contextmanager
def served(folder: Path, threads: int, asked: argparse.Namespace) -> Iterator[Serving]:
    """A server that is ready; ended in any case, and its workers with it."""
    command = [sys.executable, "-m", "unfog", "serve", "--port=0", "--no-training", f"--threads={threads}"]
    command += [f"--data={folder / 'server'}"]
    command += [f"--{name}={said}" for name in ("model", "device") if (said := getattr(asked, name)) is not None]
    home = os.environ | {"UNFOG_HOME": str(folder), "HOME": str(folder), "UNFOG_API_KEY": ""}
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=home)
    try:
        url = address(log, process)
        yield Serving(url, {"server": [process.pid], "worker": children(process.pid)})
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its worker sees the end of its input, and ends itself
            process.wait()


def address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the server answers, once it takes work; raises SystemExit if it never does."""
    end, found = time.monotonic() + READY_S, None
    while time.monotonic() < end and process.poll() is None:
        found = found or re.search(r"unfog serves at (http://127\.0\.0\.1:\d+);", log.read_text())
        if found is not None and httpx2.get(f"{found[1]}/readyz", trust_env=False).status_code == 200:
            return found[1]
        time.sleep(0.1)
    raise SystemExit(f"the server was not ready within {READY_S:.0f} s: {log.read_text()}")


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def resident(pids: Sequence[int]) -> int:
    """Bytes of memory that processes hold."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pids: Sequence[int]) -> float:
    """What processes have computed so far, all their threads together."""
    rows = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in rows) / TICKS


# ---- in-process


def files(model: Model, prompt: str, seed: int, n: int = 1) -> list[bytes]:
    """PNG files as the command writes them."""
    found = list[bytes]()
    for image in model.generate(prompt, n=n, seed=seed):
        out = io.BytesIO()
        image.save(out, "PNG", **image.encoderinfo)
        found.append(out.getvalue())
    return found


def wanted(model: Model) -> list[Wanted]:
    """What the crowd asks for: as many different pictures as there are prompts, with a seed each."""
    return [(prompt, seed, painted(files(model, prompt, seed)[0])) for seed, prompt in enumerate(PROMPTS)]


def batches(model: Model, count: int, folder: Path) -> dict[str, float]:
    """Pictures per second, ``BATCH`` at a time, each saved; and what one costs the processors."""
    folder.mkdir(exist_ok=True)
    start, spent = time.perf_counter(), time.process_time()
    for k in range(count):
        for j, data in enumerate(files(model, PROMPTS[k % len(PROMPTS)], BATCH * k, BATCH)):
            (folder / f"{j}.png").write_bytes(data)
    wall, spent = time.perf_counter() - start, time.process_time() - spent
    return {"pictures_per_s": BATCH * count / wall, "cpu_s_per_picture": spent / (BATCH * count)}


# ---- one at a time


def idled(model: Model, url: str, pairs: int) -> dict[str, Any]:
    """Seconds of single requests, each beside the same in-process, whichever is first."""
    rows = asyncio.run(asked_in_turn(model, url, pairs + WARM_UP))[WARM_UP:]
    table = {name: [row[name] for row in rows] for name in rows[0]}
    own = statistics.median(table["in_process"])
    ways = {
        name: {
            "median_s": statistics.median(table[name]),
            "p95_s": p95(table[name]),
            "median_ratio": statistics.median(table[name]) / own,
            "p95_ratio": p95(table[name]) / own,
            "paired_ratio": statistics.median(row[name] / row["in_process"] for row in rows),
        }
        for name in table
        if name != "in_process"
    }
    return {
        "pairs": pairs,
        "in_process": {"median_s": own, "p95_s": p95(table["in_process"])},
        **ways,
        "seconds": rows,
    }


async def asked_in_turn(model: Model, url: str, rounds: int) -> list[dict[str, float]]:
    """The measurements; raises SystemExit where a picture differs."""
    rows = list[dict[str, float]]()
    async with httpx2.AsyncClient(base_url=url, timeout=READY_S, trust_env=False) as http:
        for k in range(rounds):
            row, made, prompt = dict[str, float](), set[bytes](), PROMPTS[k % len(PROMPTS)]
            ways = [("in_process", None), ("native", native), ("openai", openai)]
            for name, way in ways[k % 3 :] + ways[: k % 3]:
                await asyncio.sleep(PAUSE_S)
                start = time.perf_counter()
                if way is None:
                    data = files(model, prompt, k)[0]
                else:
                    _, data = await way(http, prompt, k, Seen())
                row[name] = time.perf_counter() - start
                made.add(data or b"")
            if len(made) != 1:
                raise SystemExit(f"the server's picture of {prompt!r} with seed {k} is not the one drawn in-process")
            rows.append(row)
    return rows


def p95(values: Sequence[float]) -> float:
    """The least that 95 % of the values do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


# ---- all at once


def crowded(server: Serving, pictures: list[Wanted], clients: int, seconds: float) -> dict[str, Any]:
    """What the crowd saw, what everything cost, and how memory went."""
    told = json.dumps({"url": server.url, "clients": clients, "seconds": seconds, "pictures": pictures})
    command = [sys.executable, str(HERE / "crowd.py"), told]
    start, spent = time.perf_counter(), {name: cpu_seconds(some) for name, some in server.pids.items()}
    rows = list[dict[str, float]]()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        while (now := time.perf_counter() - start) < seconds and process.poll() is None:
            memory = {name: resident(some) / 2**20 for name, some in server.pids.items()}
            rows.append({"s": round(now, 2)} | memory)
            time.sleep(SAMPLE_S)
        said, _ = process.communicate(timeout=PATIENCE_S + STOP_S)  # its clients end by themselves
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise SystemExit("the crowd failed; see above")
    crowd = json.loads(said)
    wall, cores = time.perf_counter() - start, os.cpu_count() or 1
    spent = {name: cpu_seconds(some) - spent[name] for name, some in server.pids.items()}
    came = [at for at, _ in crowd["pictures"] if seconds / 5 <= at <= seconds]
    waited = [wait for _, wait in crowd["pictures"]]
    return {
        "answers": crowd["answers"],
        "wrong": crowd["wrong"],
        "pictures": len(waited),
        "pictures_per_s": len(came) / (0.8 * seconds),
        "waited_s": {"median": statistics.median(waited), "p95": p95(waited)} if waited else None,
        "cpu_share": {name: s / (wall * cores) for name, s in {**spent, "crowd": crowd["cpu_s"]}.items()},
        "cpu_s_per_picture": {name: s / max(1, len(waited)) for name, s in {**spent, "crowd": crowd["cpu_s"]}.items()},
        "nice_of_crowd": crowd["nice"],
        "memory_growth": {name: growth([row[name] for row in rows]) for name in server.pids},
        "memory_mib": rows,
    }


def growth(values: Sequence[float]) -> float:
    """The median of the last fifth over that of the second, less one."""
    fifth = max(1, len(values) // 5)
    return statistics.median(values[-fifth:]) / statistics.median(values[fifth : 2 * fifth] or values) - 1


def show(report: dict[str, Any]) -> None:
    """The few numbers that matter."""
    idle, crowd = report["idle"], report["crowd"]
    print(f"in-process {idle['in_process']['median_s']:.3f} s")
    for name in ("native", "openai"):
        one = idle[name]
        print(f"{name} {one['median_s']:.3f} s: {one['median_ratio']:.2f} times, p95 {one['p95_ratio']:.2f} times")
    rate = report["batches"]["pictures_per_s"]
    print(f"crowd {crowd['pictures_per_s']:.2f} pictures/s, batches {rate:.2f}: {crowd['ratio']:.2f} times")
    print(f"answers {crowd['answers']}; wrong {crowd['wrong']}")
    shares = ", ".join(f"{name} {share:.0%}" for name, share in crowd["cpu_share"].items())
    grown = ", ".join(f"{name} {share:+.1%}" for name, share in crowd["memory_growth"].items())
    print(f"of the processors: {shares}; memory: {grown}")


if __name__ == "__main__":
    main()
