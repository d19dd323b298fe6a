"""Readers of one job, each at its own speed."""

from __future__ import annotations

import asyncio

from unfog.server.feed import MOST, Feed
from unfog.server.states import JobEvent


def filled(n: int) -> Feed:
    feed = Feed()
    for k in range(n):
        feed.tell(feed.next("step", {"i": k}))
    return feed


async def read(feed: Feed, after: int = 0) -> list[JobEvent]:
    return [event async for event in feed.follow(after)]


def test_readers_see_all_of_it_whenever_they_come():
    async def both() -> tuple[list[JobEvent], list[JobEvent], list[JobEvent]]:
        feed = filled(2)
        early = asyncio.create_task(read(feed))
        await asyncio.sleep(0)
        for k in range(3):
            feed.tell(feed.next("note", {"k": k}))
            await asyncio.sleep(0)
        feed.tell(feed.next("done", {}))
        return await early, await read(feed), await read(feed, after=4)

    early, late, cut = asyncio.run(both())
    assert [event.id for event in early] == [1, 2, 3, 4, 5, 6]
    assert late == early
    assert cut == early[4:]


def test_of_previews_only_the_last_is_kept():
    async def run() -> tuple[list[str], list[str]]:
        feed = Feed()
        for k in range(50):
            feed.tell(feed.next("preview", {"k": k}))
            feed.tell(feed.next("step", {"k": k}))
        assert len(feed.events) == 50
        reading = asyncio.create_task(read(feed))
        await asyncio.sleep(0)
        feed.tell(feed.next("done", {}))
        live = [event.type for event in await reading]
        return live, [event.type for event in await read(feed)]

    live, after = asyncio.run(run())
    assert live.count("preview") == 1
    assert after.count("preview") == 0  # a picture that is done needs none
    assert after.count("step") == 50


def test_a_stop_lets_everybody_go():
    async def run() -> int:
        feed = filled(3)
        reading = asyncio.create_task(read(feed))
        await asyncio.sleep(0)
        feed.stop()
        return len(await asyncio.wait_for(reading, 5))

    assert asyncio.run(run()) == 3


def test_steps_are_stored_once_and_memory_is_bounded():
    feed = filled(10)
    assert [event.id for event in feed.to_save()] == list(range(1, 11))
    assert feed.to_save() == []
    long = filled(3 * MOST)
    assert len(long.events) <= MOST
    assert long.events[-1].id == 3 * MOST
    ids = [event.id for event in long.events]
    assert ids == sorted(set(ids))


def test_a_feed_goes_on_after_what_was_stored():
    feed = Feed([JobEvent(4, "queued", {}), JobEvent(9, "started", {})])
    assert feed.next("note", {}).id == 10
    assert not feed.ended
    feed.tell(feed.next("cancelled", {}))
    assert feed.ended


def test_steps_come_together_and_all_else_at_once():
    async def run() -> list[list[str]]:
        feed, found = Feed(), list[list[str]]()

        async def reading() -> None:
            async for batch in feed.batches(hold_s=60):
                found.append([event.type for event in batch])

        reader = asyncio.create_task(reading())
        for kind in ("queued", "step", "preview", "step", "image", "step", "step", "done"):
            feed.tell(feed.next(kind, {}))
            for _ in range(20):
                await asyncio.sleep(0)  # the reader has every chance to look
        await reader
        return found

    assert asyncio.run(run()) == [["queued"], ["step", "preview", "step", "image"], ["step", "step", "done"]]


def test_steps_are_held_back_for_a_moment_only():
    async def run() -> list[int]:
        feed, found = filled(1), list[int]()
        async for batch in feed.batches(hold_s=0.01):
            found += [event.id for event in batch]
            if feed.last < 3:
                feed.tell(feed.next("step", {}))
            elif not feed.stopped:
                feed.stop()
        return found

    assert asyncio.run(asyncio.wait_for(run(), 60)) == [1, 2, 3]
