"""The clients of ``benchmarks/load.py``, all of them in one niced process; started by it, not by people.

    python benchmarks/crowd.py '{"url": ..., "clients": 200, "seconds": 300, "pictures": [[PROMPT, SEED, SHA256], ...]}'

Each asks for one picture after another until the time is over, every other one by the OpenAI interface, and waits for
it. Told 429, it waits as long as ``Retry-After`` says. What each picture has to be is known: it was drawn in-process.
Prints one JSON object: what was answered, what came too late or wrong, and what these clients cost.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import resource
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2

NICE = 10
PATIENCE_S = 300.0  # after the last request, for what is still waited for
ANSWER_S = 240.0  # between two signs of life of the server


@dataclass
class Seen:
    """What all clients saw."""

    answers: Counter[str] = field(default_factory=Counter[str])
    """By route and status code."""
    wrong: Counter[str] = field(default_factory=Counter[str])
    """Whatever should not be."""
    pictures: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """When each came, and how long it was waited for, in seconds."""


async def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Let them ask, and count."""
    seen, begin = Seen(), time.perf_counter()
    limits = httpx2.Limits(max_connections=asked["clients"], max_keepalive_connections=asked["clients"])
    async with httpx2.AsyncClient(base_url=asked["url"], limits=limits, timeout=ANSWER_S, trust_env=False) as http:
        clients = [asyncio.create_task(client(http, k, asked, seen, begin)) for k in range(asked["clients"])]
        _, late = await asyncio.wait(clients, timeout=asked["seconds"] + PATIENCE_S)
        seen.wrong["never answered"] += len(late)
        for task in late:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "answers": dict(sorted(seen.answers.items())),
        "wrong": {what: n for what, n in seen.wrong.items() if n},
        "pictures": seen.pictures,
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - begin,
        "nice": os.nice(0),
    }


async def client(http: httpx2.AsyncClient, number: int, asked: dict[str, Any], seen: Seen, begin: float) -> None:
    """One client."""
    way, turn = (openai, native)[number % 2], number
    while time.perf_counter() - begin < asked["seconds"]:
        prompt, seed, sha256 = asked["pictures"][turn % len(asked["pictures"])]
        start = time.perf_counter()
        try:
            wait_s, data = await way(http, prompt, seed, seen)
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            seen.wrong[type(error).__name__] += 1
            wait_s, data = 1.0, None
        if data is None:
            await asyncio.sleep(max(0.1, wait_s))
            continue
        if painted(data) != sha256:
            seen.wrong["another picture than in-process"] += 1
        now = time.perf_counter()
        seen.pictures.append((now - begin, now - start))
        turn += asked["clients"]


def painted(png: bytes) -> str:
    """The sha256 of the pixels of a PNG file, as they are packed: without the recipe, which names threads."""
    place, found = 8, hashlib.sha256()
    while place < len(png):
        size, kind = struct.unpack_from(">I4s", png, place)
        if kind in (b"IHDR", b"IDAT"):
            found.update(png[place + 8 : place + 8 + size])
        place += 12 + size
    return found.hexdigest()


async def openai(http: httpx2.AsyncClient, prompt: str, seed: int, seen: Seen) -> tuple[float, bytes | None]:
    """Seconds to wait, or a picture: one request."""
    body = {"prompt": prompt, "seed": seed, "response_format": "b64_json"}
    said = await http.post("/v1/images/generations", json=body)
    if not right(said, "POST /v1/images/generations", (200, 429), seen):
        return retry_after(said), None
    return 0.0, base64.b64decode(said.json()["data"][0]["b64_json"], validate=True)


async def native(http: httpx2.AsyncClient, prompt: str, seed: int, seen: Seen) -> tuple[float, bytes | None]:
    """The same by a job, its events, and a file."""
    said = await http.post("/api/v1/jobs", json={"task": "generate", "prompt": prompt, "seed": seed})
    if not right(said, "POST /api/v1/jobs", (202, 429), seen):
        return retry_after(said), None
    url = await picture_url(http, said.json()["events"], seen)
    if url is None:
        return 1.0, None
    said = await http.get(url)
    return 0.0, said.content if right(said, "GET /api/v1/pictures/ID/file", (200,), seen) else None


async def picture_url(http: httpx2.AsyncClient, events: str, seen: Seen) -> str | None:
    """Where the picture of a job is, once it is done."""
    url, kind = None, ""
    async with http.stream("GET", events) as said:
        if not right(said, "GET /api/v1/jobs/ID/events", (200,), seen):
            return None
        async for line in said.aiter_lines():
            name, _, rest = line.partition(": ")
            kind = rest if name == "event" else kind
            if name == "data" and kind == "image":
                url = json.loads(rest)["url"]
    if kind != "done" or url is None:
        seen.wrong[f"a job that ended with {kind or 'nothing'}"] += 1
        return None
    return url


def right(said: httpx2.Response, route: str, allowed: tuple[int, ...], seen: Seen) -> bool:
    """Count an answer; whether it is what was asked for."""
    seen.answers[f"{route}: {said.status_code}"] += 1
    if said.status_code not in allowed:
        seen.wrong[f"{route}: {said.status_code}"] += 1
    return said.status_code < 300


def retry_after(said: httpx2.Response) -> float:
    """Seconds, as the server says."""
    return float(said.headers.get("retry-after", "1"))


if __name__ == "__main__":
    os.nice(NICE)
    print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
