"""Messages between the server and its worker processes: JSON, and perhaps bytes beside it. No code can be sent.

frame := length of the JSON (4 bytes, big-endian), length of the bytes (4 bytes), JSON in UTF-8, bytes
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import threading
from typing import Any, Protocol

HEAD = struct.Struct(">II")
MOST = 512 * 2**20  # bytes of a frame; a picture of 50 megapixels as PNG is a third of it
Message = dict[str, Any]


class Reads(Protocol):
    """A file to read bytes from."""

    def read(self, size: int, /) -> bytes: ...


def pack(message: Message, blob: bytes = b"") -> bytes:
    """A frame."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
    return HEAD.pack(len(text), len(blob)) + text + blob


def lengths(head: bytes) -> tuple[int, int]:
    """Of the two parts of a frame.

    Raises:
        ValueError: more than ``MOST``.
    """
    text, blob = HEAD.unpack(head)
    if text + blob > MOST:
        raise ValueError(f"a frame of {text + blob} bytes; at most {MOST} are read")
    return text, blob


def unpacked(text: bytes) -> Message:
    """The JSON of a frame."""
    return json.loads(text.decode("utf-8", "surrogatepass"))


async def receive(reader: asyncio.StreamReader) -> tuple[Message, bytes] | None:
    """The next frame; ``None`` at the end of the stream."""
    try:
        text, blob = lengths(await reader.readexactly(HEAD.size))
        return unpacked(await reader.readexactly(text)), await reader.readexactly(blob)
    except asyncio.IncompleteReadError:
        return None


def take(stream: Reads) -> tuple[Message, bytes] | None:
    """The next frame of a file; ``None`` at its end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    text, blob = lengths(head)
    return unpacked(stream.read(text)), stream.read(blob)


def b64(data: bytes) -> str:
    """Bytes for JSON."""
    return base64.b64encode(data).decode("ascii")


class Voice:
    """The way out of a worker process: frames on what was its standard output; several threads may speak."""

    def __init__(self) -> None:
        self.fd = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what anything prints goes where the server's own does
        self.lock = threading.Lock()

    def say(self, what: str, blob: bytes = b"", **facts: Any) -> None:
        """Send one message."""
        data = memoryview(pack({"say": what, **facts}, blob))
        with self.lock:
            while data:
                data = data[os.write(self.fd, data) :]
