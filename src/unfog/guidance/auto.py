"""Autoguidance (Karras et al. 2024, "Guiding a Diffusion Model with a Bad Version of Itself").

    D = D_bad + scale (D - D_bad)

The bad version knows the same condition and errs in the same directions, only more: a smaller network, one trained for
less long, the same one with a shorter average (EMA) of its weights, or with its attention disturbed (``perturb``). What
they disagree on is error, and is pushed out without narrowing the variety, as CFG does.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.guidance.cfg import Mix, Scale, linear


def auto(good: Denoise, bad: Denoise, scale: Scale, mix: Mix = linear) -> Denoise:
    """Away from ``bad``; the number 1 is ``good`` itself and does not call ``bad`` (1.7 to 2.5 is usual)."""
    off = not isinstance(scale, Tensor) and scale == 1
    return good if off else lambda x, t: mix(good(x, t), bad(x, t), scale)


def push(guided: Denoise, good: Denoise, bad: Denoise, scale: float) -> Denoise:
    """The same on top of other guidance: D_guided + scale (D - D_bad); 0 is ``guided`` itself and calls neither."""
    return guided if scale == 0 else lambda x, t: guided(x, t) + scale * (good(x, t) - bad(x, t))
