"""Left-aligned broadcasting: the one place where a per-sample number meets a picture, a wave or a clip."""

from __future__ import annotations

from torch import Tensor


def like(t: Tensor, x: Tensor) -> Tensor:
    """View ``t`` of shape ``(b,)`` as ``(b, 1, ..., 1)`` with as many axes as ``x``.

    PyTorch aligns shapes from the right, so multiplying ``(b,)`` with ``(b, c, h, b)`` silently scales columns
    instead of samples; every per-sample factor goes through here instead.

    Raises:
        ValueError: ``t`` is not one-dimensional, or does not have one entry per sample of ``x``.
    """
    if t.ndim != 1 or t.shape[0] not in (1, x.shape[0]):
        raise ValueError(f"need one number per sample: got shape {tuple(t.shape)} for a batch of {x.shape[0]}")
    return t.reshape(-1, *(1 for _ in x.shape[1:]))
