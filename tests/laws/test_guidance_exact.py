"""Every registered guidance against a number that only it gets right; one that is added without such a law fails."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from tests.support.attentive import Attentive
from tests.support.problems import at, f64, gauss, start, wide_mixture
from tests.support.restoring import RESTORING
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise, bound
from unfog.core.grid import rf_shift
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import Cosine, Flow, VPLinear
from unfog.guidance import GUIDANCES
from unfog.guidance.apg import projected
from unfog.guidance.auto import auto
from unfog.guidance.cfg import cfg, linear
from unfog.guidance.cfg_zero import zero_init, zero_star
from unfog.guidance.cfgpp import EXACT, cfgpp
from unfog.guidance.classifier import classifier
from unfog.guidance.compose import compose
from unfog.guidance.energy import cheap_energy, energy
from unfog.guidance.fdg import collapse, frequency, pyramid
from unfog.guidance.increasing import increasing
from unfog.guidance.interval import interval
from unfog.guidance.pag import pag
from unfog.guidance.palette import RIDGE, moments, palette
from unfog.guidance.perp_neg import perp_neg
from unfog.guidance.perturb import middle
from unfog.guidance.rescale import rescaled
from unfog.guidance.sag import sag
from unfog.guidance.seg import mean_query, seg
from unfog.guidance.slg import slg
from unfog.guidance.tcfg import tangential
from unfog.guidance.threshold import threshold
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.errors import UsageError
from unfog.util.shapes import like

PROCESS = Process(VPLinear())
T = f64(0.2, 0.5, 0.8)
X = gauss(3, 3, 30)


def label(value: int) -> Cond:
    return Cond(label=torch.tensor([value]))


def either(*denoisers: Denoise) -> Conditional:
    """One denoiser for each label."""

    def estimate(x: Tensor, t: Tensor, cond: Cond) -> Tensor:
        assert cond.label is not None
        rows = [denoisers[k](x[i : i + 1], t[i : i + 1]) for i, k in enumerate(cond.label.tolist())]
        return torch.cat(rows)

    return estimate


def from_log_density(log_p: Callable[[Tensor], Tensor], x: Tensor, t: Tensor, process: Process = PROCESS) -> Tensor:
    """Tweedie: (x + sigma^2 grad log p)/alpha, by differentiation."""
    leaf = x.clone().requires_grad_()
    (score,) = torch.autograd.grad(log_p(leaf).sum(), leaf)
    return (x + like(process.sigma(t), x) ** 2 * score) / like(process.alpha(t), x)


def dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).flatten(1).sum(1)


def classifier_free() -> None:
    """The labelled mixture: the score of p(x|c)^w p(x)^(1-w)."""
    mixture, w = wide_mixture(), 3.7
    log_c, log_u = mixture.only(2).log_density(PROCESS), mixture.log_density(PROCESS)
    wanted = from_log_density(lambda x: w * log_c(x, T) + (1 - w) * log_u(x, T), X, T)
    found = cfg(mixture.conditional(PROCESS), label(2), label(mixture.null), w)(X, T)
    assert (found - wanted).abs().max() <= 1e-11


def growing() -> None:
    """Published as a line in the number of the step."""
    process, n, mean = Process(Flow()), 101, 4.0
    dial = increasing(mean, process)
    published = 1 + 2 * (mean - 1) * torch.arange(n, dtype=torch.float64) / (n - 1)
    assert (dial(torch.linspace(1, 0, n, dtype=torch.float64)) - published).abs().max() <= 1e-14
    assert abs(dial(process.time_at(f64(0.7)))[0] - increasing(mean, PROCESS)(PROCESS.time_at(f64(0.7)))[0]) <= 1e-14
    denoiser = wide_mixture().conditional(PROCESS)
    found = cfg(denoiser, label(0), label(3), increasing(mean, PROCESS))(X, T)
    assert torch.equal(found, cfg(denoiser, label(0), label(3), increasing(mean, PROCESS)(T))(X, T))


def windowed() -> None:
    inside, outside = (lambda x, _: x + 1), (lambda x, _: x)
    lams = PROCESS.lam(T)
    found = interval(inside, outside, PROCESS, lams[1].item(), lams[0].item())(X, T) - X
    assert found.mean(1).round(decimals=12).tolist() == [0, 1, 0]  # closed below, open above


def contrast() -> None:
    cond, uncond = 0.5 * gauss(1, 3, 2, 5), 0.4 * gauss(2, 3, 2, 5)
    raw, found = linear(cond, uncond, 6.0), rescaled(0.7)(cond, uncond, 6.0)
    wanted = 0.7 * cond.flatten(1).std(1) + 0.3 * raw.flatten(1).std(1)
    assert (found.flatten(1).std(1) - wanted).abs().max() <= 1e-13


def thresholded() -> None:
    """Imagen's procedure; what lies within [-1, 1] is left alone."""
    raw = f64(0.3, 1.0, 4.0)[:, None, None] * gauss(6, 3, 2, 101).clamp(-3, 3)
    raw[0] = raw[0].clamp(-1, 1)
    found = threshold(lambda x, _: x, quantile=0.9)(raw, T)
    s = torch.quantile(raw.abs().flatten(1), 0.9, dim=1).clamp(min=1)[:, None, None]
    assert (found - raw.clamp(-s, s) / s).abs().max() <= 1e-15
    assert torch.equal(found[0], raw[0])
    assert raw[2].abs().max() > 5
    assert found.abs().max() <= 1
    with pytest.raises(UsageError, match=r"within 0\.\.1"):
        threshold(lambda x, _: x, quantile=1.1)


def renoised() -> None:
    """The published update, in noise-to-signal units, on a whole run; samplers of another form are refused."""
    strength, mixture = 0.6, wide_mixture()
    denoiser = mixture.conditional(PROCESS)
    ts = torch.cat([rf_shift(PROCESS, 6), f64(0.0)])  # a repeated node is no step
    x = start(PROCESS, 2, 30)
    y = x / PROCESS.alpha(ts[0])
    for t, s in pairwise(ts[:-1]):
        alpha = PROCESS.alpha(t)
        ratios = PROCESS.sigma(t) / alpha, PROCESS.sigma(s) / PROCESS.alpha(s)
        d_c, d_u = (denoiser(alpha * y, t.expand(2), label(k).expand(2)) for k in (1, 3))
        y = d_u + strength * (d_c - d_u) + ratios[1] * (y - d_u) / ratios[0]
    for sampler in SAMPLERS:
        if sampler in EXACT:
            guided = cfg(denoiser, label(1), label(3), cfgpp(strength, PROCESS, ts, sampler))
            assert (last(SAMPLERS[sampler].run(guided, PROCESS, x, ts)).x - y).abs().max() <= 1e-11
        else:
            with pytest.raises(UsageError, match="cannot express: use the sampler ddim or euler"):
                cfgpp(strength, PROCESS, ts, sampler)
    with pytest.raises(UsageError, match="another grid"):
        guided(x, at(0.123, 2))


def scaled_velocity() -> None:
    """Published on rectified flow, in velocities; nothing moves before ``zero_init`` allows it."""
    process, w = Process(Flow()), 4.0
    d_c, d_u, z = gauss(1, 3, 30), gauss(2, 3, 30), X
    v_c, v_u = (process.velocity(z, d, T) for d in (d_c, d_u))
    s = (dot(v_c, v_u) / dot(v_u, v_u))[:, None]
    wanted = z - T[:, None] * (s * v_u + w * (v_c - s * v_u))
    found = cfg(either(lambda *_: d_u[:1], lambda *_: d_c[:1]), label(1), label(0), w, anchor=zero_star(process))
    assert (found(z[:1], T[:1]) - wanted[:1]).abs().max() <= 1e-12
    assert (linear(d_c, zero_star(process)(z, T, d_c, d_u), w) - wanted).abs().max() <= 1e-12
    still = zero_init(lambda x, _: 0 * x, process, 0.0)(z, T)
    assert process.velocity(z, still, T)[2].abs().max() <= 1e-15
    assert still[:1].abs().max() == 0
    assert torch.equal(zero_init(lambda x, _: 0 * x, process, 9.0)(z, at(1.0, 3)), z)


def orthogonal() -> None:
    """At eta = 0 the update is orthogonal to D_c and all that is left out lies along it; eta = 1 is CFG."""
    cond, uncond = gauss(1, 3, 2, 5), gauss(2, 3, 2, 5)
    update = projected(0.0)(cond, uncond, 5.0) - cond
    assert dot(update, cond).abs().max() <= 1e-13
    rest = linear(cond, uncond, 5.0) - cond - update
    along = (dot(rest, cond) / dot(cond, cond))[:, None, None] * cond
    assert (rest - along).abs().max() <= 1e-13
    assert (projected(1.0)(cond, uncond, 5.0) - linear(cond, uncond, 5.0)).abs().max() <= 1e-14
    limited = projected(1.0, limit=0.2)(cond, uncond, 2.0) - cond
    assert (limited.flatten(1).square().mean(1).sqrt() - 0.2).abs().max() <= 1e-15
    assert (projected(1.0, limit=9.0)(cond, uncond, 5.0) - linear(cond, uncond, 5.0)).abs().max() <= 1e-14
    with pytest.raises(UsageError, match="above 0"):
        projected(limit=0.0)


def damped() -> None:
    """The published projection on the first right singular vector of the two noises."""
    d_c, d_u = gauss(1, 3, 30), gauss(2, 3, 30)
    eps_c, eps_u = PROCESS.eps(X, d_c, T), PROCESS.eps(X, d_u, T)
    _, _, v = torch.linalg.svd(torch.stack([eps_c, eps_u], 1), full_matrices=False)
    kept = dot(eps_u, v[:, 0])[:, None] * v[:, 0]
    wanted = (X - PROCESS.sigma(T)[:, None] * kept) / PROCESS.alpha(T)[:, None]
    found = tangential(PROCESS)(X, T, d_c, d_u)
    assert (found - wanted).abs().max() <= 1e-11
    process = Process(Flow())
    limit, near = (tangential(process)(X, at(t, 3), d_c, d_u) for t in (1.0, 1 - 1e-9))
    assert (limit - near).abs().max() <= 1e-7
    assert torch.equal(tangential(PROCESS)(X, T, d_c, d_c), d_c)


def by_frequency() -> None:
    """Equal weights are CFG; what is flat gets the coarse weight and what alternates the fine one."""
    for shape in ((3, 2, 13, 8), (3, 2, 7), (3, 2, 5, 3, 4), (3, 30)):
        cond, uncond = gauss(1, *shape), gauss(2, *shape)
        assert (frequency(1.0, levels=3)(cond, uncond, 4.0) - linear(cond, uncond, 4.0)).abs().max() <= 1e-13
        assert (collapse(pyramid(cond, 3)) - cond).abs().max() <= 1e-14
    flat, board = torch.ones(1, 1, 8, 8, dtype=torch.float64), 1.0 - 2.0 * (torch.arange(16) % 2).double()
    for coarse, levels in ((0.5, 2), (0.25, 3)):
        mix = frequency(coarse, levels)
        assert (mix(flat, 0 * flat, 5.0) - (1 + coarse * 4.0)).abs().max() <= 1e-14
    fine = frequency(0.0)(board.expand(1, 1, 8, 16), 0 * board.expand(1, 1, 8, 16), 5.0)[..., 4:-4]
    assert (fine - 5.0 * board[4:-4]).abs().max() <= 1e-14
    with pytest.raises(UsageError, match="2 levels"):
        frequency(levels=1)


def against_itself() -> None:
    """Good and bad play the roles of conditional and unconditional."""
    denoiser = wide_mixture().conditional(PROCESS)
    good, bad = bound(denoiser, label(1)), bound(denoiser, label(3))
    assert (auto(good, bad, 2.3)(X, T) - cfg(denoiser, label(1), label(3), 2.3)(X, T)).abs().max() <= 1e-13
    mixed = auto(good, bad, f64(2.0, 3.0, 4.0), rescaled(0.5))(X, T)
    assert (mixed - rescaled(0.5)(good(X, T), bad(X, T), f64(2.0, 3.0, 4.0))).abs().max() <= 1e-15


def unsalient() -> None:
    """Where all cells receive the same, nothing is salient, nothing blurred, nothing changed."""
    denoiser, x = Attentive(PROCESS), torch.zeros(2, 2, 16, 16, dtype=torch.float64)
    seen: dict[str, Tensor] = {}
    guided = lambda x, _: x + 1  # noqa: E731
    found = sag(guided, denoiser, label(0), 2.0, process=PROCESS, seen=seen)(x, T[:2])
    assert seen["mask"].sum() == 0
    assert (found - 1).abs().max() == 0


def perturbed() -> None:
    """PAG, SEG and SLG on one block whose attention can be written down: A := 1, A of the mean query, no block."""
    x = gauss(4, 3, 2, 12, 20)

    class Other(Attentive):
        def __init__(self, sees: Callable[[Tensor, Tensor], Tensor]) -> None:
            super().__init__(PROCESS)
            self.sees = sees

        def attend(self, cells: Tensor, probe: object) -> Tensor:
            mean = cells.mean(1, keepdim=True).expand_as(cells)
            return self.sees(cells, mean)

    def mean_asks(cells: Tensor, mean: Tensor) -> Tensor:
        heads = torch.stack([mean @ cells.mT, 3 * mean @ cells.roll(1, 2).mT], dim=1)
        return cells + ((4 * heads).softmax(-1) @ cells[:, None]).mean(1)

    denoiser, guided = Attentive(PROCESS), bound(Attentive(PROCESS), label(7))
    for make, sees in ((pag, lambda c, _: c + c), (seg, mean_asks), (slg, lambda c, _: c)):
        good, bad = (d(x, T, label(1).expand(3)) for d in (denoiser, Other(sees)))
        assert (good - bad).abs().max() >= 1e-3
        found = make(guided, denoiser, label(1), 2.5, ("core.0",))(x, T)
        assert (found - (guided(x, T) + 2.5 * (good - bad))).abs().max() <= 1e-12
        with pytest.raises(UsageError, match=r"no 'core\.9"):
            make(guided, denoiser, label(1), 2.5, ("core.0", "core.9"))(x, T)
        with pytest.raises(UsageError, match="no block"):
            make(guided, denoiser, label(1), 2.5, ())
    q, k = gauss(5, 2, 3, 7, 4), gauss(6, 2, 3, 7, 4)
    wanted = (q.mean(2, keepdim=True) @ k.mT).softmax(-1)
    assert (mean_query((q @ k.mT).softmax(-1)) - wanted).abs().max() <= 1e-15
    assert [middle(n) for n in (1, 3, 6)] == [("core.0",), ("core.1",), ("core.2", "core.3")]


def independent(first: int | None, second: int | None) -> GaussianMixture:
    """Two coordinates that know nothing of each other, each one of two Gaussians; a choice fixes a coordinate."""
    means, weights = f64(-0.6, 0.5), f64(0.3, 0.7)
    pairs = [(i, j) for i in (0, 1) for j in (0, 1) if first in (None, i) and second in (None, j)]
    return GaussianMixture(
        torch.stack([weights[i] * weights[j] for i, j in pairs]),
        torch.stack([torch.stack([means[i], means[j]]) for i, j in pairs]),
        f64([0.05, 0.1]).expand(len(pairs), 2),
    )


def both() -> None:
    """AND of independent conditions is the exact denoiser of their product."""
    denoiser = either(*(independent(*c).denoise(PROCESS) for c in ((None, None), (0, None), (None, 1))))
    x = gauss(7, 3, 2)
    found = compose(denoiser, [label(1), label(2)], [1.0, 1.0], label(0))(x, T)
    assert (found - independent(0, 1).denoise(PROCESS)(x, T)).abs().max() <= 1e-13
    alone = compose(denoiser, [label(1)], [3.0], label(0))(x, T)
    assert (alone - cfg(denoiser, label(1), label(0), 3.0)(x, T)).abs().max() <= 1e-13
    for conds, weights in (([], []), ([label(1)], [1.0, 2.0])):
        with pytest.raises(UsageError, match="one weight per condition"):
            compose(denoiser, conds, weights, label(0))


def without() -> None:
    """NOT: the score of p(x|c1)/p(x|c2)^w p(x)^w; what is asked for and denied cancels."""
    mixture, w = wide_mixture(), 0.7
    denoiser = mixture.conditional(PROCESS)
    parts = [m.log_density(PROCESS) for m in (mixture.only(0), mixture.only(2), mixture)]
    wanted = from_log_density(lambda x: parts[0](x, T) - w * parts[1](x, T) + w * parts[2](x, T), X, T)
    found = compose(denoiser, [label(0), label(2)], [1.0, -w], label(3))(X, T)
    assert (found - wanted).abs().max() <= 1e-11
    nothing = compose(denoiser, [label(0), label(0)], [2.0, -2.0], label(3))(X, T)
    assert (nothing - denoiser(X, T, label(3).expand(3))).abs().max() <= 1e-13


def only_perpendicular() -> None:
    """What is subtracted is orthogonal to the prompt's push; a negative along it does nothing, one across it all."""
    push, across, u = gauss(1, 1, 30), gauss(2, 1, 30), gauss(3, 1, 30)
    across = across - dot(across, push)[:, None] / dot(push, push)[:, None] * push
    wrong = 0.8 * push + across
    x, t = X[:1], T[:1]
    denoiser = either(lambda *_: u, lambda *_: u + push, lambda *_: u + wrong, lambda *_: u - 2 * push)
    guided = cfg(denoiser, label(1), label(0), 4.0)(x, t)
    found = perp_neg(denoiser, label(1), label(2), label(0), 4.0, weight=0.5)(x, t)
    assert (found - (guided - 4.0 * 0.5 * across)).abs().max() <= 1e-13
    assert dot(found - guided, push).abs().max() <= 1e-12
    assert (perp_neg(denoiser, label(1), label(3), label(0), 4.0)(x, t) - guided).abs().max() <= 1e-13


def classified() -> None:
    """With the exact classifier of the mixture's noisy samples: the exact conditional denoiser."""
    mixture = wide_mixture()
    for process in (PROCESS, Process(Flow()), Process(Cosine())):
        t = process.time_at(f64(-2.0, 0.0, 2.0))
        found = classifier(mixture.denoise(process), mixture.log_class(process, 1), 1.0, process)(X, t)
        assert (found - mixture.only(1).denoise(process)(X, t)).abs().max() <= 1e-11
    pure = classifier(mixture.denoise(process), mixture.log_class(process, 1), 1.0, process)(X, at(1.0, 3))
    assert torch.equal(pure, mixture.denoise(process)(X, at(1.0, 3)))
    with pytest.raises(UsageError, match="one number per sample"):
        classifier(mixture.denoise(process), lambda x, _: x, 1.0, process)(X, T)


def tilted() -> None:
    """A linear energy tilts a Gaussian into one of the same covariance C, its mean moved by C h."""
    basis, h = torch.linalg.qr(gauss(2, 5, 5))[0], gauss(3, 5)
    cov = basis @ torch.diag(f64(0.05, 0.1, 0.3, 0.6, 1.0)) @ basis.T
    prior, tilted = (GaussianMixture(f64(1.0), m[None], cov[None]) for m in (gauss(4, 5), gauss(4, 5) + 1.5 * cov @ h))
    x = gauss(5, 3, 5)
    found = energy(prior.denoise(PROCESS), lambda d: -(d @ h), 1.5, PROCESS)(x, T)
    assert (found - tilted.denoise(PROCESS)(x, T)).abs().max() <= 1e-12


def tilted_cheaply() -> None:
    """The same for data of one deviation in all directions, pure noise included."""
    process, h, mean = Process(Flow()), gauss(3, 5), gauss(4, 5)
    prior, tilted = (GaussianMixture(f64(1.0), m[None], f64([0.49] * 5)) for m in (mean, mean + 1.5 * 0.49 * h))
    x, t = gauss(5, 3, 5), f64(0.1, 0.6, 1.0)
    found = cheap_energy(prior.denoise(process), lambda d: -(d @ h), 1.5, process, sigma_data=0.7)(x, t)
    assert (found - tilted.denoise(process)(x, t)).abs().max() <= 1e-13


def recoloured() -> None:
    """The mean of the style, and the one symmetric positive A with A (C_D + r) A = C_S + r."""
    d, style = gauss(5, 3, 3, 13, 7), 0.3 * gauss(6, 1, 3, 5, 11).cumsum(1) + 0.1
    found = palette(lambda *_: d, style, 1.0)(d, T)
    (here, spread), (mean, wanted), (now, _) = moments(d), moments(style), moments(found)
    assert (now - mean).abs().max() <= 1e-14
    ridge = RIDGE * torch.eye(3, dtype=torch.float64)
    across = (found - now[..., None, None]).flatten(2) @ (d - here[..., None, None]).flatten(2).mT / 91
    a = across @ torch.linalg.inv(spread - ridge)
    assert (a - a.mT).abs().max() <= 1e-12
    assert torch.linalg.eigvalsh(a).min() > 0
    assert (a @ spread @ a - wanted).abs().max() <= 1e-12


LAWS: dict[str, Callable[[], None]] = {
    "cfg": classifier_free,
    "increasing": growing,
    "interval": windowed,
    "rescale": contrast,
    "threshold": thresholded,
    "cfgpp": renoised,
    "cfg_zero": scaled_velocity,
    "apg": orthogonal,
    "tcfg": damped,
    "fdg": by_frequency,
    "auto": against_itself,
    "sag": unsalient,
    "pag": perturbed,
    "seg": perturbed,
    "slg": perturbed,
    "and": both,
    "not": without,
    "perp_neg": only_perpendicular,
    "classifier": classified,
    "energy": tilted,
    "cheap_energy": tilted_cheaply,
    **RESTORING,
    "palette": recoloured,
}


@pytest.mark.parametrize("name", GUIDANCES)
def test_the_law_of(name: str) -> None:
    LAWS[name]()
