"""Honest times: who ends when, as turns are given, and when those who are refused may come again."""

from __future__ import annotations

import pytest
import torch

from unfog.server.outlook import Outlook, Pace, Promises, Rest, spans


def pace_of(seconds: float) -> Pace:
    pace = Pace()
    pace.add(seconds, 1.0)
    return pace


def test_a_short_job_ends_soon_beside_a_long_one():
    rests = {"long": 1000.0, "middle": 100.0, "short": 10.0}
    ends = {one.job: one.end for one in spans([[Rest(name, work) for name, work in rests.items()]], [], 4)}
    for name, mine in rests.items():
        others = [rest for other, rest in rests.items() if other != name]
        assert ends[name] == pytest.approx(mine + sum(min(rest, mine) for rest in others))


def test_who_waits_takes_the_place_of_whoever_ends():
    running = [[Rest("a", 30.0), Rest("b", 10.0)]]
    found = {one.job: one for one in spans(running, [Rest("c", 5.0), Rest("d", 5.0)], 2)}
    assert [(found[name].begin, found[name].end) for name in "bcda"] == [(0, 20), (20, 30), (30, 40), (0, 50)]


def test_large_steps_take_more_of_a_round():
    running = [[Rest("large", 80.0, turn=8.0), Rest("small", 10.0)]]
    assert {one.job: one.end for one in spans(running, [], 2)} == pytest.approx({"large": 90, "small": 90})


def test_who_is_tried_again_waits_for_an_idle_device_and_has_it_alone():
    running, waiting = [[Rest("a", 20.0)], [Rest("b", 8.0)]], [Rest("again", 4.0, alone=True), Rest("c", 2.0)]
    found = {one.job: (one.begin, one.end) for one in spans(running, waiting, 4)}
    assert found == {"b": (0, 8), "again": (8, 12), "c": (8, 12), "a": (0, 22)}


def test_it_is_what_taking_turns_comes_to():
    """Against a worker played through step by step: no end is foreseen further off than the last round was long."""
    source = torch.Generator().manual_seed(5)

    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high + 1, (), generator=source))

    for _ in range(20):
        at_once, turns = draw(1, 4), [(1, 2, 7)[draw(0, 2)] for _ in range(9)]
        steps = [draw(1, 60) for _ in turns]
        rests = [Rest(str(k), float(t * n), float(t)) for k, (t, n) in enumerate(zip(turns, steps, strict=True))]
        foreseen = {one.job: one.end for one in spans([rests[:at_once]], rests[at_once:], at_once)}
        now, here, line = 0.0, dict(list(enumerate(steps))[:at_once]), list(range(at_once, 9))
        while here:
            for k in list(here):
                now, here[k] = now + turns[k], here[k] - 1
                if here[k] == 0:
                    del here[k]
                    assert foreseen[str(k)] == pytest.approx(now, abs=9 * at_once * max(turns))
                    if line:
                        new = line.pop(0)
                        here[new] = steps[new]
        assert max(foreseen.values()) == pytest.approx(now)


def test_a_long_job_closes_the_door_to_nobody():
    outlook = Outlook([[Rest("long", 5000.0)]], [], 4, pace_of(1.0))
    assert outlook.wait() == 0
    assert outlook.eta("long") == pytest.approx(5000)
    full = Outlook([[Rest(name, 5000.0) for name in "abcd"]], [Rest("e", 10.0)], 4, pace_of(0.5))
    assert full.places() == {"e": (0, pytest.approx(0.5 * 20010))}
    assert full.wait() == pytest.approx(0.5 * 20000)


def test_nothing_is_foreseen_before_the_first_step():
    outlook = Outlook([[Rest("a", 5.0)]], [Rest("b", 5.0)], 1, Pace())
    assert (outlook.eta("a"), outlook.places(), outlook.ends()) == (None, {"b": (0, None)}, [])
    assert outlook.wait() == 0


def test_the_pace_follows_what_is_seen():
    pace = Pace()
    assert pace.per_unit is None
    assert pace.of(10) is None
    pace.add(2.0, 4.0)
    assert pace.of(10) == pytest.approx(5.0)
    for _ in range(200):
        pace.add(3.0, 1.0)
    assert pace.of(1) == pytest.approx(3.0, rel=0.02)
    pace.add(5.0, 0.0)  # no work was done in that time
    assert pace.of(1) == pytest.approx(3.0, rel=0.02)


def test_who_is_refused_comes_when_a_place_is_free():
    promises, ends = Promises(), [0.4, 2.0, 30.0]
    assert [promises.next(50.0, ends) for _ in range(8)] == [1, 2, 30, 40, 50, 60, 60, 60]  # as fast as the first three
    assert promises.next(99.0, [0.2, 5.0]) == 8  # two of them come later
    promises = Promises([50.4, 52.0])
    assert promises.next(51.0, [1.0, 29.0]) == 29  # the first place is promised to whoever comes at 52
    assert promises.next(999.0, [0.2, 5.0]) == 1  # all of them came long ago


def test_nobody_is_sent_away_for_ever():
    assert Promises().next(50.0, []) == 1
    assert Promises().next(50.0, [1e6]) == 120
    assert Promises().next(4.3, [4.0]) == 4
    promises = Promises()
    for _ in range(1000):
        promises.next(1.0, [5.0, 9.0])
    assert len(promises.given) == 4  # whoever asks again and again costs no memory
