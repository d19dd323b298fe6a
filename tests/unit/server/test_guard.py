"""Small parts of the gate."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from unfog.config.server import Server
from unfog.server.guard import Body, Guard, RefusedError, host_names, host_of, one_of_each, swallow
from unfog.server.keys import Keys
from unfog.server.run import is_loopback


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("a.b:80", "a.b"),
        ("a.b", "a.b"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("a:b", ""),
        ("[::1]x", ""),
        ("", ""),
    ],
)
def test_hosts(header, host):
    assert host_of(header) == host


def test_the_names_of_a_server():
    assert host_names(Server()) == {"localhost", "127.0.0.1", "[::1]"}
    assert host_names(Server(host="0.0.0.0", names=("Box.lan",))) == {"localhost", "127.0.0.1", "[::1]", "box.lan"}
    assert "[fe80::1]" in host_names(Server(host="fe80::1"))


async def nobody(*_: object) -> None:
    raise AssertionError("nobody comes this far")


def test_an_open_server_is_called_by_addresses_but_not_by_foreign_names():
    guard = Guard(nobody, Keys(["a key that is long enough"]), Server(host="0.0.0.0"))
    assert guard.is_ours("192.168.1.5")
    assert guard.is_ours("[fe80::1]")
    for name in ("evil.test", "", "2130706433", "0x7f.1", "1.2.3", "192.168.1.5.evil.test"):
        assert not guard.is_ours(name)
    assert not Guard(nobody, Keys(), Server()).is_ours("192.168.1.5")


@pytest.mark.parametrize(
    ("host", "own"), [("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a", False)]
)
def test_loopback(host, own):
    assert is_loopback(host) is own


def test_headers_that_decide_are_there_once():
    assert one_of_each([(b"Cookie", b"a=1"), (b"cookie", b"b=2")]) == {"cookie": "a=1; b=2"}
    with pytest.raises(RefusedError, match="host is there twice"):
        one_of_each([(b"Host", b"a"), (b"HOST", b"b")])


def test_a_body_ends_in_bytes_pieces_and_time():
    async def read(pieces, most=10, seconds=5.0):
        queue = iter(pieces)

        async def receive():
            piece = next(queue)
            if piece is None:
                await asyncio.sleep(60)
            return {"type": "http.request", "body": piece, "more_body": True}

        body = Body(receive, most, seconds)
        while True:
            await body.receive()

    for pieces, status in (([b"x" * 11], 413), ([b"x"] * 11, 413), ([b""] * 20_001, 413), ([b"x", None], 408)):
        with pytest.raises(RefusedError) as caught:
            asyncio.run(read(pieces, seconds=0.05 if None in pieces else 5.0))
        assert caught.value.status == status


def test_a_small_body_is_read_before_it_is_refused():
    sent, left = (
        list[MutableMapping[str, Any]](),
        [{"type": "http.request", "body": b"x", "more_body": more} for more in (True, True, False)],
    )

    async def receive() -> dict:
        return left.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        assert not left  # unread bytes would reset the connection, and the answer with it
        sent.append(message)

    scope = {"type": "http", "method": "TRACE", "path": "/api/v1/jobs", "headers": [], "query_string": b""}
    asyncio.run(Guard(nobody, Keys(), Server())(scope, receive, send))
    assert sent[0]["status"] == 405


@pytest.mark.parametrize("piece", [b"", b"x" * 2**15])
def test_a_refused_body_is_not_waited_for(piece, monkeypatch):
    monkeypatch.setattr("unfog.server.guard.SWALLOW_S", 0.01)
    count = 0

    async def receive() -> dict:
        nonlocal count
        count += 1
        if not piece:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": piece, "more_body": True}

    asyncio.run(swallow(receive))
    assert count == (3 if piece else 1)
