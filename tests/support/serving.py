"""A real server in a thread of this process, with its worker in another, and a client that speaks to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from unfog.config.server import Server
from unfog.server.engine import Engine
from unfog.server.keys import Keys
from unfog.server.run import open_port, server_for

PATIENCE_S = 120.0
CHANGE = {"x-unfog": "1"}


class Serving:
    """A server that runs until ``stop``.

    Args:
        root: its data folder.
        keys: API keys; none: everybody on this machine.
        settings: fields of ``config/server.py``.
    """

    def __init__(self, root: Path, *, keys: tuple[str, ...] = (), **settings: Any) -> None:
        self.settings = Server.parse({"host": "127.0.0.1", "port": 0, "threads": 1, **settings})
        self.keys = Keys(keys)
        listening = open_port(self.settings)
        self.port = listening.getsockname()[1]
        self.engine = Engine(self.settings, root)
        self.server = server_for(self.engine, self.keys)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = self.client()

    def client(self, **headers: str) -> httpx2.Client:
        """Another client, with these headers on every request."""
        return httpx2.Client(base_url=self.url, timeout=PATIENCE_S, headers=headers, trust_env=False)

    def until_ready(self) -> Serving:
        """Wait until it takes work."""
        wait_for(lambda: self.http.get("/readyz").status_code == 200)
        return self

    def stop(self) -> None:
        """As after a signal."""
        self.server.should_exit = True
        self.thread.join(PATIENCE_S)
        self.http.close()
        assert not self.thread.is_alive()

    # ---- what tests do all the time

    def ask(self, *, expect: int = 202, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """Ask for a job; for small pictures of a sentence unless ``task`` says otherwise."""
        headers = {} if key is None else {"idempotency-key": key}
        usual = {"task": "generate", "prompt": "a red circle", "native": True}
        body = (usual if fields.get("task", "generate") == "generate" else {}) | fields
        said = self.http.post("/api/v1/jobs", json=body, headers=headers)
        assert said.status_code == expect, said.text
        return said.json()

    def job(self, name: str) -> dict[str, Any]:
        """A job as it is."""
        said = self.http.get(f"/api/v1/jobs/{name}")
        assert said.status_code == 200, said.text
        return said.json()

    def done(self, name: str) -> dict[str, Any]:
        """A job after its end."""
        self.events(name)
        return self.job(name)

    def make(self, **fields: Any) -> dict[str, Any]:
        """A job that is done."""
        found = self.done(self.ask(**fields)["id"])
        assert found["state"] == "done", found["error"]
        return found

    def upload(self, data: bytes, *, expect: int = 201, route: str = "/api/v1/files") -> dict[str, Any]:
        """Send a picture."""
        said = self.http.post(route, files={"file": ("p.png", data)}, headers=CHANGE)
        assert said.status_code == expect, said.text
        return said.json()

    def file(self, picture: str) -> bytes:
        """The file of a picture."""
        said = self.http.get(f"/api/v1/pictures/{picture}/file")
        assert said.status_code == 200, said.text
        return said.content

    def events(self, name: str, *, after: int | None = None) -> list[dict[str, Any]]:
        """What a job tells, to its end."""
        headers = {} if after is None else {"last-event-id": str(after)}
        with self.http.stream("GET", f"/api/v1/jobs/{name}/events", headers=headers) as said:
            assert said.status_code == 200
            assert said.headers["content-type"].startswith("text/event-stream")
            return list(parsed(said.iter_lines()))


def parsed(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Events of a stream: ``id``, ``type`` and ``data``."""
    now = dict[str, Any]()
    for line in lines:
        kind, _, rest = line.partition(": ")
        match kind:
            case "event":
                now["type"] = rest
            case "id":
                now["id"] = int(rest)
            case "data":
                now["data"] = json.loads(rest)
            case "" if now:
                yield now
                now = {}
            case _:
                pass


def wait_for(true: Any, seconds: float = PATIENCE_S) -> None:
    """Ask again and again."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
