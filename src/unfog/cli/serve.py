"""``unfog serve`` and ``unfog studio``: the HTTP interface, and the page."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from unfog.util.errors import UsageError, one_line

KEYS = "UNFOG_API_KEY"

Host = Annotated[str, typer.Option("--host", help="Address to listen on; others than loopback need a key.")]
Port = Annotated[int, typer.Option("--port", help="Port to listen on; 0: any free one.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", help="Model to serve, repeatable, the first by default; unset: all.")
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder for pictures, uploads and the queue.")]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", help="cpu, cuda, cuda:0,cuda:1 or mps, a process for each; unset: the fastest, two for a CPU."
    ),
]
Threads = Annotated[int | None, typer.Option("--threads", help="CPU threads of all workers; unset: all cores.")]
Roots = Annotated[
    list[Path] | None,
    typer.Option("--train-root", help="Folder whose subfolders may be trained on, repeatable."),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 7860,
    model: Models = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            "--api-key",
            help="Key that clients must know, repeatable: auto (made and kept), a FILE with one key a line, or the key"
            f" itself (which other users of this machine can see; better set {KEYS}).",
        ),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine without any key: everybody may use it.")
    ] = False,
    host_name: Annotated[
        list[str] | None, typer.Option("--host-name", help="Name by which it may be called, repeatable.")
    ] = None,
    data: Data = None,
    device: Device = None,
    threads: Threads = None,
    train_root: Roots = None,
    refuse: Annotated[
        Path | None,
        typer.Option("--refuse", help="Text file, one word or phrase a line: prompts that hold one are refused."),
    ] = None,
    training: Annotated[bool, typer.Option("--training/--no-training", help="Whether models may be trained.")] = True,
    queue: Annotated[int, typer.Option("--queue", help="Jobs that wait at most.")] = 64,
    at_once: Annotated[int, typer.Option("--at-once", help="Jobs that are advanced in turn on a device.")] = 4,
    drain: Annotated[float, typer.Option("--drain", help="Seconds for running jobs to finish when stopped.")] = 20.0,
) -> None:
    """Answer over HTTP: our own interface, and those that other programs speak. See docs/server.md."""
    from unfog.cli.parse import lines_of

    settings = {
        "host": host,
        "port": port,
        "models": model or [],
        "insecure": insecure,
        "names": host_name or [],
        "device": device,
        "threads": threads,
        "roots": [str(root) for root in train_root or []],
        "training": training,
        "refused": [] if refuse is None else [line for line in lines_of(refuse) if not line.startswith("#")],
        "engine": {"queue": queue, "at_once": at_once, "drain_s": drain},
    }
    start(settings, api_key or [], data, browser=False)


def studio(
    port: Port = 7860,
    model: Models = None,
    data: Data = None,
    device: Device = None,
    threads: Threads = None,
    train_root: Roots = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Open the studio: the same server, and its page in the browser."""
    settings = {
        "port": port,
        "models": model or [],
        "device": device,
        "threads": threads,
        "roots": [str(root) for root in train_root or []],
    }
    start(settings, [], data, browser=browser)


def start(fields: dict[str, object], given: list[str], data: Path | None, *, browser: bool) -> None:
    """Serve until a signal."""
    from unfog.config.server import Server
    from unfog.server.keys import Keys
    from unfog.server.run import default_data, serve

    settings, root = Server.parse(fields), data or default_data()
    texts, made = keys_of(given, root)
    keys = Keys(texts)

    def opened(address: str) -> None:
        link = f"{address}/?token={keys.token(keys.owners[0])}" if keys.wanted else f"{address}/"
        print(f"unfog serves at {address}; the studio: {link}", flush=True)
        if made is not None:
            print(f"a new key was made, shown this once and kept in {one_line(str(root / 'key'))}: {made}", flush=True)
        if browser:
            open_page(link)

    serve(settings, keys, root, opened)


def keys_of(given: list[str], root: Path) -> tuple[list[str], str | None]:
    """The keys, from what was typed and the environment, and the one that was made just now.

    Raises:
        UsageError: a file without keys.
    """
    from unfog.server.keys import own_key

    keys, new = [key for key in os.environ.get(KEYS, "").split(",") if key], None
    for text in given:
        if text == "auto":
            key, made = own_key(root)
            keys.append(key)
            new = key if made else new
        elif Path(text).is_file():
            lines = [line.strip() for line in Path(text).read_text(encoding="utf-8").splitlines()]
            found = [line for line in lines if line and not line.startswith("#")]
            if not found:
                raise UsageError(f"{text} holds no key; write one per line")
            keys += found
        else:
            print(f"unfog: note: a key that is typed can be seen by other users; better set {KEYS}", file=sys.stderr)
            keys.append(text)
    return keys, new


def open_page(link: str) -> None:
    """Open the page a moment later, when somebody answers."""
    import threading
    import webbrowser

    threading.Timer(1.0, webbrowser.open, [link]).start()
