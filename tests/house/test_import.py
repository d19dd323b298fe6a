"""Importing does nothing, and what needs no torch does not load it."""

from __future__ import annotations

import json
import subprocess
import sys

# Records what the interpreter is asked to do while unfog is imported. Reading modules is what an import is.
WATCH = """
import json, os, sys, site
seen = []
def modules_only(path):
    path = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    return path.endswith((".py", ".pyc", ".so", ".pyd")) or os.path.isdir(path)
def watch(event, args):
    if event == "open":
        writes = args[2] is not None and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or not modules_only(args[0]):
            seen.append([event, str(args[0])])
    elif event.split(".")[0] in ("socket", "subprocess", "shutil", "tempfile") or event in (
        "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.system", "os.exec", "os.fork", "os.putenv",
        "os.chdir", "os.chmod", "urllib.Request", "exec.eval"):
        seen.append([event, str(args[:1])])
sys.dont_write_bytecode = True
sys.addaudithook(watch)
import unfog
dir(unfog)
print(json.dumps({"seen": seen, "modules": sorted(sys.modules)}))
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_import_reads_modules_and_does_nothing_else():
    report = json.loads(run(WATCH))
    assert report["seen"] == []
    assert {"torch", "numpy", "PIL", "pydantic", "tokenizers"} & set(report["modules"]) == set()


def test_the_watch_sees_what_it_should(tmp_path):
    code = WATCH.replace(
        "import unfog\ndir(unfog)", f"open({str(tmp_path / 'a.txt')!r}, 'w'); os.mkdir({str(tmp_path / 'b')!r})"
    )
    assert [event for event, _ in json.loads(run(code))["seen"]] == ["open", "os.mkdir"]


def test_help_loads_no_torch(repo):
    """Of the main command and of every verb."""
    verbs = sorted(p.stem for p in (repo / "src/unfog/cli").glob("*.py") if p.stem not in ("__init__", "main"))
    code = """
import json, sys
from unfog.__main__ import main
sys.argv = ["unfog", *json.loads(sys.argv[1]), "--help"]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None), end.code
assert "torch" not in sys.modules and "numpy" not in sys.modules, sorted(sys.modules)
"""
    text = run(code, "[]")
    assert "generate" in text
    assert "train" in text
    assert len(verbs) >= 5


def test_configuration_loads_no_torch(repo):
    names = [f"unfog.config.{p.stem}" for p in sorted((repo / "src/unfog/config").glob("*.py")) if p.stem != "__init__"]
    code = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
assert "torch" not in sys.modules
"""
    run(code, *names)
    assert len(names) >= 4
