"""Which ports a process and its children listen on, as the kernel of Linux says."""

from __future__ import annotations

import contextlib
import ipaddress
from pathlib import Path

LISTENS = "0A"  # state of a TCP socket


def listening(pid: int) -> set[tuple[str, int]]:
    """Address and port of every TCP socket on which a process or a descendant listens."""
    found = set[tuple[str, int]]()
    for one in family(pid):
        inodes = sockets(one)
        for table in ("tcp", "tcp6"):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{one}/net/{table}").read_text().splitlines()[1:]:
                    fields = line.split()
                    if fields[3] == LISTENS and fields[9] in inodes:
                        found.add(place(fields[1]))
    return found


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    out = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                out += family(int(child))
    return out


def sockets(pid: int) -> set[str]:
    """Numbers of the sockets that a process has open."""
    out = set[str]()
    for handle in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            target = str(handle.readlink())
            if target.startswith("socket:["):
                out.add(target.removeprefix("socket:[").removesuffix("]"))
    return out


def place(text: str) -> tuple[str, int]:
    """``0100007F:1F90`` as ("127.0.0.1", 8080): words of 32 bits, each in the order of this machine."""
    address, port = text.split(":")
    raw = b"".join(bytes.fromhex(address[k : k + 8])[::-1] for k in range(0, len(address), 8))
    return str(ipaddress.ip_address(raw)), int(port, 16)
