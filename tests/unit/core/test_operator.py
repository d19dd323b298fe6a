"""Linear measurements against their matrices, which small pictures have."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import f64, gauss
from torch import Tensor

from unfog.core.blur import Blur, gaussian, outer
from unfog.core.jpeg import Jpeg
from unfog.core.krylov import function_of
from unfog.core.operator import Chain, Downsample, Grey, Known, Operator, matrix_of, pinv, solve
from unfog.util.errors import UsageError

SHAPE = (3, 4, 6)
LOPSIDED = gauss(1, 3, 2)
OPERATORS: dict[str, Operator] = {
    "known": Known((gauss(2, 1, 4, 6) > 0).double()),
    "weights": Known(gauss(3, 3, 4, 6)),
    "downsample": Downsample(2),
    "grey": Grey(),
    "blur": Blur(gaussian(0.7)),
    "wide blur": Blur(gaussian(2.5)),
    "circular blur": Blur(LOPSIDED, "circular"),
    "blur and downsample": Chain((Blur(gaussian(0.7)), Downsample(2)), iterations=18),
    "grey, blur, known": Chain(
        (Grey(), Blur(gaussian(0.5)), Known((gauss(4, 1, 4, 6) > -0.5).double())), iterations=24
    ),
    "one alone": Chain((Downsample(2),)),
}
WIDE = {"jpeg": Jpeg(50, (4, 6), iterations=80)}  # its numbers are levels of a file, not near 1
EVERY = pytest.mark.parametrize("name", [*OPERATORS, *WIDE])


def matrices(operator: Operator) -> tuple[Tensor, Tensor]:
    """A, and a seen sample to measure with."""
    a = matrix_of(operator.forward, SHAPE, dtype=torch.float64)
    return a, operator.forward(gauss(5, 2, *SHAPE))


@EVERY
def test_the_adjoint_is_the_transpose(name: str):
    operator = (OPERATORS | WIDE)[name]
    a, y = matrices(operator)
    transposed = matrix_of(operator.adjoint, tuple(y.shape[1:]), dtype=torch.float64)
    assert (transposed - a.mT).abs().max() <= 1e-13


@EVERY
def test_both_inverses(name: str):
    """Of noisy measurements, with a variance per sample, and the pseudo-inverse, against those of the matrix."""
    operator = (OPERATORS | WIDE)[name]
    a, y = matrices(operator)
    v, r2, s2 = gauss(6, *y.shape), f64(0.3, 2.0), f64(0.05, 0.01)
    found = solve(operator, v, r2, s2).flatten(1)
    for i in range(2):
        expected = torch.linalg.solve(r2[i] * a @ a.mT + s2[i] * torch.eye(len(a), dtype=torch.float64), v[i].flatten())
        assert (found[i] - expected).abs().max() <= 1e-6 * expected.abs().max()
    smallest = torch.linalg.pinv(a, rtol=1e-3) @ y.flatten(1).mT
    assert (pinv(operator, y).flatten(1).mT - smallest).abs().max() <= 1e-5


@EVERY
def test_what_is_put_back_is_seen(name: str):
    """A A^+ y = y, for what was seen of a picture."""
    operator = (OPERATORS | WIDE)[name]
    _, y = matrices(operator)
    assert (operator.forward(pinv(operator, y)) - y).abs().max() <= (2e-3 if "wide" in name else 1e-6)


def test_every_sample_alone():
    chain = OPERATORS["blur and downsample"]
    v, r2 = gauss(7, 3, 3, 2, 3), f64(0.1, 0.5, 3.0)
    together = solve(chain, v, r2, 0.01)
    for i in range(3):
        assert (solve(chain, v[i : i + 1], r2[i : i + 1], 0.01)[0] - together[i]).abs().max() <= 1e-11


def test_blur_keeps_flat_pictures_and_mirrors_at_the_border():
    """The mean stays; a bright corner spreads onto itself, where circular it would come out at the other side."""
    flat = torch.full((1, 1, 5, 7), 0.3, dtype=torch.float64)
    assert (Blur(gaussian(1.3)).forward(flat) - flat).abs().max() <= 1e-12
    spot = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    spot[..., 0, 0] = 1
    kernel = outer([f64(0.25, 0.5, 0.25)] * 2)
    mirrored, circular = Blur(kernel).forward(spot)[0, 0], Blur(kernel, "circular").forward(spot)[0, 0]
    assert abs(mirrored[0, 0].item() - 0.75**2) <= 1e-12
    assert abs(mirrored[1, 1].item() - 0.25**2) <= 1e-12
    assert abs(circular[8, 8].item() - 0.25**2) <= 1e-12
    assert abs(mirrored[8, 8].item()) <= 1e-12
    assert mirrored.sum().item() == pytest.approx(1, abs=1e-12)


def test_single_precision_is_kept():
    for operator in OPERATORS.values():
        x = gauss(8, 2, *SHAPE).float()
        y = operator.forward(x)
        assert y.dtype == operator.adjoint(y).dtype == torch.float32
        wide = operator.forward(x.double())
        assert (solve(operator, y, 0.25, 0.01) - solve(operator, wide, 0.25, 0.01)).abs().max() <= 1e-3


def test_functions_of_a_matrix():
    """As soon as there are as many iterations as different eigenvalues; a zero stays zero."""
    basis = torch.linalg.qr(gauss(9, 6, 6))[0]
    matrix = basis @ torch.diag(f64(0, 1, 1, 1, 4, 4)) @ basis.mT
    root = basis @ torch.diag(f64(0, 1, 1, 1, 2, 2)) @ basis.mT
    v = gauss(10, 3, 6)
    v[1] = 0
    for iterations in (3, 6, 20):
        found = function_of(lambda u: u @ matrix, lambda e: e.clamp(min=0).sqrt(), v, iterations)
        assert (found - v @ root).abs().max() <= 1e-7
    few = function_of(lambda u: u @ matrix, lambda e: e.clamp(min=0).sqrt(), v, 2)
    assert 1e-3 <= (few - v @ root).abs().max() <= 1


def test_what_cannot_be_is_said():
    with pytest.raises(UsageError, match=r"multiples of 4 .* got \(4, 6\)"):
        Downsample(4).forward(gauss(5, 1, *SHAPE))
    with pytest.raises(UsageError, match="1 or more, got 0"):
        Downsample(0)
    with pytest.raises(UsageError, match="use boundary 'circular'"):
        Blur(LOPSIDED)
    with pytest.raises(UsageError, match="positive, got 0"):
        gaussian(0)
