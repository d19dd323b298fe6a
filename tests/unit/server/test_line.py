"""Fair order."""

from __future__ import annotations

from unfog.server.line import Line


def order(line: Line) -> list[str]:
    return [one.job for one in line.order()]


def test_one_who_asks_for_little_is_not_behind_one_who_asks_for_much():
    line = Line()
    for k in range(5):
        line.add(f"a{k}", "a", 10)
    line.add("b0", "b", 10)
    line.add("c0", "c", 10)
    assert order(line) == ["a0", "b0", "c0", "a1", "a2", "a3", "a4"]
    assert [line.take() for _ in range(4)] == ["a0", "b0", "c0", "a1"]
    line.add("d0", "d", 10)  # new ones begin where the queue is now, not at the beginning of time
    line.add("b1", "b", 10)
    assert order(line) == ["d0", "b1", "a2", "a3", "a4"]


def test_shares_are_of_work_and_not_of_jobs():
    line = Line()
    for k in range(3):
        line.add(f"big{k}", "a", 100)
    for k in range(6):
        line.add(f"small{k}", "b", 25)
    taken = [line.take() for _ in range(6)]
    assert taken == ["big0", "small0", "small1", "small2", "small3", "big1"]


def test_whoever_leaves_lets_the_others_of_the_same_owner_move_up():
    line = Line()
    for k in range(4):
        line.add(f"a{k}", "a", 10)
    line.add("b0", "b", 35)
    line.add("b1", "b", 10)
    assert line.remove("a1")
    assert not line.remove("a1")
    assert [(one.job, one.start) for one in line.order()] == [
        ("a0", 0), ("b0", 0), ("a2", 10), ("a3", 20), ("b1", 35)
    ]  # fmt: skip
    assert len(line) == 5


def test_many_cancellations_cost_their_owner_nothing():
    line = Line()
    for k in range(200):
        line.add(f"a{k}", "a", 10)
    for k in range(200):
        assert line.remove(f"a{k}")
    line.add("a", "a", 10)
    line.add("b", "b", 10)
    assert [(one.job, one.start) for one in line.order()] == [("a", 0), ("b", 0)]
