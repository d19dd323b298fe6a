"""A picture under noise, and out again towards a text (Meng et al. 2022, "SDEdit").

encode -> noise(x0, eps, t) -> sampler from t on -> decode: strength says which t (``core/strength.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.denoiser import Denoise
from unfog.core.strength import entered_at
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.generate import Beside, Tally, guided, noise_of, one_by_one, times, walk
from unfog.text.prompt import Composition


@torch.no_grad()
def img2img(
    model: Model,
    x: Float[Tensor, "1 c h w"],
    prompt: str | Composition,
    seeds: Sequence[int],
    sample: SampleConfig,
    *,
    strength: float,
    negative: str = "",
    tally: Tally | None = None,
    beside: Beside = lambda cond: cond,
    beside_null: Beside = lambda cond: cond,
    wrap: Callable[[Denoise], Denoise] = lambda denoise: denoise,
) -> Iterator[Step]:
    """Change a picture; one variant per seed, yielding every step. At strength 0 no step is made.

    Args:
        model: a loaded model (evaluation mode).
        x: the picture at the size it is worked on, as ``tasks.frame.seen`` gives it.
        prompt: what to show; seeds: one per variant; sample: settings of the whole way from noise.
        strength: 0..1; at 1 nothing of the picture is left, and the variants are those of ``generate``.
        negative, tally, beside, beside_null: as in ``tasks.generate.guided``; wrap: put round the guided denoiser.

    Raises:
        UsageError: a strength outside 0..1.
    """
    ts = entered_at(model.denoiser.process, times(sample, model.denoiser.process, whole=strength == 1), strength)
    along = ts if len(ts) > 1 else None
    asks = guided(model, prompt, negative, sample, tally or Tally(), ts=along, beside=beside, beside_null=beside_null)
    denoise = wrap(asks)
    if model.device.type == "cpu":
        denoise = one_by_one(denoise)
    noise = noise_of(model, seeds, (x.shape[3], x.shape[2]))
    yield from walk(model, denoise, noise, sample, ts, model.encode(x.to(model.device)))
