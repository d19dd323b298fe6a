"""``unfog doctor``: versions, security floors, device, fonts, models and folders, each with the fix if it needs one."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch

from unfog import __version__
from unfog.data.emoji_font import find_font
from unfog.jobs.events import Event, Progress, Result
from unfog.model.locate import DEFAULT, builtin_root, installed, user_root
from unfog.model.store import read_manifest
from unfog.util.devices import bf16_supported, core_count, pick_device
from unfog.util.errors import DataError, ModelError

FLOORS = Path(__file__).resolve().parents[1] / "assets" / "security_floors.json"
SHOWN_ALWAYS = ("torch", "pillow", "numpy")


@dataclass(frozen=True)
class Check:
    """One line of the report. ``note``: works, but something is missing; ``fail``: has to be put right."""

    name: str
    value: str
    state: Literal["ok", "note", "fail"] = "ok"
    fix: str = ""


def doctor_job() -> Iterator[Event]:
    """Run every check; the result says ``healthy`` if none failed."""
    checks = list[Check]()
    parts = (interpreter, versions, device, text, models, folders)
    for k, part in enumerate(parts):
        yield Progress(k, len(parts), part.__name__)
        checks += part()
    healthy = all(c.state != "fail" for c in checks)
    yield Result({"healthy": healthy, "checks": [asdict(c) for c in checks]})


def interpreter() -> Iterator[Check]:
    """What runs this."""
    yield Check("unfog", __version__)
    yield Check("python", f"{platform.python_version()} ({platform.python_implementation()}, {platform.platform()})")


def versions() -> Iterator[Check]:
    """Installed packages below the version from which known holes are closed, or of a release with malware."""
    table = json.loads(FLOORS.read_text(encoding="utf-8"))
    fine = 0
    for name, (floor, reason) in table["floors"].items():
        version = version_of(name)
        if version is not None and release(version) < release(floor):
            yield Check(name, version, "fail", f"install {name}>={floor} ({reason})")
        elif version is not None:
            fine += 1
            if name in SHOWN_ALWAYS:
                yield Check(name, version)
    for name, (bad, reason) in table["refused"].items():
        version = version_of(name)
        if version is not None and version in bad:
            yield Check(name, version, "fail", f"remove this version at once ({reason})")
    yield Check("security floors", f"{fine} installed packages at or above theirs")


def version_of(name: str) -> str | None:
    """Version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def release(version: str) -> tuple[int, ...]:
    """``2.13.0+cpu`` as (2, 13); what follows the numbers is left out, and so are zeros at the end."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def device() -> Iterator[Check]:
    """Where pictures are computed."""
    found = pick_device()
    name = torch.cuda.get_device_name(found) if found.type == "cuda" else platform.processor() or platform.machine()
    yield Check("device", f"{found} ({name})")
    threads, cores = torch.get_num_threads(), core_count()
    fix = f"set OMP_NUM_THREADS={cores}" if threads > cores else ""
    yield Check("threads", f"{threads} for {cores} usable cores", "note" if fix else "ok", fix)
    yield Check("bfloat16", "in hardware: training uses it" if bf16_supported(found) else "not in hardware")


def text() -> Iterator[Check]:
    """What `unfog data emoji` needs; nothing else does."""
    missing = [name for name in ("emoji", "uharfbuzz") if version_of(name) is None]
    if missing:
        fix = "for `unfog data emoji`, install unfog with the extra emoji"
        yield Check("emoji", f"without {' and '.join(missing)}", "note", fix)
        return
    try:
        font = find_font()
    except DataError as error:
        yield Check("emoji", "no font", "note", f"for `unfog data emoji`: {error}")
        return
    yield Check("emoji", f"{font.name} (licence: {font.licence})")


def models() -> Iterator[Check]:
    """Every installed model, each file by its hash."""
    names = list[str]()
    for origin, folder in installed():
        try:
            read_manifest(folder, hashes=True)
        except ModelError as error:
            yield Check(f"model {folder.name}", "damaged", "fail", str(error))
            continue
        names.append(folder.name)
        yield Check(f"model {folder.name}", f"{origin}, every file as its sha256 says")
    if DEFAULT not in names:
        yield Check(f"model {DEFAULT}", f"missing in {builtin_root()}", "fail", "install unfog again")


def folders() -> Iterator[Check]:
    """Where things are written."""
    for name, folder in (("pictures", Path.cwd()), ("your models", user_root()), ("temporary files", temporary())):
        existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        fits = existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)
        fix = "" if fits else f"make {existing} a folder that you may write to"
        yield Check(name, str(folder), "ok" if fits else "note", fix)


def temporary() -> Path:
    """The system's place for temporary files."""
    return Path(tempfile.gettempdir())
