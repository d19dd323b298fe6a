"""Restoring from a linear measurement, y = A x0 + sigma_y n: samples of x0 given y, by the method's name.

    method      gradients   sampler         for
    mmps        4           stochastic      noise, blur: the default; the estimate's whole covariance
    tmpd        2           stochastic      the same, by row sums
    pigdm       1           stochastic      the same, one variance for all
    dps         1           flow            noise that nobody knows
    diffpir     none        stochastic      noise, large pictures
    ddnm        none        stochastic      no noise: known pixels, smaller or grey pictures
    ddnm_plus   none        its own         noise

Gradients are of the network, per step beside its evaluation; one costs about two evaluations. Stochastic is the second
order of DPM++ for the reverse SDE with ``CHURN`` times its noise: fresh noise lets samples forget where the estimate
of what a measurement says was wrong, early on. What the methods are stands in ``guidance/`` and
``samplers/ddnm_plus.py``, how well they sample in ``evaluate/inverse.py`` (docs/LOG.md has the numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import Operator
from unfog.core.process import Process
from unfog.guidance.ddnm import ddnm
from unfog.guidance.diffpir import diffpir
from unfog.guidance.dps import dps
from unfog.guidance.mmps import mmps
from unfog.guidance.pigdm import pigdm
from unfog.guidance.tmpd import tmpd
from unfog.samplers.ddim import ddim
from unfog.samplers.ddnm_plus import ddnm_plus
from unfog.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from unfog.samplers.step import NoiseSource, Step
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

DEFAULT, LARGE = "mmps", "diffpir"
MANY = 64  # windows of a picture; of more, ``LARGE`` is used: an eighteenth of the work (docs/LOG.md)
CHURN = 3.0  # eta of the stochastic sampler: 1 leaves a bias of 0.06 deviations where this leaves none (docs/LOG.md)


@dataclass(frozen=True)
class Measurement:
    """What is known of a picture.

    Fields:
        operator: A.
        y: one row per sample, or one for all.
        sigma_y: standard deviation of its noise, in the units of x0; 0 is none.
    """

    operator: Operator
    y: Float[Tensor, "_ *seen"]
    sigma_y: float


@dataclass(frozen=True)
class Restorer:
    """A method.

    Fields:
        wrap: (denoise, measurement, process, ts, sigma_data) -> what the sampler walks with; ``None``: the method is
            its own sampler, ``ddnm_plus``.
        stochastic: sampled with fresh noise; otherwise by ``ddim``.
        gradients: of the network per step.
        steps: that it needs; with 12, samples of sharp deconvolution were still noisy.
    """

    wrap: Callable[[Denoise, Measurement, Process, Tensor, float], Denoise] | None
    gradients: int
    stochastic: bool = True
    steps: int = 50


def _mmps(d: Denoise, m: Measurement, p: Process, _: Tensor, __: float) -> Denoise:
    return mmps(d, m.operator, m.y, 1.0, p, sigma_y=m.sigma_y)


def _tmpd(d: Denoise, m: Measurement, p: Process, _: Tensor, __: float) -> Denoise:
    return tmpd(d, m.operator, m.y, 1.0, p, sigma_y=m.sigma_y)


def _pigdm(d: Denoise, m: Measurement, p: Process, _: Tensor, sigma_data: float) -> Denoise:
    return pigdm(d, m.operator, m.y, 1.0, p, sigma_y=m.sigma_y, sigma_data=sigma_data)


def _dps(d: Denoise, m: Measurement, p: Process, ts: Tensor, _: float) -> Denoise:
    return dps(d, m.operator.forward, m.y, 1.0, p, ts, "ddim")


def _diffpir(d: Denoise, m: Measurement, p: Process, _: Tensor, __: float) -> Denoise:
    return diffpir(d, m.operator, m.y, 1.0, p, sigma_y=m.sigma_y)


def _ddnm(d: Denoise, m: Measurement, _: Process, __: Tensor, ___: float) -> Denoise:
    return ddnm(d, m.operator, m.y, 1.0)


RESTORERS: Mapping[str, Restorer] = {
    "mmps": Restorer(_mmps, gradients=4),
    "tmpd": Restorer(_tmpd, gradients=2),
    "pigdm": Restorer(_pigdm, gradients=1),
    "dps": Restorer(_dps, gradients=1, stochastic=False),
    "diffpir": Restorer(_diffpir, gradients=0, steps=25),
    "ddnm": Restorer(_ddnm, gradients=0),
    "ddnm_plus": Restorer(None, gradients=0),
}


def restored(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    measurement: Measurement,
    *,
    noise: NoiseSource,
    method: str = DEFAULT,
    sigma_data: float = 0.5,
) -> Iterator[Step]:
    """From pure noise ``x`` to samples of the picture that was measured.

    Args:
        sigma_data: standard deviation of the data (``pigdm``).

    Raises:
        UsageError: an unknown method; ``sigma_y`` is negative.
    """
    if method not in RESTORERS:
        raise UsageError(unknown("method", method, RESTORERS))
    found = RESTORERS[method]
    if found.wrap is None:
        return ddnm_plus(
            denoise,
            process,
            x,
            ts,
            operator=measurement.operator,
            y=measurement.y,
            sigma_y=measurement.sigma_y,
            noise=noise,
        )
    wrapped = found.wrap(denoise, measurement, process, ts, sigma_data)
    if not found.stochastic:
        return ddim(wrapped, process, x, ts)
    return dpmpp_2m_sde(wrapped, process, x, ts, eta=CHURN, noise=noise)
