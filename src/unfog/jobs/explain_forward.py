"""``unfog explain forward``: a picture turns into noise step by step, as one page and as pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from unfog.config.explain import ForwardRequest
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES
from unfog.explain.drawing import png
from unfog.explain.fog import colourful
from unfog.explain.forward import Fog, watch
from unfog.explain.forward_figures import added, channels, histograms, ratio, scales, some, walks
from unfog.explain.forward_page import forward_page
from unfog.explain.space import walk_drawing
from unfog.jobs.events import Event, Result, told
from unfog.jobs.save import check_writable
from unfog.media.grid import sheet_png
from unfog.media.image import decode, from_uint8, pixels_of, quiet, read_bytes
from unfog.media.png import encode
from unfog.util.errors import UsageError
from unfog.util.files import staged_directory

PAGE = "index.html"
FOLLOWED = 3  # pixels, if nobody names any


def explain_forward_job(
    picture: Path, request: ForwardRequest, *, out: Path, name: str | None = None
) -> Iterator[Event]:
    """Fog a picture and write the page and its pictures into a new folder.

    Args:
        picture: a PNG, JPEG or WebP file.
        request: complete.
        out: the folder to make; must not exist.
        name: what the page calls the picture; ``None``: as its file.

    Raises:
        UsageError: ``out`` exists, or a pixel lies outside the picture; before any work. DataError: the picture cannot
            be used. DiskError: the folder cannot be written.
    """
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already; choose another folder or remove it")
    check_writable(out.parent)
    whole, x0 = read(picture, request.size)
    name = picture.name if name is None else name
    places = places_of(request, whole, x0)
    process = Process(SCHEDULES[request.schedule])
    watching = watch(process, x0, steps=request.steps, seed=request.seed, places=places)
    fog = yield from told(watching, "fogging")
    names = [called(x0, place, whole) for place in places]
    with staged_directory(out, facts=about(fog, name, request)) as folder:
        write(folder, fog, names)
        text = forward_page(fog, name, names, shown_facts(fog, whole, request), footer(name, request))
        (folder / PAGE).write_text(text, encoding="utf-8", newline="\n")
    yield Result(about(fog, name, request) | {"page": str(out / PAGE), "files": sorted(p.name for p in out.iterdir())})


def read(path: Path, size: int) -> tuple[Image.Image, Float[Tensor, "3 h w"]]:
    """The picture of the file, and the same with its longer side reduced to ``size``, in [-1, 1].

    Raises:
        DataError: it cannot be read, or is no picture.
    """
    with quiet():
        whole = decode(read_bytes(path), name=str(path))
    scale = min(1.0, size / max(whole.size))
    small = whole.resize(
        (max(1, round(whole.width * scale)), max(1, round(whole.height * scale))), Image.Resampling.LANCZOS
    )
    return whole, from_uint8(pixels_of(small))


def places_of(request: ForwardRequest, whole: Image.Image, x0: Float[Tensor, "3 h w"]) -> list[tuple[int, int]]:
    """Rows and columns of the followed pixels in the reduced picture.

    Raises:
        UsageError: one lies outside the file's picture.
    """
    if not request.pixels:
        return colourful(x0, FOLLOWED)
    for x, y in request.pixels:
        if x >= whole.width or y >= whole.height:
            raise UsageError(
                f"the pixel {x},{y} lies outside the picture of {whole.width}x{whole.height}:"
                f" X is 0 to {whole.width - 1}, Y is 0 to {whole.height - 1}"
            )
    _, h, w = x0.shape
    return [(y * h // whole.height, x * w // whole.width) for x, y in request.pixels]


def called(x0: Float[Tensor, "3 h w"], place: tuple[int, int], whole: Image.Image) -> str:
    """A pixel by its place in the file and its colour."""
    (row, column), (_, h, w) = place, x0.shape
    red, green, blue = ((x0[:, row, column] + 1) * 127.5).round().int().tolist()
    x, y = (2 * column + 1) * whole.width // (2 * w), (2 * row + 1) * whole.height // (2 * h)
    return f"pixel {x},{y}, colour {red},{green},{blue}"


def write(folder: Path, fog: Fog, names: Sequence[str]) -> None:
    """All pictures of the page, and the frames one by one."""
    digits = len(str(fog.steps))
    for frame in fog.frames:
        (folder / f"step-{frame.level.step:0{digits}d}.png").write_bytes(encode(frame.pixels))
    row = some(fog)
    captions = [f"step {frame.level.step}, t = {frame.level.t:.2f}" for frame in row]
    pictures = {
        "strip": sheet_png(torch.stack([frame.pixels for frame in row]), captions, columns=len(row)),
        "alpha-sigma": png(scales(fog)),
        "snr": png(ratio(fog)),
        "beta": png(added(fog)),
        "histograms": png(histograms(fog)),
        "walk": png(walk_drawing(walks(fog, names), "")),
        "channels": png(channels(fog)),
        "leap": sheet_png(
            torch.stack([fog.met.pixels, fog.leap.pixels]), [f"{fog.met.level.step} steps", "one leap"], columns=2
        ),
    }
    for name, data in pictures.items():
        (folder / f"{name}.png").write_bytes(data)


def about(fog: Fog, name: str, request: ForwardRequest) -> dict[str, object]:
    """The request, and the numbers of every moment that is shown."""
    start = fog.frames[0]
    rows = [
        {
            "step": frame.level.step,
            "t": frame.level.t,
            "alpha": frame.level.alpha,
            "sigma": frame.level.sigma,
            "mean": frame.mean,
            "variance": frame.variance,
            "predicted": list(frame.level.bell(start.mean, start.variance)),
        }
        for frame in fog.frames
    ]
    asked = request.model_dump(mode="json")
    return {"task": "explain forward", "picture": name, "request": asked, "moments": rows}


def shown_facts(fog: Fog, whole: Image.Image, request: ForwardRequest) -> dict[str, str]:
    """The settings for a reader."""
    _, h, w = fog.frames[0].pixels.shape
    return {
        "Picture": f"{whole.width} × {whole.height} pixels, shown at {w} × {h}",
        "Steps T": str(request.steps),
        "Schedule": request.schedule,
        "Seed": str(request.seed),
    }


def footer(name: str, request: ForwardRequest) -> str:
    """The command that makes the page again."""
    pixels = "".join(f" --pixel {x},{y}" for x, y in request.pixels)
    return (
        f"Made by unfog explain forward {name} --steps {request.steps} --schedule {request.schedule}"
        f" --size {request.size} --seed {request.seed}{pixels}"
    )
