"""Pictures are decoded one after another; who waits for others is not taken for slow."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.support.pictures import encoded, pattern

from unfog.config.server import Server
from unfog.server import uploads
from unfog.server.states import FullError
from unfog.server.store import Store
from unfog.util.errors import DataError

PICTURE = encoded(pattern(8, 8))
LIMITS = Server.parse({}).limits


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def busy():
    """The one thread that decodes does something else until this is set."""
    until = threading.Event()
    uploads.DECODER.submit(until.wait)
    yield until
    until.set()


@pytest.fixture
def quick(monkeypatch):
    """Decoding takes no time, whatever the machine does besides."""
    monkeypatch.setattr(uploads, "size_of", lambda *_: (8, 8))


@pytest.mark.usefixtures("quick")
def test_waiting_for_others_is_not_decoding(store, busy, monkeypatch):
    monkeypatch.setattr(uploads, "DECODE_S", 0.5)

    async def run():
        added = asyncio.create_task(uploads.add(store, PICTURE, "local", LIMITS))
        await asyncio.sleep(1.0)
        busy.set()
        return await added

    assert asyncio.run(run()).width == 8


def test_who_waits_too_long_may_come_again(store, busy, monkeypatch):
    monkeypatch.setattr(uploads, "WAIT_S", 0.1, raising=False)
    monkeypatch.setattr(uploads, "DECODE_S", 0.1)
    decoded = list[object]()
    monkeypatch.setattr(uploads, "size_of", lambda *_: decoded.append(0))
    with pytest.raises(FullError) as caught:
        asyncio.run(uploads.add(store, PICTURE, "local", LIMITS))
    assert caught.value.retry_after_s > 0
    busy.set()
    uploads.DECODER.submit(int).result()
    assert decoded == []  # nobody waits for it any more


def test_a_picture_that_takes_too_long_is_refused(store, monkeypatch):
    monkeypatch.setattr(uploads, "DECODE_S", 0.1)
    until = threading.Event()
    monkeypatch.setattr(uploads, "size_of", lambda *_: until.wait())
    try:
        with pytest.raises(DataError, match="takes longer than"):
            asyncio.run(uploads.add(store, PICTURE, "local", LIMITS))
    finally:
        until.set()
