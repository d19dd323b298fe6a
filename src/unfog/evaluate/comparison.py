"""Two measured distances side by side, if they may stand there.

A distance between distributions has a bias that depends on the number of samples, and a meaning that depends on the
features and on the renders it was measured against. Values that differ in one of these are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from unfog.util.errors import UsageError


@dataclass(frozen=True)
class Distance:
    """A distance of n generated pictures from n renders.

    Attributes:
        name: of the measure, with that of its features.
        features: sha256 of the model that the features are from.
        reference: fingerprint of the renders.
        floor: the same distance between two disjoint sets of n renders: what a perfect model would reach.
    """

    name: str
    value: float
    floor: float
    n: int
    features: str
    reference: str


def compare(one: Distance, other: Distance) -> float:
    """``one.value - other.value``; below 0, ``one`` is nearer to the renders.

    Raises:
        UsageError: unlike measures, features, references or numbers of samples.
    """
    for what, a, b in (
        ("measures", one.name, other.name),
        ("features", one.features, other.features),
        ("references", one.reference, other.reference),
        ("sample counts", one.n, other.n),
    ):
        if a != b:
            raise UsageError(
                f"distances with unlike {what} do not compare: {a} and {b}; measure both with the same -n, --seed,"
                " --sprites and --words"
            )
    return one.value - other.value
