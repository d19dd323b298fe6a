"""How well noise is removed from photographs that nothing was trained on, beside the classical methods.

    pip install scikit-image                       (a measuring environment; unfog does not need it)
    python benchmarks/denoise.py PHOTOS/held --model runs/photo-64/model [--limit 4] [--out benchmarks/denoise.json]

White Gaussian noise of 10, 25 and 50 of 255 (``--cut``: then rounded and cut off at 0 and 255, as in a file) is added
to every photograph, its longer side at most ``--side`` pixels. PSNR and SSIM (Wang et al. 2004, Gaussian windows of 1.5
pixels) of what every method makes of it, cut off at 0 and 255 but not rounded. Non-local means and total variation are
told the noise level, and of the strengths in ``NLM`` and ``TV`` get that which is best on average over these very
photographs; BM3D is measured if ``bm3d`` can be imported, and told it, too. The model estimates it; what it makes of
the true one, and of other numbers of views, is written beside.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from generate import HERE, machine
from unfog.config.edit import Denoise
from unfog.guidance.views import VIEWS
from unfog.media.image import decode, pixels_of, read_bytes
from unfog.model.store import load_model
from unfog.tasks.denoise import posterior_mean, residual
from unfog.tasks.noise_level import noise_level
from unfog.util.random import Draw, normal

SIGMAS = (10, 25, 50)
USUAL = Denoise().views
NLM = (0.2, 0.3, 0.4, 0.6, 0.8, 1.0)  # h in units of sigma
TV = (0.3, 0.45, 0.6, 0.9, 1.2, 1.6)  # weight in units of sigma, of pixels in 0..1
Pixels = np.ndarray[Any, Any]  # (h, w, 3), float64 in 0..255
Method = Callable[[Pixels, float], Pixels]


def main() -> None:
    """Measure and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="folder of photographs to judge by")
    parser.add_argument("--model", type=Path, help="folder of a model of pixels; without: the classical methods alone")
    parser.add_argument("--side", type=int, default=512, help="longest side (default %(default)s)")
    parser.add_argument("--limit", type=int, help="so many photographs, evenly spaced")
    parser.add_argument("--cut", action="store_true", help="round and cut off at 0 and 255 what is noisy")
    parser.add_argument("--out", type=Path, default=HERE / "denoise.json", help="file to write (default %(default)s)")
    asked = parser.parse_args()
    files = sorted(path for path in asked.photos.rglob("*") if path.suffix in (".png", ".jpg"))
    if asked.limit is not None:
        files = [files[k * len(files) // asked.limit] for k in range(min(asked.limit, len(files)))]
    methods = classical() | (ours(asked.model) if asked.model else {})
    rows = list(measured(asked.photos, files, methods, asked.side, cut=asked.cut))
    report = {
        "what": "noise of 10, 25 and 50 of 255 removed from photographs that nothing was trained on",
        "cut": asked.cut,
        "n": len(files),
        "table": table(rows),
        "rows": rows,
        **machine(),
    }
    asked.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(report["table"])
    print(f"wrote {asked.out}")


def measured(
    root: Path, files: list[Path], methods: dict[str, Method], side: int, *, cut: bool
) -> Iterator[dict[str, Any]]:
    """Every method on every photograph at every noise level; each photograph has noise of its own."""
    for k, path in enumerate(files):
        clean = read(path, side)
        for sigma in SIGMAS:
            noise = normal([k], (3, *clean.shape[:2]), draw=Draw.TEST, step=sigma)[0].permute(1, 2, 0).double().numpy()
            noisy = clean + sigma * noise
            noisy = np.clip(np.rint(noisy), 0, 255) if cut else noisy
            estimate = noise_level(tensor(noisy)[0]).sigma
            for name, method in methods.items():
                made = np.clip(method(noisy, sigma), 0, 255)
                taken = residual(tensor(noisy), tensor(made))
                facts = {"photo": path.relative_to(root).as_posix(), "sigma": sigma, "estimate": estimate}
                yield facts | {"method": name, "psnr": psnr(clean, made), "ssim": ssim(clean, made), "residual": taken}
        print(f"{k + 1} of {len(files)}: {path.name}", flush=True)


def classical() -> dict[str, Method]:
    """The methods of scikit-image at every strength, BM3D if it is there, and leaving everything as it is.

    Raises:
        SystemExit: scikit-image is not installed.
    """
    if importlib.util.find_spec("skimage") is None:
        raise SystemExit("scikit-image is not installed: pip install scikit-image")
    restoration = importlib.import_module("skimage.restoration")

    def nlm(noisy: Pixels, sigma: float, h: float) -> Pixels:
        settings = {"patch_size": 5, "patch_distance": 6, "fast_mode": True, "channel_axis": -1}
        return restoration.denoise_nl_means(noisy / 255, h=h * sigma / 255, sigma=sigma / 255, **settings) * 255

    def tv(noisy: Pixels, sigma: float, weight: float) -> Pixels:
        return restoration.denoise_tv_chambolle(noisy / 255, weight=weight * sigma / 255, channel_axis=-1) * 255

    methods: dict[str, Method] = {"noisy": lambda noisy, _: noisy}
    methods |= {f"non-local means {h}": partial(nlm, h=h) for h in NLM}
    methods |= {f"total variation {w}": partial(tv, weight=w) for w in TV}
    if importlib.util.find_spec("bm3d") is not None:
        bm3d = importlib.import_module("bm3d")
        methods["BM3D"] = lambda noisy, sigma: bm3d.bm3d_rgb(noisy / 255, sigma / 255) * 255
    return methods


def ours(folder: Path) -> dict[str, Method]:
    """The mean of the posterior at the estimated noise level, and at the true one."""
    model = load_model(folder)

    def known(noisy: Pixels, sigma: float, views: int = USUAL) -> Pixels:
        return pixels(posterior_mean(model, tensor(noisy), sigma, views=views))

    def estimated(noisy: Pixels, sigma: float, views: int = USUAL) -> Pixels:
        return known(noisy, noise_level(tensor(noisy)[0]).sigma, views)

    of_views: dict[str, Method] = {
        f"unfog ({views} views)": partial(estimated, views=views) for views in VIEWS if views != USUAL
    }
    return {"unfog": estimated, "unfog, told sigma": known, **of_views}


def read(path: Path, side: int) -> Pixels:
    """A photograph, scaled down to ``side`` if it is larger."""
    picture = decode(read_bytes(path), name=str(path))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return pixels_of(picture).permute(1, 2, 0).double().numpy()


def tensor(y: Pixels) -> torch.Tensor:
    """0..255 to ``(1, 3, h, w)`` in [-1, 1], beyond where ``y`` is."""
    return torch.from_numpy(y / 127.5 - 1).permute(2, 0, 1)[None].float()


def pixels(x: torch.Tensor) -> Pixels:
    """Back."""
    return ((x[0].permute(1, 2, 0).double() + 1) * 127.5).numpy()


def psnr(clean: Pixels, made: Pixels) -> float:
    """Peak signal to noise ratio in dB, of 255."""
    return float(10 * np.log10(255**2 / np.mean((clean - made) ** 2)))


def ssim(clean: Pixels, made: Pixels) -> float:
    """Structural similarity."""
    metrics = importlib.import_module("skimage.metrics")
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(metrics.structural_similarity(clean, made, data_range=255, channel_axis=-1, **settings))


def table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means by noise level and method; of a method with several strengths the best, and how far estimates are off."""
    out = list[dict[str, Any]]()
    for sigma in SIGMAS:
        here = [row for row in rows if row["sigma"] == sigma]
        means = list[dict[str, Any]]()
        for name in dict.fromkeys(row["method"] for row in here):
            mine = [row for row in here if row["method"] == name]
            facts = {key: float(np.mean([row[key] for row in mine])) for key in ("psnr", "ssim")}
            off = [abs(row["estimate"] / sigma - 1) for row in mine]
            means.append({"sigma": sigma, "method": name, **facts, "n": len(mine), "estimate_off": max(off)})
        kinds = dict.fromkeys(row["method"].rstrip("0123456789. ") for row in means)
        of_kind = [[row for row in means if row["method"].rstrip("0123456789. ") == kind] for kind in kinds]
        out += [max(some, key=lambda row: row["psnr"]) for some in of_kind]
    return out


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    for row in rows:
        print(f"{row['sigma']:3d}  {row['method']:24s} {row['psnr']:6.2f} dB  SSIM {row['ssim']:.4f}  (n {row['n']})")
    for sigma in SIGMAS:
        off = next(row["estimate_off"] for row in rows if row["sigma"] == sigma)
        print(f"sigma {sigma} estimated within {100 * off:.1f} %")


if __name__ == "__main__":
    main()
