"""Guidance: wrappers from denoiser to denoiser, and the ways two estimates can be mixed, by name for the law tests."""

from __future__ import annotations

from unfog.guidance.cfg import Mix, linear
from unfog.guidance.rescale import rescaled

MIXES: dict[str, Mix] = {"linear": linear, "rescaled": rescaled(0.7)}
