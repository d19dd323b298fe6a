"""Guidance by name: wrappers from denoiser to denoiser, with the facts that the laws measure and the settings read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal, TypeVar

from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched, bound
from unfog.core.operator import Operator
from unfog.core.process import Process
from unfog.guidance.apg import projected
from unfog.guidance.auto import auto
from unfog.guidance.cfg import Mix, cfg, linear
from unfog.guidance.cfg_zero import zero_star
from unfog.guidance.cfgpp import cfgpp
from unfog.guidance.classifier import LogProb, classifier
from unfog.guidance.compose import compose
from unfog.guidance.ddnm import ddnm
from unfog.guidance.diffpir import diffpir
from unfog.guidance.dps import dps
from unfog.guidance.energy import Energy, cheap_energy, energy
from unfog.guidance.fdg import frequency
from unfog.guidance.increasing import increasing
from unfog.guidance.interval import interval
from unfog.guidance.measure import measure
from unfog.guidance.mmps import mmps
from unfog.guidance.pag import pag
from unfog.guidance.palette import palette
from unfog.guidance.perp_neg import perp_neg
from unfog.guidance.pigdm import pigdm
from unfog.guidance.rescale import rescaled
from unfog.guidance.sag import sag
from unfog.guidance.seg import seg
from unfog.guidance.slg import slg
from unfog.guidance.tcfg import tangential
from unfog.guidance.threshold import threshold
from unfog.guidance.tmpd import tmpd
from unfog.util.errors import UsageError

T = TypeVar("T")

MIXES: dict[str, Mix] = {
    "linear": linear,
    "rescaled": rescaled(0.7),
    "projected": projected(),
    "frequency": frequency(),
}


@dataclass(frozen=True)
class Given:
    """What guidance can be made of; ``None`` is not given.

    Fields:
        denoiser, cond, uncond, process: always needed.
        guided: what additive guidance is put on top of; ``None``: the plain conditional denoiser.
        negative: a condition to steer away from, or the second of a composition.
        ts, sampler: the grid, and the name of the sampler that walks over it.
        window: of lam, where to guide.
        weak: a worse denoiser of the same condition.
        blocks: transformer blocks to disturb.
        log_prob: of a class, at (x, t).
        cost: energy of a clean estimate.
        forward, measured: of a measurement, with its ``sigma_y``; or, if it is linear, ``operator`` and ``measured``.
        style: a picture, clean, whose colours are wanted.
        sigma_data: standard deviation of the data.
    """

    denoiser: Watched
    cond: Cond
    uncond: Cond
    process: Process
    guided: Denoise | None = None
    negative: Cond | None = None
    ts: Tensor | None = None
    sampler: str | None = None
    window: tuple[float, float] | None = None
    weak: Denoise | None = None
    blocks: tuple[str, ...] | None = None
    log_prob: LogProb | None = None
    cost: Energy | None = None
    forward: Callable[[Tensor], Tensor] | None = None
    operator: Operator | None = None
    measured: Tensor | None = None
    style: Tensor | None = None
    sigma_y: float = 0.0
    sigma_data: float = 0.5

    @property
    def plain(self) -> Denoise:
        """The conditional denoiser."""
        return bound(self.denoiser, self.cond)

    @property
    def below(self) -> Denoise:
        """What additive guidance steers."""
        return self.plain if self.guided is None else self.guided


@dataclass(frozen=True)
class Guidance:
    """A guidance and its facts.

    Fields:
        make: from what is given and a strength to the guided denoiser.
        neutral: the strength at which it is ``leaves``.
        leaves: the conditional estimate, the unconditional one, or what it was put on top of.
        calls: evaluations of the network per sample, besides ``Given.guided``.
        affine: the estimate is an affine function of the strength.
        attention: it looks at or disturbs the network's attention.
        usual: a strength to begin with.
    """

    make: Callable[[Given, float], Denoise]
    neutral: float
    leaves: Literal["cond", "uncond", "guided"]
    calls: int
    usual: float
    affine: bool = True
    attention: bool = False


def _cfg(g: Given, scale: float) -> Denoise:
    return cfg(g.denoiser, g.cond, g.uncond, scale)


def _mixed(mix: Mix) -> Callable[[Given, float], Denoise]:
    return lambda g, scale: cfg(g.denoiser, g.cond, g.uncond, scale, mix)


def _increasing(g: Given, scale: float) -> Denoise:
    return cfg(g.denoiser, g.cond, g.uncond, increasing(scale, g.process))


def _interval(g: Given, scale: float) -> Denoise:
    return interval(_cfg(g, scale), g.plain, g.process, *_need(g.window, "window"))


def _threshold(g: Given, scale: float) -> Denoise:
    return threshold(_cfg(g, scale))


def _cfgpp(g: Given, strength: float) -> Denoise:
    dial = cfgpp(strength, g.process, _need(g.ts, "ts"), _need(g.sampler, "sampler"))
    return cfg(g.denoiser, g.cond, g.uncond, dial)


def _cfg_zero(g: Given, scale: float) -> Denoise:
    return cfg(g.denoiser, g.cond, g.uncond, scale, anchor=zero_star(g.process))


def _tcfg(g: Given, scale: float) -> Denoise:
    return cfg(g.denoiser, g.cond, g.uncond, scale, anchor=tangential(g.process))


def _auto(g: Given, scale: float) -> Denoise:
    return auto(g.plain, _need(g.weak, "weak"), scale)


def _sag(g: Given, scale: float) -> Denoise:
    return sag(g.below, g.denoiser, g.uncond, scale, process=g.process)


def _pag(g: Given, scale: float) -> Denoise:
    return pag(g.below, g.denoiser, g.cond, scale, _need(g.blocks, "blocks"))


def _seg(g: Given, scale: float) -> Denoise:
    return seg(g.below, g.denoiser, g.cond, scale, _need(g.blocks, "blocks"))


def _slg(g: Given, scale: float) -> Denoise:
    return slg(g.below, g.denoiser, g.cond, scale, _need(g.blocks, "blocks"))


def _and(g: Given, scale: float) -> Denoise:
    return compose(g.denoiser, [g.cond, _need(g.negative, "negative")], [scale, scale], g.uncond)


def _not(g: Given, scale: float) -> Denoise:
    return compose(g.denoiser, [g.cond, _need(g.negative, "negative")], [scale, -scale], g.uncond)


def _perp_neg(g: Given, scale: float) -> Denoise:
    return perp_neg(g.denoiser, g.cond, _need(g.negative, "negative"), g.uncond, scale)


def _classifier(g: Given, scale: float) -> Denoise:
    return classifier(g.below, _need(g.log_prob, "log_prob"), scale, g.process)


def _energy(g: Given, scale: float) -> Denoise:
    return energy(g.below, _need(g.cost, "cost"), scale, g.process)


def _cheap_energy(g: Given, scale: float) -> Denoise:
    return cheap_energy(g.below, _need(g.cost, "cost"), scale, g.process, g.sigma_data)


def _measure(g: Given, scale: float) -> Denoise:
    forward, y = _need(g.forward, "forward"), _need(g.measured, "measured")
    return measure(g.below, forward, y, scale, g.process, sigma_y=g.sigma_y, sigma_data=g.sigma_data)


def _dps(g: Given, zeta: float) -> Denoise:
    forward, y = _need(g.forward, "forward"), _need(g.measured, "measured")
    return dps(g.below, forward, y, zeta, g.process, _need(g.ts, "ts"), _need(g.sampler, "sampler"))


def _ddnm(g: Given, scale: float) -> Denoise:
    return ddnm(g.below, _need(g.operator, "operator"), _need(g.measured, "measured"), scale)


def _diffpir(g: Given, scale: float) -> Denoise:
    operator, y = _need(g.operator, "operator"), _need(g.measured, "measured")
    return diffpir(g.below, operator, y, scale, g.process, sigma_y=g.sigma_y)


def _pigdm(g: Given, scale: float) -> Denoise:
    operator, y = _need(g.operator, "operator"), _need(g.measured, "measured")
    return pigdm(g.below, operator, y, scale, g.process, sigma_y=g.sigma_y, sigma_data=g.sigma_data)


def _tmpd(g: Given, scale: float) -> Denoise:
    operator, y = _need(g.operator, "operator"), _need(g.measured, "measured")
    return tmpd(g.below, operator, y, scale, g.process, sigma_y=g.sigma_y)


def _mmps(g: Given, scale: float) -> Denoise:
    operator, y = _need(g.operator, "operator"), _need(g.measured, "measured")
    return mmps(g.below, operator, y, scale, g.process, sigma_y=g.sigma_y)


def _palette(g: Given, kappa: float) -> Denoise:
    return palette(g.below, _need(g.style, "style"), kappa)


def _need(value: T | None, name: str) -> T:
    """``value``, if it is given.

    Raises:
        UsageError: it is not.
    """
    assert name in {field.name for field in fields(Given)}
    if value is None:
        raise UsageError(f"this guidance needs {name!r} and was given none")
    return value


GUIDANCES: dict[str, Guidance] = {
    "cfg": Guidance(_cfg, 1, "cond", calls=2, usual=3.0),
    "increasing": Guidance(_increasing, 1, "cond", calls=2, usual=3.0),
    "interval": Guidance(_interval, 1, "cond", calls=2, usual=3.0),
    "rescale": Guidance(_mixed(MIXES["rescaled"]), 1, "cond", calls=2, usual=3.0, affine=False),
    "threshold": Guidance(_threshold, 1, "cond", calls=2, usual=3.0, affine=False),
    "cfgpp": Guidance(_cfgpp, 0, "uncond", calls=2, usual=0.6),
    "cfg_zero": Guidance(_cfg_zero, 1, "cond", calls=2, usual=3.0),
    "apg": Guidance(_mixed(MIXES["projected"]), 1, "cond", calls=2, usual=5.0),
    "tcfg": Guidance(_tcfg, 1, "cond", calls=2, usual=3.0),
    "fdg": Guidance(_mixed(MIXES["frequency"]), 1, "cond", calls=2, usual=5.0),
    "auto": Guidance(_auto, 1, "cond", calls=2, usual=2.0),
    "sag": Guidance(_sag, 0, "guided", calls=2, usual=0.75, attention=True),
    "pag": Guidance(_pag, 0, "guided", calls=2, usual=2.0, attention=True),
    "seg": Guidance(_seg, 0, "guided", calls=2, usual=2.0, attention=True),
    "slg": Guidance(_slg, 0, "guided", calls=2, usual=2.0, attention=True),
    "and": Guidance(_and, 0, "uncond", calls=3, usual=3.0),
    "not": Guidance(_not, 0, "uncond", calls=3, usual=2.0),
    "perp_neg": Guidance(_perp_neg, 0, "uncond", calls=3, usual=3.0),
    "classifier": Guidance(_classifier, 0, "guided", calls=0, usual=1.0),
    "energy": Guidance(_energy, 0, "guided", calls=0, usual=1.0),
    "cheap_energy": Guidance(_cheap_energy, 0, "guided", calls=0, usual=1.0),
    "measure": Guidance(_measure, 0, "guided", calls=0, usual=1.0),
    "dps": Guidance(_dps, 0, "guided", calls=0, usual=1.0),
    "ddnm": Guidance(_ddnm, 0, "guided", calls=0, usual=1.0),
    "diffpir": Guidance(_diffpir, 0, "guided", calls=0, usual=1.0),
    "pigdm": Guidance(_pigdm, 0, "guided", calls=0, usual=1.0),
    "tmpd": Guidance(_tmpd, 0, "guided", calls=0, usual=1.0),
    "mmps": Guidance(_mmps, 0, "guided", calls=0, usual=1.0),
    "palette": Guidance(_palette, 0, "guided", calls=0, usual=0.3),
}
