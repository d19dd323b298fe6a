"""Make a virtual environment with this package in it, once; what ``make`` calls before every target.

    python tools/install.py [--venv .venv] [--extras dev,emoji]

* Nothing happens when pyproject.toml, constraints.txt and the extras are those of the last installation.
* An environment that exists is used as it is; packages are added to it under constraints.txt.
* torch is large, so one that is there already and inside the range of pyproject.toml is kept: if it lies in the
  environment, its version takes the place of the pin; if it lies in the Python that runs this script (and that is no
  virtual environment itself), the new environment sees that Python's packages.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "unfog-install.json"
VERSION_OF_TORCH = """
import importlib.metadata as m
try: print(m.version("torch"))
except m.PackageNotFoundError: print("")
"""


def main() -> None:
    """Parse the arguments and install."""
    parser = argparse.ArgumentParser(description="make a virtual environment with unfog in it, once")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="the environment (default .venv)")
    parser.add_argument("--extras", default="", help="comma-separated extras of pyproject.toml, for example dev,emoji")
    arguments = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (this script is what an older Python is told by)
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try make PYTHON=python3.12 ...")
    install(arguments.venv.absolute(), {name for name in arguments.extras.split(",") if name})


def install(environment: Path, extras: set[str]) -> None:
    """Bring ``environment`` up to date with at least ``extras`` installed."""
    stamp, inputs = environment / STAMP, fingerprint()
    known = json.loads(stamp.read_text()) if stamp.is_file() else {"inputs": "", "extras": []}
    if known["inputs"] == inputs:
        if extras <= set(known["extras"]):
            return
        extras |= set(known["extras"])
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        create(environment)
    target = str(ROOT) + (f"[{','.join(sorted(extras))}]" if extras else "")
    print(
        f"installing unfog{target.removeprefix(str(ROOT))} into {environment} (once; torch is the large part)",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text(constrained(version_in(python)))
        quiet = [] if sys.stdout.isatty() else ["--quiet"]
        command = [str(python), "-m", "pip", "install", *quiet, "--constraint", str(constraints), "--editable", target]
        done = subprocess.run(command, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}, check=False)
    if done.returncode:
        sys.exit(f"the installation failed; after mending its cause, remove {environment} and try again")
    stamp.write_text(json.dumps({"inputs": inputs, "extras": sorted(extras)}))


def fingerprint() -> str:
    """Hash of all that decides what is installed."""
    texts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*texts, str(ROOT).encode()])).hexdigest()


def create(environment: Path) -> None:
    """A new environment; it sees the packages of this Python if there is a torch to keep among them."""
    share = sys.prefix == sys.base_prefix and in_range(own := own_torch())
    if share:
        print(f"keeping torch {own} of {sys.executable}", flush=True)
    venv.create(environment, with_pip=True, system_site_packages=share)


def own_torch() -> str:
    """Version of the torch in the Python that runs this, or nothing."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def version_in(python: Path) -> str:
    """Version of the torch that another Python would import, or nothing."""
    done = subprocess.run([str(python), "-c", VERSION_OF_TORCH], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def in_range(version: str) -> bool:
    """Whether a torch of this version satisfies ``torch>=X.Y`` of pyproject.toml."""
    lowest = re.search(r'"torch>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert lowest
    return bool(version) and release(version) >= release(lowest[1])


def release(version: str) -> list[int]:
    """``2.13.0+cpu`` as [2, 13, 0]."""
    found = re.match(r"\d+(\.\d+)*", version)
    return [int(part) for part in found[0].split(".")] if found else []


def constrained(torch: str) -> str:
    """The text of constraints.txt, with the version ``torch`` in place of the pinned one if that is to be kept."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return re.sub(r"(?m)^torch==.*$", f"torch=={torch}", text) if in_range(torch) else text


if __name__ == "__main__":
    main()
