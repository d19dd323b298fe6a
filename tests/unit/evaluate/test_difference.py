from __future__ import annotations

import pytest

from unfog.evaluate.difference import difference
from unfog.evaluate.faithfulness import wilson


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), 873, table II, method 10
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_intervals_of_the_literature(a, m, b, n, low, high):
    found = difference(wilson(a, m), wilson(b, n))
    assert found.value == pytest.approx(a / m - b / n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)
    assert found.n == min(m, n)


def test_it_changes_sign_with_its_order():
    one, other = wilson(41, 50), wilson(60, 90)
    there, back = difference(one, other), difference(other, one)
    assert (back.value, back.low, back.high) == pytest.approx((-there.value, -there.high, -there.low))
