"""What denoising, restoring and enlarging refuse, before any work."""

from __future__ import annotations

from unfog.config.edit import Denoise, EditRequest, Restore, Upscale
from unfog.config.model import ModelConfig
from unfog.jobs.edit_work import Inputs
from unfog.util.errors import UsageError

LONGEST = 8192  # pixels of a side that are made
BLURRIEST = 64  # pixels
VIEWS = Denoise().views


def check_mending(
    name: str, made: ModelConfig, request: EditRequest, way: Denoise | Restore | Upscale, inputs: Inputs
) -> None:
    """Raises UsageError for a model that cannot do this, for what would be ignored, and for pictures too large."""
    if isinstance(way, Upscale):
        if max(inputs.picture.size) * way.factor > LONGEST:
            raise UsageError(f"pictures are enlarged to at most {LONGEST} pixels a side; lower --factor")
        return
    if made.codec is not None:
        raise UsageError(
            f"the model {name} draws latents, which say nothing exact about pixels; name a model of pixels, such as one"
            " trained with --preset photo"
        )
    if isinstance(way, Denoise):
        if request.n > 1 and not way.sampled:
            raise UsageError("the mean has no variants; ask for samples with --samples")
        if way.sampled and way.views != VIEWS:
            raise UsageError(f"views are of the mean; leave --views {way.views} or --samples out")
        return
    check_restoring(made, way, inputs)


def check_restoring(made: ModelConfig, way: Restore, inputs: Inputs) -> None:
    """Raises UsageError where what is said of a picture cannot have happened to it."""
    if (way.degradation == "mask") != (inputs.mask is not None):
        raise UsageError("a mask (--mask FILE, white is missing) belongs to --degradation mask, which needs one")
    if (way.degradation == "kernel") != (inputs.kernel is not None):
        raise UsageError("a kernel is a picture of how one point was blurred: --degradation FILE")
    match way.degradation:
        case "blur":
            if (way.amount or 0) > BLURRIEST:
                raise UsageError(f"a blur has a deviation of at most {BLURRIEST} pixels, got {way.amount:g}")
        case "downsample":
            check_factor(way, inputs)
        case "jpeg":
            check_jpeg(made, way)
        case "kernel" | "mask" | "grey":
            if way.amount is not None:
                raise UsageError(f"--degradation {way.degradation} has no amount; leave the number out")
            if inputs.kernel is not None:
                check_kernel(inputs)


def check_factor(way: Restore, inputs: Inputs) -> None:
    """Raises UsageError unless pictures are made smaller by such a factor, and can be made as large again."""
    if way.amount is None or way.amount != int(way.amount) or way.amount < 2:
        raise UsageError(f"a smaller picture was made smaller by a whole number from 2 on, got {way.amount}")
    if max(inputs.picture.size) * int(way.amount) > LONGEST:
        raise UsageError(f"pictures are restored to at most {LONGEST} pixels a side")


def check_kernel(inputs: Inputs) -> None:
    """Raises UsageError unless a kernel is one, and fits into the picture."""
    assert inputs.kernel is not None
    (width, height), (rows, columns) = inputs.picture.size, inputs.kernel.shape
    if not inputs.kernel.any():
        raise UsageError("the kernel is black everywhere; it is a picture of how one point was blurred")
    if rows > height or columns > width:
        raise UsageError(f"the kernel is {columns}x{rows} and the picture {width}x{height}; cut the kernel out")


def check_jpeg(made: ModelConfig, way: Restore) -> None:
    """Raises UsageError for what says nothing of a file, and for models that know no colours."""
    if way.amount is None or way.amount != int(way.amount):
        raise UsageError(
            "the quality of a JPEG file is a whole number from 1 to 100, and is read from JPEG files only; say it:"
            " --degradation jpeg:30"
        )
    if way.sigma:
        raise UsageError("--degradation jpeg knows how far rounding errs; leave --sigma out")
    if made.picture.channels != 3:
        raise UsageError("--degradation jpeg needs a model of RGB pictures")
