"""``unfog generate --grid``: seeds by strengths of guidance on one sheet, to see what guidance does to a prompt."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.guide import GUIDES, OF_CFG
from unfog.config.sample import GenerateRequest
from unfog.jobs.events import Event, Note, Picture, Progress, Result
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.save import Place, save
from unfog.jobs.settings import check
from unfog.media.grid import sheet_png
from unfog.model.locate import Found
from unfog.text.prompt import parse

SCALES = (1.0, 2.0, 3.0, 5.0)
CELL = 192  # longer side of a picture on the sheet if nobody says


def sheet_job(
    request: GenerateRequest, source: Found | Loaded, *, out: Place, device: str | None = None
) -> Iterator[Event]:
    """Make ``request.n`` rows of pictures, one per seed, each with ``SCALES`` of guidance, and write the sheet.

    Args:
        request: complete; its strength of guidance is not used.
        source: the model, found or loaded.
        out: where to write; the sheet of a folder is called PROMPT-grid-SEED.png.
        device: where to load a model that is not loaded; ``None``: the fastest.

    Raises:
        UsageError: the model cannot be guided, or a column cannot be made; before any work.
        DiskError: the sheet cannot be written.
    """
    begin = time.perf_counter()
    found = source if isinstance(source, Found) else source.found
    columns = [at_scale(request, scale) for scale in SCALES]
    for column in columns:
        check(found.manifest, column)
    loaded = open_model(source, device) if isinstance(source, Found) else source
    pictures = list[list[Picture]]()
    for k, column in enumerate(columns):
        made = list[Picture]()
        for event in generate_job(column, loaded):
            match event:
                case Progress(done, steps, message):
                    told = f"guidance {column.sample.guidance:g}: {message}"
                    yield Progress(k * steps + done, len(columns) * steps, told)
                case Picture():
                    made.append(event)
                case Note() if k == 0:
                    yield event
                case _:
                    pass
        pictures.append(made)
    page = sheet_of([row for rows in zip(*pictures, strict=True) for row in rows])
    path = save(page, out, prompt=f"{request.prompt} grid", seed=request.seed)
    yield Result(
        {
            "files": [str(path)],
            "seeds": [picture.recipe.seed for picture in pictures[0]],
            "guidance": list(SCALES),
            "model": {"name": found.name, "sha256": found.id},
            "seconds": round(time.perf_counter() - begin, 3),
        }
    )


def at_scale(request: GenerateRequest, scale: float) -> GenerateRequest:
    """The request with another strength of guidance; at 1 what would have no effect is left out."""
    guide = tuple(g for g in request.sample.guide if scale != 1 or GUIDES[g.name].part not in OF_CFG)
    sample = request.sample.model_copy(update={"guidance": scale, "guide": guide})
    idle = scale == 1 and isinstance(parse(request.prompt), str)
    return request.model_copy(update={"sample": sample, **({"negative": ""} if idle else {})})


def sheet_of(pictures: list[Picture]) -> bytes:
    """The sheet of pictures that go row by row, each with its seed and guidance below."""
    labels = [f"seed {p.recipe.seed}, guidance {p.recipe.sample.guidance:g}" for p in pictures]
    pixels: UInt8[Tensor, "n c h w"] = torch.stack([p.pixels for p in pictures])
    return sheet_png(pixels, labels, columns=len(SCALES), cell=1)
