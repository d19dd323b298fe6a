"""How much work a request is, before any of it: what a server tells of times, refuses, and waits for.

The unit is one step of one guided picture at the side the model was trained at. Denoising and restoring go through all
windows of a picture (``guidance/windows.py``) in one step, so theirs are as large as the picture.
"""

from __future__ import annotations

from unfog.config.edit import Denoise, EditRequest, Inpaint, Inversion, Restore, Way
from unfog.config.explain import ForwardRequest, ReverseRequest
from unfog.config.sample import GenerateRequest, MorphRequest
from unfog.guidance.windows import count
from unfog.jobs.asked import Settled
from unfog.jobs.edit import steps_made
from unfog.jobs.layered import layers_in, paintings, rounds
from unfog.jobs.mend_ways import factor_of
from unfog.tasks.denoise import overlap, parts
from unfog.tasks.inpaint import TIMES
from unfog.tasks.restore import RESTORERS

GRADIENT = 2  # evaluations that one gradient costs (``tasks/restore.py``)
INVERTING = 2  # of a step of an inversion in the mean: there until it settles, one back, three anew; most unguided


def steps_in(request: Settled | None, trained: int = 1, size: tuple[int, int] | None = None) -> int:
    """Roughly how many steps, or parts of steps, a request is made in; arguments as of ``cost``."""
    match request:
        case GenerateRequest(sample=sample, n=n):
            return n * sample.steps * rounds(request)
        case EditRequest(n=n, way=Denoise(sampled=False, views=views)) if size is not None:
            return n * parts(size, trained, views)
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
    steps = steps_in(request, trained, size)
    match request:
        case GenerateRequest(canvas=canvas) if layers_in(request) is None:
            width, height = canvas or (trained, trained)
            area = width * height / trained**2
            return steps * area * max(1.0, area**0.5)  # attention grows faster than the area
        case GenerateRequest(sample=sample, n=n):
            return float(n * sample.steps * paintings(request))
        case EditRequest(way=way) if size is not None:
            return steps * evaluations(way, size, trained)
        case MorphRequest(canvas=(width, height)):
            return steps * width * height / trained**2
        case _:
            return float(steps)


def evaluations(way: Way, size: tuple[int, int], side: int) -> int:
    """Network evaluations of one step, or part of one, of an edit: of windows, views and gradients, as they are."""
    width, height = size
    match way:
        case Denoise(sampled=False, views=views):
            return views
        case Denoise():
            return count((height, width), side, overlap(side, 1))
        case Inversion():
            return INVERTING
        case Inpaint(method=method, tries=tries):
            return tries * (TIMES if method == "repaint" else 1)
        case Restore(method=method):
            times = factor_of(way)
            gradients = RESTORERS[method].gradients if method in RESTORERS else 0
            return (1 + GRADIENT * gradients) * count((height * times, width * times), side, overlap(side, 1))
        case _:
            return 1
