"""Connections that cost little: the head of a request must come in time, and one address has a bounded number."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Bounded(H11Protocol):
    """One connection. Subclasses made by ``bounded`` say how many there may be, and how long a head may take."""

    per_address: int
    seconds: float
    open_ones: Counter[str]
    address: str | None = None
    timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Count it, or close it at once."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        if self.open_ones[address] >= self.per_address:
            transport.abort()
            return
        self.address = address
        self.open_ones[address] += 1
        super().connection_made(transport)
        self.wait_for_head()

    def wait_for_head(self) -> None:
        """Close the connection unless a request has begun by then."""
        self.timer = asyncio.get_running_loop().call_later(self.seconds, self.give_up)

    def stop_waiting(self) -> None:
        """A request has begun, or the connection is gone."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def give_up(self) -> None:
        """Nothing came, or only part of a head."""
        if not self.busy:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of a head or of a body."""
        if self.address is None:
            return
        super().data_received(data)
        if self.busy:
            self.stop_waiting()
        elif self.timer is None:
            self.wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is one less."""
        if self.address is None:
            return
        self.open_ones[self.address] -= 1
        self.open_ones += Counter()  # forgets addresses without any
        self.address = None
        self.stop_waiting()
        super().connection_lost(exc)


def bounded(per_address: int, seconds: float) -> type[Bounded]:
    """uvicorn's protocol with these two limits, and its own count of connections."""
    return type(
        "BoundedHere", (Bounded,), {"per_address": per_address, "seconds": seconds, "open_ones": Counter[str]()}
    )
