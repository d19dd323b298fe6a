"""Draw one picture per prompt and put them on a sheet with their prompts, as in the README.

    python tools/prompt_sheet.py docs/images/scenes.webp --seed 7 < docs/images/scenes.txt

One prompt per line on standard input. Every picture has the same seed, nothing is picked out.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import unfog
from unfog.media.grid import sheet_png
from unfog.util.files import write_atomic


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="a sheet of pictures, one per prompt on standard input")
    parser.add_argument("out", type=Path, help="WebP file to write")
    parser.add_argument("--model", default=None, help="name or folder of the model (default: the built-in one)")
    parser.add_argument("--seed", type=int, default=7, help="seed of every picture (default %(default)s)")
    parser.add_argument("--columns", type=int, default=None, help="pictures per row (default: the squarest sheet)")
    parser.add_argument("--cell", type=int, default=128, help="side of a picture in pixels (default %(default)s)")
    arguments = parser.parse_args()
    prompts = [line.strip() for line in sys.stdin if line.strip()]
    model = unfog.load(arguments.model)
    size, seed = (arguments.cell, arguments.cell), arguments.seed
    pictures = [np.asarray(model.generate(text, seed=seed, size=size)[0].convert("RGB")) for text in prompts]
    pixels = torch.from_numpy(np.stack(pictures)).movedim(-1, 1)
    page = sheet_png(pixels, prompts, columns=arguments.columns, cell=arguments.cell)
    small = io.BytesIO()
    Image.open(io.BytesIO(page)).convert("RGB").save(small, format="WEBP", quality=75, method=6)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(arguments.out, small.getvalue())


if __name__ == "__main__":
    main()
