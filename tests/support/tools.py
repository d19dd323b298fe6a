"""The scripts of ``tools``, which are no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def tool(repo: Path, name: str) -> ModuleType:
    """The script ``tools/NAME.py``, loaded anew."""
    spec = importlib.util.spec_from_file_location(name, repo / f"tools/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
