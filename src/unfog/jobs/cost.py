"""How much work a request is, before any of it: what a server tells of times, refuses, and waits for.

The unit is one step of one guided picture at the side the model was trained at. Denoising and restoring go through all
windows of a picture (``guidance/windows.py``) in one step, so theirs are as large as the picture.
"""

from __future__ import annotations

from unfog.config.edit import Denoise, EditRequest, Inpaint, Restore, Way
from unfog.config.explain import ForwardRequest, ReverseRequest
from unfog.config.sample import GenerateRequest, MorphRequest
from unfog.guidance.windows import count
from unfog.jobs.asked import Settled
from unfog.jobs.edit import steps_made
from unfog.jobs.layered import layers_in, paintings
from unfog.tasks.denoise import overlap
from unfog.tasks.inpaint import TIMES
from unfog.tasks.restore import RESTORERS

GRADIENT = 2  # evaluations that one gradient costs (``tasks/restore.py``)


def steps_in(request: Settled | None) -> int:
    """Roughly how many steps a request is made in."""
    match request:
        case GenerateRequest(sample=sample, n=n):
            return n * sample.steps * paintings(request)
        case EditRequest(sample=sample, n=n, way=way):
            return n * steps_made(way, sample.steps)
        case MorphRequest(sample=sample, frames=frames):
            return frames * sample.steps
        case ReverseRequest(picture=picture):
            return 12 * picture.sample.steps
        case ForwardRequest(steps=steps):
            return steps
        case _:
            return 0


def cost(request: Settled | None, trained: int, size: tuple[int, int] | None = None) -> float:
    """Roughly how much work a request is.

    Args:
        trained: side that the model was trained at.
        size: of the picture that is changed; ``None``: there is none.
    """
    steps = steps_in(request)
    match request:
        case GenerateRequest(canvas=canvas) if layers_in(request) is None:
            width, height = canvas or (trained, trained)
            area = width * height / trained**2
            return steps * area * max(1.0, area**0.5)  # attention grows faster than the area
        case EditRequest(way=way) if size is not None:
            return steps * evaluations(way, size, trained)
        case MorphRequest(canvas=(width, height)):
            return steps * width * height / trained**2
        case _:
            return float(steps)


def evaluations(way: Way, size: tuple[int, int], side: int) -> int:
    """Network evaluations of one step of an edit: of all windows, views and gradients, where these are looked at."""
    width, height = size
    match way:
        case Denoise(views=views, sampled=sampled):
            views = 1 if sampled else views
            return views * count((height, width), side, overlap(side, views))
        case Inpaint(method=method, tries=tries):
            return tries * (TIMES if method == "repaint" else 1)
        case Restore(degradation=degradation, amount=amount, method=method):
            times = int(amount or 1) if degradation == "downsample" else 1
            gradients = RESTORERS[method].gradients if method in RESTORERS else 0
            return (1 + GRADIENT * gradients) * count((height * times, width * times), side, overlap(side, 1))
        case _:
            return 1
