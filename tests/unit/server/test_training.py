"""A training is asked to save and end once, and not before it hears."""

from __future__ import annotations

from unfog.config.ask import TrainAsk
from unfog.config.server import Server
from unfog.server.hand import TRAINER, Hand
from unfog.server.ledger import Ledger
from unfog.server.record import Job
from unfog.server.store import Store
from unfog.server.training import Run, Training


def test_one_that_only_begins_is_asked_when_it_has_begun_and_once(tmp_path, monkeypatch):
    async def nobody(*_: object) -> None:
        pass

    told, alive = list[Hand](), False
    monkeypatch.setattr(Hand, "terminate", lambda hand: told.append(hand))  # noqa: PLW0108  (bound, which append is not)
    monkeypatch.setattr(Hand, "alive", property(lambda _: alive))
    store = Store(tmp_path)
    training = Training(Server.parse({}), Ledger(store, "this"), nobody)
    job, hand = (
        Job("a", "local", TrainAsk.parse({"folder": "scenes", "name": "mine"}), 1.0),
        Hand(TRAINER, {}, nobody, nobody),
    )
    assert not training.stop(job)
    training.run = Run(job, hand)
    assert training.stop(job)
    assert (training.run.deadline, told) == (None, [])
    alive = True
    for _ in range(2):
        assert training.stop(job)
    assert training.run.deadline is not None
    assert told == [hand]
    store.close()
