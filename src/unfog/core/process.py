"""The forward process, in exactly one place: everything Gaussian that is known about x_t, x_s and x0.

    marginal    q(x_t | x_0) = N(alpha_t x0, sigma_t^2)
    transition  q(x_t | x_s) = N((alpha_t/alpha_s) x_s, sigma_t^2 - r^2),    r = alpha_t sigma_s / alpha_s,   s < t
    posterior   q(x_s | x_t, x_0) = N(alpha_s x0 + (r sigma_s/sigma_t) eps, sigma_s^2 (sigma_t^2 - r^2)/sigma_t^2)

with eps = (x_t - alpha_t x0)/sigma_t (Kingma et al. 2021, appendix A; Song et al. 2021). The transition is the Markov
chain: noising to s and then on to t has the marginal at t. Probability-flow velocity dx/dt = alpha' x0 + sigma' eps,
score -eps/sigma. All of it is written in (alpha, sigma): alpha_t = 0 is an ordinary case.

``t`` and ``s`` are ``(b,)``, one time per sample (or ``(1,)``, one for all). Coefficients are computed in the dtype of
``t``, then moved to the dtype and device of ``x``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.schedule import Schedule, Times
from unfog.util.shapes import like

Sample = Float[Tensor, "b *shape"]
Time = Float[Tensor, " #b"]


@dataclass(frozen=True)
class Process:
    """The process x_t = alpha(t) x0 + sigma(t) eps of one schedule."""

    schedule: Schedule

    def alpha(self, t: Times) -> Times:
        """Scale of the picture at ``t``, elementwise."""
        return self.schedule.alpha(t)

    def sigma(self, t: Times) -> Times:
        """Scale of the noise at ``t``, elementwise."""
        return self.schedule.sigma(t)

    def lam(self, t: Times) -> Times:
        """log(alpha/sigma), elementwise: +inf where sigma = 0, -inf where alpha = 0."""
        return torch.log(self.schedule.alpha(t)) - torch.log(self.schedule.sigma(t))

    def time_at(self, lam: Times) -> Times:
        """The time with this lam, elementwise; outside the schedule's range the nearer end, 0 or 1."""
        return self.schedule.time_at(lam)

    def noise(self, x0: Sample, eps: Sample, t: Time) -> Sample:
        """x_t given x0 and unit noise."""
        return _times(self.alpha(t), x0) + _times(self.sigma(t), eps)

    def renoise(self, x: Sample, s: Time, t: Time, eps: Sample) -> Sample:
        """x_t given x_s = ``x`` and unit noise; s <= t. Identity where s = t."""
        kept, added = self.transition(s, t)
        return _times(kept, x) + _times(added, eps)

    def transition(self, s: Time, t: Time) -> tuple[Time, Time]:
        """Factor on x_s and standard deviation of what is added, going from ``s`` up to ``t``."""
        kept = self.alpha(t) / self.alpha(s)
        sigma, r = self.sigma(t), kept * self.sigma(s)
        return kept, torch.sqrt(((sigma - r) * (sigma + r)).clamp(min=0))

    def posterior(self, x: Sample, x0: Sample, t: Time, s: Time) -> tuple[Sample, Float[Tensor, "..."]]:
        """Mean of x_s given x_t = ``x`` and x0, and its standard deviation, which broadcasts against it; s < t."""
        kept, added = self.transition(s, t)
        share = self.sigma(s) / self.sigma(t)
        mean = _times(self.alpha(s), x0) + _times(kept * share * self.sigma(s), self.eps(x, x0, t))
        return mean, like(share * added, x).to(x)

    def eps(self, x: Sample, x0: Sample, t: Time) -> Sample:
        """The unit noise that, with x0, makes ``x`` at ``t``; sigma(t) > 0."""
        return (x - _times(self.alpha(t), x0)) / like(self.sigma(t), x).to(x)

    def score(self, x: Sample, x0: Sample, t: Time) -> Sample:
        """Gradient of log q(x_t) if ``x0`` is E[x0 | x_t]: -eps/sigma."""
        return -self.eps(x, x0, t) / like(self.sigma(t), x).to(x)

    def velocity(self, x: Sample, x0: Sample, t: Time) -> Sample:
        """dx/dt of the probability flow if ``x0`` is E[x0 | x_t]: alpha' x0 + sigma' eps."""
        eps = self.eps(x, x0, t)
        return _times(self.schedule.dalpha(t), x0) + _times(self.schedule.dsigma(t), eps)


def _times(factor: Time, x: Sample) -> Sample:
    """One factor per sample, in the dtype and on the device of ``x``."""
    return like(factor, x).to(x) * x
