"""Is the grader itself right? It reads renders of scenes whose facts are known, as they are and with noise and blur.

A measurement of a model is only worth as much: what the grader gets wrong on a perfect picture it would hold against a
perfect model.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from unfog.evaluate.faithfulness import Grade, Share, grade, shares
from unfog.evaluate.parser import parse
from unfog.evaluate.questions import PROCEDURAL, Questions
from unfog.media.alpha import straight
from unfog.media.image import to_uint8
from unfog.util.random import Draw, normal

NOISE = 0.03  # standard deviation of noise, in channels of 0..1
BLUR = 0.5  # standard deviation of the blur before it, in pixels


def trusted(side: int, n: int, seed: int, kind: str, *, noisy: bool, questions: Questions = PROCEDURAL) -> list[Grade]:
    """The grades of perfect (or, if ``noisy``, nearly perfect) pictures for ``n`` prompts; all should be right."""
    x = questions.pictures(seed, n, kind, side)
    if noisy:
        x = blurred(x)
        x[:, :3] += 2 * NOISE * normal([seed] * n, (3, side, side), draw=Draw.AUGMENT, index=range(n))
    read = parse(to_uint8(straight(x) if questions.channels == 4 else x), questions.drawing)
    prompts = questions.prompts(seed, n, kind)
    return [grade(found, facts) for found, (_, facts) in zip(read, prompts, strict=True)]


def share_right(side: int, n: int, seed: int, *, noisy: bool, questions: Questions = PROCEDURAL) -> Share:
    """How many of ``n`` pictures, the kinds of prompts in equal parts, the grader reads without any error."""
    each = -(-n // len(questions.kinds))
    return shares(
        g for kind in questions.kinds for g in trusted(side, each, seed, kind, noisy=noisy, questions=questions)
    )["all"]


def blurred(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """A Gaussian blur of ``BLUR`` pixels."""
    at = torch.arange(-2.0, 3.0)
    kernel = torch.exp(-at.square() / (2 * BLUR**2))
    kernel = (kernel / kernel.sum()).view(1, 1, 1, 5)
    flat = F.pad(x.flatten(0, 1)[:, None], (2, 2, 2, 2), mode="replicate")
    return F.conv2d(F.conv2d(flat, kernel), kernel.transpose(2, 3))[:, 0].view_as(x)
