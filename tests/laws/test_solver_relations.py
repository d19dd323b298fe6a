"""What multistep, two-stage and SDE samplers must equal: each other, or their published form written down again."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from tests.support.noises import Bare, Seeded, cheap, response
from tests.support.problems import f64, gauss, nodes_at, smooth_mixture, start, two_humps, wide_mixture
from torch import Tensor

from unfog.core.grid import log_snr, rf_shift, vp_time
from unfog.core.oracle import endpoint
from unfog.core.process import Process
from unfog.core.schedule import VE, Flow, VPLinear
from unfog.samplers.adaptive import adaptive
from unfog.samplers.ddpm import ddpm, large, small
from unfog.samplers.deis import deis
from unfog.samplers.dpm2 import dpm2
from unfog.samplers.dpm2_ancestral import dpm2_ancestral
from unfog.samplers.dpmpp_2m import dpmpp_2m
from unfog.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from unfog.samplers.dpmpp_2s import dpmpp_2s
from unfog.samplers.dpmpp_2s_ancestral import dpmpp_2s_ancestral
from unfog.samplers.dpmpp_3m import dpmpp_3m
from unfog.samplers.dpmpp_3m_sde import dpmpp_3m_sde
from unfog.samplers.dpmpp_sde import dpmpp_sde
from unfog.samplers.er_sde import er_sde
from unfog.samplers.euler import euler
from unfog.samplers.exp_ab import exp_ab
from unfog.samplers.heun import heun
from unfog.samplers.ipndm import ipndm
from unfog.samplers.lcm import lcm
from unfog.samplers.lms import lms
from unfog.samplers.multistep import exact, weights
from unfog.samplers.plms import plms
from unfog.samplers.res_multistep import res_multistep
from unfog.samplers.restart import restart
from unfog.samplers.sa_solver import sa_solver
from unfog.samplers.step import last
from unfog.samplers.unipc import unipc
from unfog.util.errors import UsageError
from unfog.util.random import Draw


def end(run: Bare, n: int = 9, **options: Any) -> Tensor:
    """Where a sampler ends from pure noise on rectified flow, which starts at alpha = 0."""
    process = Process(Flow())
    x, ts = start(process, 3, 30), rf_shift(process, n)
    return last(run(wide_mixture().denoise(process), process, x, ts, noise=cheap(3, 30), **options)).x


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((unipc, {"order": 3, "corrector": False}), (dpmpp_3m, {"variant": "exact"})),
        ((dpmpp_2m_sde, {"eta": 0.0}), (dpmpp_2m, {})),
        ((dpmpp_2m_sde, {"eta": 0.0, "variant": "heun"}), (exp_ab, {"order": 2})),
        ((dpmpp_3m_sde, {"eta": 0.0, "variant": "exact"}), (exp_ab, {"order": 3})),
        ((res_multistep, {}), (exp_ab, {"order": 2})),
        ((exp_ab, {"order": 1}), (euler, {})),
        ((sa_solver, {"tau": 0.0, "predictor": 4, "corrector": 0}), (exp_ab, {"order": 4})),
        ((sa_solver, {"tau": 0.0, "corrector": 3, "variant": "published"}), (unipc, {"solver": "bh1"})),
        ((lms, {"order": 1}), (euler, {})),
        ((ipndm, {"order": 1}), (euler, {})),
        ((deis, {"order": 1}), (euler, {})),
        ((er_sde, {"order": 1, "flow": True}), (euler, {})),
        ((dpm2_ancestral, {"eta": 0.0}), (dpm2, {})),
        ((dpmpp_2s_ancestral, {"eta": 0.0}), (dpmpp_2s, {})),
        ((dpmpp_sde, {"eta": 0.0}), (dpmpp_2s, {})),
        ((restart, {"times": 0}), (heun, {})),
        ((restart, {"between": (0.1, 0.11)}), (heun, {})),
        ((heun, {"churn": 40.0, "between": (1e6, 1e7)}), (heun, {})),
    ],
    ids=lambda side: f"{side[0].__name__} {side[1]}",
)
def test_the_same_method(one: tuple[Bare, dict[str, Any]], other: tuple[Bare, dict[str, Any]]) -> None:
    assert (end(one[0], **one[1]) - end(other[0], **other[1])).abs().max() <= 1e-11


def test_different_methods_differ() -> None:
    """Else the test above could not fail."""
    ends = [
        end(euler),
        end(exp_ab),
        end(exp_ab, order=4),
        end(dpmpp_2m),
        end(dpmpp_3m),
        end(dpmpp_3m, variant="exact"),
        end(unipc),
        end(unipc, solver="bh1"),
        end(lms),
        end(ipndm),
        end(deis),
        end(heun),
        end(dpm2),
        end(dpmpp_2s),
        end(heun, churn=5.0),
        end(sa_solver),
        end(sa_solver, variant="published"),
        end(dpmpp_2m_sde),
        end(dpmpp_3m_sde),
        end(er_sde),
    ]
    assert min((a - b).abs().max().item() for k, a in enumerate(ends) for b in ends[:k]) >= 1e-6


@pytest.mark.parametrize("h", [1e-6, 0.03, 0.7, 0.99, 1.01, 4.0, 30.0])
def test_moments_are_the_integrals(h: float) -> None:
    """Against 200-point Gauss-Legendre; also where the recursion would lose all digits."""
    places, shares = np.polynomial.legendre.leggauss(200)
    v = 0.5 * (places + 1)
    for k, found in enumerate(exact(h, 5), start=1):
        assert found == pytest.approx(float((0.5 * shares * h * np.exp(-h * (1 - v)) * v**k).sum()), rel=1e-11)


def test_weights_integrate_polynomials() -> None:
    """sum_j c_j r_j^k = M_k for any polynomial that vanishes at 0."""
    places, moments = [-0.7, -2.2, -2.9, 1.0], exact(0.8, 4)
    c = weights(places, moments)
    for k, moment in enumerate(moments, start=1):
        assert sum(w * r**k for w, r in zip(c, places, strict=True)) == pytest.approx(moment, abs=1e-12)


@pytest.mark.parametrize(
    ("variant", "low", "high"),
    [("published", 1.9, 2.1), pytest.param("exact", 2.85, 3.3, marks=pytest.mark.slow)],
)
def test_published_3m_is_second_order(variant: str, low: float, high: float) -> None:
    """The factor of M_2 is all there is between the orders; at 12 steps the published one is not worse."""
    process = Process(Flow())
    denoise = two_humps(process)
    t, s = process.time_at(f64(-4.4, 6.2)).tolist()
    x = gauss(3, 7, 3) * t
    goal = endpoint(denoise, process, x, t, s, steps=600)
    errors = []
    for n in (320, 640):
        ts = nodes_at(process, torch.linspace(-4.4, 6.2, n + 1, dtype=torch.float64), to_zero=False)
        errors.append((last(dpmpp_3m(denoise, process, x, ts, variant=variant)).x - goal).square().mean().sqrt().item())
    assert low <= math.log2(errors[0] / errors[1]) <= high


def test_lms_and_deis_integrate_lagrange_polynomials() -> None:
    """VE units, C_j by adaptive-free brute force: 4000 midpoints in log sigma of numpy's interpolation."""
    process = Process(VE())
    denoise, ts = smooth_mixture().denoise(process), log_snr(process, 7)
    sigmas = process.sigma(ts).tolist()

    def tau(sigma: np.ndarray) -> np.ndarray:
        first, decay = 1e-3, np.log1p(np.array([0.002, 80.0]) ** 2)
        b_d = 2 * (decay[0] / first - decay[1]) / (first - 1)
        b_m = decay[1] - b_d / 2
        return (np.sqrt(b_m**2 + 2 * b_d * np.log1p(sigma**2)) - b_m) / b_d

    for run, place, order in ((lms, lambda s: s, 4), (deis, tau, 3), (partial(deis, space="log_rho"), np.log, 3)):
        x, past = gauss(3, 5, 3) * 80.0, list[tuple[float, Tensor]]()
        for i, (a, b) in enumerate(pairwise(sigmas)):
            x0 = denoise(x, ts[i].expand(5))
            past = [(a, (x - x0) / a), *past][: min(order, i + 1, 7 - i)]
            if b == 0:
                x = x0
                continue
            edges = np.exp(np.linspace(math.log(a), math.log(b), 4001))
            points, widths = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
            at = [float(place(np.array(s))) for s, _ in past]
            for j, (_, eps) in enumerate(past):
                basis = np.ones_like(points)
                for k in range(len(past)):
                    if k != j:
                        basis *= (place(points) - at[k]) / (at[j] - at[k])
                x = x + float((basis * widths).sum()) * eps
        found = last(run(denoise, process, gauss(3, 5, 3) * 80.0, ts)).x
        assert (found - x).abs().max() <= 2e-5


def test_ipndm_has_the_published_coefficients_and_plms_starts_with_heun() -> None:
    process = Process(VE())
    denoise, ts = smooth_mixture().denoise(process), log_snr(process, 6)
    sigmas, table = process.sigma(ts).tolist(), {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12]}
    x, past = gauss(3, 5, 3) * 80.0, list[Tensor]()
    for i, (a, b) in enumerate(pairwise(sigmas)):
        past = [(x - denoise(x, ts[i].expand(5))) / a, *past]
        used = table[min(3, i + 1, 6 - i)]
        x = x + (b - a) * sum(c * eps for c, eps in zip(used, past, strict=False))
    assert (last(ipndm(denoise, process, gauss(3, 5, 3) * 80.0, ts, order=3)).x - x).abs().max() <= 1e-10
    first = [next(run(denoise, process, gauss(3, 5, 3) * 80.0, ts)).x for run in (plms, heun)]
    assert (first[0] - first[1]).abs().max() <= 1e-11


def test_er_sde_is_its_published_form() -> None:
    """VE units, the integrals as 20000 rectangles; noise of one step at a time, so that paths do not matter."""
    process = Process(VE())
    denoise, ts = smooth_mixture().denoise(process), log_snr(process, 6)
    sigmas = process.sigma(ts).tolist()

    def phi(s: np.ndarray) -> np.ndarray:
        return s * (np.exp(s**0.3) + 10)

    steps = list(er_sde(denoise, process, gauss(3, 5, 3) * 80.0, ts, noise=lambda *_: torch.zeros(5, 3).double()))
    x, past = gauss(3, 5, 3) * 80.0, list[tuple[float, Tensor, Tensor]]()
    for i, (a, b) in enumerate(pairwise(sigmas)):
        x0 = denoise(x, ts[i].expand(5))
        ends = np.array([a, b])
        r = float(phi(ends)[1] / phi(ends)[0]) if b > 0 else 0.0
        x = r * x + (1 - r) * x0
        slope = (x0 - past[0][1]) / (a - past[0][0]) if past else torch.zeros_like(x0)
        if b > 0 and past:
            edges = np.linspace(b, a, 20001)
            s = 0.5 * (edges[1:] + edges[:-1])
            width, end_phi = (a - b) / 20000, float(phi(np.array(b)))
            x = x + (b - a + end_phi * float((width / phi(s)).sum())) * slope
            if len(past) > 1:
                bend = 2 * (slope - past[0][2]) / (a - past[1][0])
                x = x + ((b - a) ** 2 / 2 + end_phi * float((width * (s - a) / phi(s)).sum())) * bend
        past = [(a, x0, slope), *past]
        assert (steps[i].x - x).abs().max() <= 1e-5 * max(1.0, b)
    assert (1 - (response(er_sde, process, 0.7, 0.09, log_snr(process, 80))[1] / 0.09)) <= 0.01


def test_dpmpp_sde_is_k_diffusions() -> None:
    """VE units, ancestral steps to the middle and to the end."""
    process, noise = Process(VE()), cheap(5, 3)
    denoise = smooth_mixture().denoise(process)
    ts = nodes_at(process, f64(-1.0, -0.2), to_zero=False)
    a, b = process.sigma(ts).tolist()
    m = math.sqrt(a * b)

    def parts(end: float) -> tuple[float, float]:
        up = math.sqrt(end**2 * (a**2 - end**2) / a**2)
        return math.sqrt(end**2 - up**2), up

    from unfog.samplers.brownian import Path
    from unfog.samplers.step import nodes

    one, two = nodes(process, ts)
    middle = nodes(process, nodes_at(process, f64(-1.0, -0.6), to_zero=False))[1]
    path, x = Path(noise), gauss(3, 5, 3) * a
    d = denoise(x, ts[:1].expand(5))
    down, up = parts(m)
    y = (down / a) * x + (1 - down / a) * d + up * path.between(one, middle)
    d = denoise(y, torch.full((5,), middle.t, dtype=torch.float64))
    down, up = parts(b)
    wanted = (down / a) * x + (1 - down / a) * d + up * path.between(one, two)
    assert (last(dpmpp_sde(denoise, process, x, ts, noise=noise)).x - wanted).abs().max() <= 1e-9


def test_churn_is_algorithm_2_of_karras_et_al() -> None:
    process, noise = Process(VE()), cheap(5, 3)
    denoise = smooth_mixture().denoise(process)
    ts = nodes_at(process, f64(-1.0, -0.2), to_zero=False)
    (a, b), x = process.sigma(ts).tolist(), gauss(3, 5, 3) * math.e
    up = a * (1 + 0.3)
    wanted = x + 1.007 * math.sqrt(up**2 - a**2) * noise(0, Draw.CHURN)
    d = (wanted - denoise(wanted, process.time_at(f64(-math.log(up))).expand(5))) / up
    y = wanted + (b - up) * d
    wanted = wanted + (b - up) * (d + (y - denoise(y, ts[1:].expand(5))) / b) / 2
    found = last(heun(denoise, process, x, ts, churn=0.3, strength=1.007, noise=noise)).x
    assert (found - wanted).abs().max() <= 1e-10


def test_restarts_contract_errors() -> None:
    """A start that is wrong by a shift: what is left of it after one and three repetitions."""
    process, n = Process(VE()), 18
    spread = [response(restart, process, 0.7, 0.09, log_snr(process, n))[1]]
    denoise, ts = two_humps(process), log_snr(process, n)
    gaps, many = [], Seeded(400, 1)
    for times in (0, 1, 4):
        x = start(process, 400, 1, index=5) / 80
        runs = [
            last(restart(denoise, process, 80 * (x + off), ts, times=times, between=(0.1, 4.0), noise=many)).x
            for off in (0.0, 0.4)
        ]
        gaps.append(abs(runs[0].mean().item() - runs[1].mean().item()))
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2]
    assert spread[0] == pytest.approx(0.09, rel=0.15)


def test_lcm_draws_from_the_data_if_the_model_is_consistent() -> None:
    """The flow's end of a Gaussian in closed form; with an ordinary denoiser the spread is lost."""
    process, mean, v = Process(VE(sigma_max=80.0)), 0.7, 0.09

    def consistent(x: Tensor, t: Tensor) -> Tensor:
        sigma = process.sigma(t[:1])
        return mean + (x - mean) * math.sqrt(v) / torch.sqrt(v + sigma**2)

    found = []
    for n in (1, 2, 7):
        keys = torch.eye(n + 1, dtype=torch.float64)[..., None]
        x = mean + math.sqrt(v + 80.0**2) * keys[0]
        run = lcm(consistent, process, x, log_snr(process, n), noise=lambda step, _, keys=keys: keys[1 + step])
        found.append((last(run).x - mean).square().sum().item())
    assert found == pytest.approx([v] * 3, rel=1e-4)
    assert response(lcm, process, mean, v, log_snr(process, 7))[1] < 0.5 * v


def test_a_learned_variance_lies_between_the_two() -> None:
    process, ts = Process(VPLinear()), f64(0.8, 0.6)
    x, z = gauss(1, 2, 3), gauss(2, 2, 3)

    def found(**options: Any) -> Tensor:
        return last(ddpm(lambda x, _: 0.3 * x, process, x, ts, noise=lambda *_: z, **options)).x

    plain = found(variance=lambda _process, t, _s: 0 * t)
    for v, known in ((0.0, small), (1.0, large)):
        learned = found(learned=lambda x, _, v=v: torch.full_like(x, v))
        assert (learned - found(variance=known)).abs().max() <= 1e-12
    half = (found(learned=lambda x, _: torch.full_like(x, 0.5)) - plain) / z
    both = [(found(variance=known) - plain) / z for known in (small, large)]
    assert (half - (both[0] * both[1]).sqrt()).abs().max() <= 1e-12


def test_adaptive_spends_where_it_is_difficult() -> None:
    """A tighter tolerance costs more; calls stay moderate; a loose one is a few steps of third order."""
    process, calls = Process(Flow()), []
    for tol in (1e-2, 1e-3, 1e-4):
        count = [0]

        def denoise(x: Tensor, t: Tensor, count: list[int] = count) -> Tensor:
            count[0] += 1
            return two_humps(process)(x, t)

        ts = nodes_at(process, f64(-4.0, 5.0), to_zero=False)
        last(adaptive(denoise, process, gauss(3, 7, 3), ts, rtol=tol, atol=tol))
        calls.append(count[0])
    assert calls == sorted(calls)
    assert 20 <= calls[0] < calls[2] <= 400


@pytest.mark.parametrize(
    ("run", "options", "said"),
    [
        (exp_ab, {"order": 5}, "exp_ab has order 1, 2, 3 or 4, got 5"),
        (lms, {"order": 0}, "lms has order"),
        (ipndm, {"order": 5}, "ipndm has order"),
        (deis, {"order": 5}, "deis has order"),
        (deis, {"space": "rho"}, "vp_time and log_rho, got 'rho'"),
        (er_sde, {"order": 4}, "er_sde has order"),
        (dpmpp_3m, {"variant": "third"}, "published and exact, got 'third'"),
        (dpmpp_3m_sde, {"variant": "third"}, "published and exact, got 'third'"),
        (dpmpp_2m_sde, {"variant": "third"}, "midpoint and heun, got 'third'"),
        (unipc, {"solver": "bh3"}, "bh1 and bh2, got 'bh3'"),
        (sa_solver, {"variant": "third"}, "sa_solver has the variants"),
        (sa_solver, {"corrector": 1}, "corrector 0 or 2 to 4, got 2 and 1"),
        (restart, {"times": -1}, "0 times or more, got -1"),
        (adaptive, {"rtol": 0.0}, "are positive, got rtol 0.0"),
        (dpm2_ancestral, {"eta": -1.0}, "eta must be 0"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_options_out_of_range_are_refused(run: Bare, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        end(run, 2, **options)


def test_vp_time_is_the_time_of_deis() -> None:
    """The grid's nodes are equally spaced in the root of deis' tau."""
    from unfog.samplers.deis import vp_time_of

    process = Process(VE())
    roots = [math.sqrt(vp_time_of(sigma)) for sigma in process.sigma(vp_time(process, 6)).tolist()[:-1]]
    assert np.diff(roots, 2) == pytest.approx([0.0] * 4, abs=1e-12)
    assert (roots[0], roots[-1]) == pytest.approx((1.0, math.sqrt(1e-3)), rel=1e-9)
