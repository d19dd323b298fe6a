"""Nodes and trust of ``trig_multistep`` for few steps, learned together from exact solutions.

``tools/fit_multistep.py`` moved both by gradients through whole runs, on random sets of points and random mixtures of
deviation about 0.5 (pixels in [-1, 1]), until the sampler came nearest to where their flows end. The problems on which
samplers are compared (evaluate/problems.py) are not among them. Nodes that came nearer than ``LEAST_GAP`` in lam, and
neighbouring gaps that differed by more than a factor of ``UNEVEN``, were led back: without that they do better on exact
denoisers, and several times worse on a network (docs/LOG.md).

Trust belongs to its nodes and to the whole way: read off between tables, or on a part of the way, it does harm. Where
there is no table the grid is ``fitted`` (core/fitted.py), whose nodes were fitted to the sampler without trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unfog.core.fitted import TOP

NEAR = 1e-3  # relative, by which levels are the same
LEAST_GAP, UNEVEN = 0.28, 2.2  # the gap for 12 steps and fewer; for n more 4/(n + 1)
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Learned:
    """What was learned for n steps: n - 1 levels, and a row for each node where a step begins.

    Fields:
        levels: sigma/alpha of the inner nodes; before them stands ``TOP``, after them 0.
        correct: trust of the correction there, in what the 2nd, 3rd, ... value adds; none at the first node, which
            is not corrected, and the last, where the estimate is returned.
        predict: trust of the prediction from there; none at the last node.
        follow: how far the slope follows the correction.
    """

    levels: tuple[float, ...]
    correct: Rows
    predict: Rows
    follow: tuple[float, ...]


LEARNED: dict[int, Learned] = {
    5: Learned(
        levels=(2.9526, 1.3069, 0.75806, 0.1981),
        correct=(
            (),
            (1.191,),
            (0.912, 0.024),
            (1.542, 0.364, 0.256),
            (),
        ),
        predict=(
            (),
            (1.326,),
            (0.956, 2.122),
            (0.249, -0.128, 0.145),
            (),
        ),
        follow=(0.0, -0.269, -0.01, 0.373, 0.0),
    ),
    8: Learned(
        levels=(4.5755, 1.8426, 1.1983, 0.85418, 0.64699, 0.38815, 0.1233),
        correct=(
            (),
            (1.056,),
            (1.029, 0.874),
            (1.022, 1.173, 0.537),
            (1.073, 0.757, 0.495, -0.753),
            (1.342, 0.789, 0.348, -0.442),
            (0.151, 1.205, 0.754, -0.129),
            (),
        ),
        predict=(
            (),
            (1.177,),
            (0.921, 1.615),
            (1.01, 0.732, 1.001),
            (0.783, 1.282, 0.666, 0.717),
            (1.089, 0.499, 0.043, 0.473),
            (0.168, 0.069, 0.037, -0.015),
            (),
        ),
        follow=(0.0, 0.373, 1.078, 2.172, 0.845, 0.443, 0.006, 0.0),
    ),
    12: Learned(
        levels=(6.9963, 3.0356, 1.9722, 1.4888, 1.1277, 0.85844, 0.65424, 0.4974, 0.37557, 0.20126, 0.050635),
        correct=(
            (),
            (1.086,),
            (1.029, 1.195),
            (0.969, 1.149, 0.936),
            (0.993, 1.047, 0.637, -0.308),
            (0.995, 1.007, 0.653, 0.077),
            (0.994, 0.901, 0.711, -0.298),
            (1.278, 0.527, 0.318, -1.305),
            (1.675, 0.361, 0.18, -0.982),
            (-0.126, 1.509, 1.16, 0.117),
            (0.275, 0.818, 1.501, 0.518),
            (),
        ),
        predict=(
            (),
            (1.122,),
            (0.958, 1.258),
            (0.864, 1.048, 0.302),
            (0.95, 1.192, 0.15, 0.042),
            (1.046, 1.095, 0.445, 0.422),
            (1.052, 1.216, 0.504, 0.681),
            (0.749, 0.862, 0.271, 1.101),
            (1.421, 1.521, 0.747, 0.644),
            (0.487, 0.208, 0.029, 0.067),
            (0.501, 0.118, -0.02, 0.026),
            (),
        ),
        follow=(0.0, 0.073, 0.024, 0.209, 0.829, 0.839, 1.381, 0.702, 0.339, 0.383, 0.004, 0.0),
    ),
    20: Learned(
        levels=(
            8.6692,
            3.6414,
            2.3356,
            1.8156,
            1.4468,
            1.1948,
            0.98821,
            0.81804,
            0.67721,
            0.56127,
            0.46451,
            0.38434,
            0.31772,
            0.25286,
            0.18407,
            0.11894,
            0.075063,
            0.038401,
            0.011057,
        ),
        correct=(
            (),
            (1.033,),
            (1.008, 1.088),
            (0.994, 1.027, 0.925),
            (0.994, 1.016, 0.934, 0.01),
            (1.007, 1.029, 0.97, -0.047),
            (1.008, 1.064, 0.916, -0.064),
            (0.997, 1.073, 0.838, -0.078),
            (0.992, 0.99, 0.714, -0.144),
            (1.088, 0.695, 0.403, -0.511),
            (0.851, 0.933, 0.48, -0.686),
            (1.08, 0.647, 0.224, -0.606),
            (1.022, 1.128, 0.429, -0.57),
            (0.821, 1.068, 0.731, -0.103),
            (0.918, 0.913, 0.887, 0.259),
            (0.978, 0.855, 0.968, 0.041),
            (1.016, 0.946, 1.037, 0.047),
            (1.042, 0.98, 0.953, -0.036),
            (0.962, 1.064, 1.178, 0.136),
            (),
        ),
        predict=(
            (),
            (1.1,),
            (1.035, 1.139),
            (0.978, 1.072, 0.083),
            (0.932, 1.044, 0.097, 0.074),
            (0.959, 1.126, 0.218, 0.102),
            (0.98, 1.136, 0.299, 0.161),
            (0.998, 1.14, 0.478, 0.353),
            (1.051, 1.192, 0.629, 0.493),
            (1.109, 1.344, 0.818, 0.648),
            (0.709, 1.159, 0.835, 0.765),
            (1.403, 1.894, 1.228, 0.727),
            (1.013, 1.334, 0.817, 0.38),
            (1.042, 1.128, 0.543, 0.037),
            (1.14, 1.181, 0.417, -0.12),
            (1.023, 1.271, 0.258, 0.08),
            (1.126, 1.167, 0.091, -0.134),
            (1.044, 1.021, -0.341, -0.204),
            (0.96, -0.06, -0.177, -0.137),
            (),
        ),
        follow=(
            0.0,
            0.023,
            0.004,
            0.023,
            0.036,
            0.042,
            0.112,
            0.311,
            0.511,
            0.765,
            0.738,
            0.698,
            0.569,
            0.222,
            0.087,
            0.067,
            -0.072,
            -0.002,
            -0.213,
            0.0,
        ),
    ),
}


def learned_at(passed: Sequence[float]) -> Learned | None:
    """What was learned with nodes of these sigma/alpha, of which the last is 0; ``None``: nothing."""
    found = LEARNED.get(len(passed) - 1)
    if found is None or passed[0] < TOP * (1 - NEAR) or passed[-1] > 0:
        return None
    return found if all(abs(a / b - 1) < NEAR for a, b in zip(passed[1:-1], found.levels, strict=True)) else None
