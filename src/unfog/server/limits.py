"""What one ask may cost: refused with the limit in the message, before any work."""

from __future__ import annotations

from unfog.config.ask import AnyAsk, Drawing, EditAsk, ExplainAsk, GenerateAsk, MorphAsk, ReverseAsk
from unfog.config.edit import Inpaint, Restore, Upscale, Way
from unfog.config.server import Limits
from unfog.server.outlook import Pace
from unfog.util.errors import UsageError


def check_limits(ask: AnyAsk, limits: Limits) -> None:
    """Raises UsageError for more pictures, steps, pixels, frames or words than this server makes."""
    asked = ask.request if isinstance(ask, ExplainAsk) else ask
    if isinstance(asked, Drawing | ReverseAsk):
        at_most("steps", asked.chosen.steps, limits.steps, field="steps")
        at_most("characters of the negative prompt", len(asked.negative), limits.prompt, field="negative")
    if isinstance(asked, GenerateAsk | EditAsk):
        at_most("n", asked.n, limits.n, field="n")
    if isinstance(asked, GenerateAsk | MorphAsk):
        at_most("pixels a side", max(asked.size or (0,)), limits.side, field="size")
    if isinstance(asked, GenerateAsk | MorphAsk | ReverseAsk):
        at_most("pixels a side of the canvas", max(asked.canvas or (0,)), limits.side, field="canvas")
    if isinstance(asked, GenerateAsk | EditAsk | ReverseAsk):
        at_most("characters of the prompt", len(asked.prompt), limits.prompt, field="prompt")
    if isinstance(asked, MorphAsk):
        at_most("frames", asked.frames, limits.frames, field="frames")
        at_most("characters of a prompt", max(map(len, asked.prompts)), limits.prompt, field="prompts")


def check_cost(work: float, pace: Pace, limits: Limits) -> None:
    """Raises UsageError for work that would take too long on this machine, as far as can be told."""
    seconds = pace.of(work)
    if seconds is not None and seconds > limits.job_s:
        raise UsageError(
            f"this would take about {seconds:.0f} s here, and {limits.job_s:.0f} s are allowed; ask for fewer steps,"
            " fewer pictures, a smaller canvas or a smaller picture"
        )


def at_most(what: str, value: int | None, most: int, *, field: str) -> None:
    """Raises UsageError if there is a value and it is larger."""
    if value is not None and value > most:
        shown = str(value) if value < 10**12 else "this"
        raise UsageError(f"{what}: {shown} is more than this server allows; the most is {most}", field=field)


def check_area(way: Way, size: tuple[int, int], limits: Limits) -> None:
    """Raises UsageError where what comes out of a picture of this size has too many pixels."""
    (width, height), factor = size, 1.0
    match way:
        case Upscale(factor=factor):
            pass
        case Restore(degradation="downsample", amount=float(amount)):
            factor = amount
        case Inpaint(margins=(left, top, right, bottom)):
            width, height = width + left + right, height + top + bottom
        case _:
            pass
    if (pixels := width * height * factor**2) > limits.pixels:
        raise UsageError(
            f"the result would have {pixels:.0f} pixels, and {limits.pixels} are allowed; send a smaller picture, or"
            " enlarge it less"
        )
