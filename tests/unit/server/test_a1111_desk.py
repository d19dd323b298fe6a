"""How an interrupted request of an A1111 client is answered."""

from __future__ import annotations

import asyncio
import base64
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tests.support.pictures import encoded, pattern

from unfog.config.ask import GenerateAsk
from unfog.server import a1111_desk
from unfog.server.a1111_answers import Asked, interrupted
from unfog.server.a1111_fields import Txt2Img
from unfog.server.a1111_tasks import Task
from unfog.server.following import FailedError
from unfog.server.states import JobEvent


def test_a_preview_is_enlarged_beside_everything_else(monkeypatch):
    preview, threads = encoded(pattern(6, 4)), list[int]()
    asked = Asked(Txt2Img(), {}, (30, 20), 5, ("tiny", "0" * 64))

    async def submit(*_: object, **__: object) -> Any:
        return SimpleNamespace(id="a7")

    async def follow(*_: object):
        yield JobEvent(1, "preview", {"b64": base64.b64encode(preview).decode()})
        raise FailedError("cancelled", "", retryable=False)

    def noted(*arguments: Any) -> bytes:
        threads.append(threading.get_ident())
        return interrupted(*arguments)

    monkeypatch.setattr(a1111_desk, "follow", follow)
    monkeypatch.setattr(a1111_desk, "interrupted", noted)
    engine: Any = SimpleNamespace(submit=submit)
    task = Task("t", "local", 1, 0.0, datetime.now(UTC))
    ask = GenerateAsk.parse({"prompt": "a red circle", "seed": 5})
    (drawn,) = asyncio.run(a1111_desk.run(engine, task, ask, asked))
    assert drawn.png == interrupted(asked, preview, 5)
    assert len(threads) == 1
    assert threads != [threading.get_ident()]
