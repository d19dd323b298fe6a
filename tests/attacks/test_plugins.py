"""T25: the server loads no plug-in and writes nowhere but into its own folder: not over HTTP, not at the start."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from tests.support.doors import Doors
from tests.support.pictures import encoded, pattern
from tests.support.saved import save_tiny

pytestmark = pytest.mark.slow

CHANGE = {"x-unfog": "1"}
WRITES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "shutil.copyfile",
}
BODIES = [
    {"task": "generate", "prompt": "a red circle", "model": "tiny"},
    {"task": "train", "folder": "scenes", "name": "evil", "set": ["train.batch=12"]},
    {"id": "unfog_evil", "url": "https://evil.test/nodes.git", "install": True, "path": "../../../evil.py"},
    {"files": {"../../unfog/evil.py": "import os"}, "config": {"_target_": "os.system"}, "plugin": "evil:main"},
    {"sd_model_checkpoint": "../../evil", "outdir_samples": "/", "CLIP_stop_at_last_layers": 1},
]  # fmt: skip


@pytest.fixture(scope="module")
def touched():
    """What is written, run and imported for the first time; the hook cannot be taken away again."""
    seen, on = list[tuple[str, str]](), [False]

    def hook(event, arguments):
        if not on[0]:
            return
        if event == "open" and isinstance(arguments[0], str) and isinstance(arguments[1], str):
            if set(arguments[1]) & set("wax+"):
                seen.append(("write", arguments[0]))
        elif event in WRITES:
            seen.extend(("write", str(one)) for one in arguments[:2] if isinstance(one, str | Path))
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect"):
            seen.append(("run", f"{event} {arguments}"))
        elif event == "import" and arguments[0] not in sys.modules:
            seen.append(("import", arguments[0]))

    sys.addaudithook(hook)
    on[0] = True
    yield seen
    on[0] = False


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),), training=False)  # else a training would begin
    yield doors
    doors.close()


def test_no_route_writes_outside_of_the_data_folder(doors, touched, tmp_path_factory):
    own = (str(doors.engine.store.root), str(tmp_path_factory.getbasetemp()), "/dev/null")
    routes = doors.routes()
    assert len(routes) > 60
    touched.clear()
    for method, path in routes:
        if path.startswith("/v1/images/") or path.endswith(("2img", "-image")):
            continue  # they wait for a picture, and the job that they ask for is the first body of all
        for body in BODIES:
            doors(method, path, json=body)
        files = {"file": ("../../evil.py", encoded(pattern(8, 8)), "text/x-python")}
        doors(method, path, headers=CHANGE, files=files)
    written = {where for kind, where in touched if kind == "write"}
    assert any(where.startswith(own[0]) for where in written)  # an upload, at least
    assert [where for where in written if not where.startswith(own)] == []
    assert [what for kind, what in touched if kind == "run"] == []
    assert [what for kind, what in touched if kind == "import" and "evil" in what] == []


def test_no_route_is_about_code(doors):
    words = (
        "plugin",
        "node",
        "install",
        "update",
        "restart",
        "config",
        "script/",
        "eval",
        "exec",
        "shell",
        "customnode",
    )
    assert [path for _, path in doors.routes() if any(word in path.lower() for word in words)] == []


def test_nothing_in_the_package_looks_for_plug_ins(repo):
    """Neither entry points, nor modules by a name that is not written there, nor folders that are put on the path."""
    allowed = {
        "src/unfog/data/emoji_font.py",  # its own two extras, by name
        "src/unfog/evaluate/peers/worker.py",  # other people's samplers, in a process that a person starts
    }
    for path in (repo / "src").rglob("*.py"):
        name = path.relative_to(repo).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("entry_points", "iter_modules", "walk_packages", "spec_from_file_location"), (
                    name
                )
                path_of_python = isinstance(node.value, ast.Name) and (node.value.id, node.attr) == ("sys", "path")
                assert not path_of_python or name in allowed, name
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "import_module"
            ):
                assert name in allowed, name


def test_an_installed_package_that_offers_itself_is_not_loaded(tmp_path, monkeypatch, models):
    """A distribution with entry points of every name that somebody might look under."""
    groups = ("unfog", "unfog.plugins", "unfog.samplers", "unfog.tasks", "fastapi", "uvicorn")
    (tmp_path / "evil_plugin.py").write_text("raise SystemExit('loaded')\n", encoding="utf-8")
    info = tmp_path / "evil_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil-plugin\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"[{group}]\nevil = evil_plugin\n" for group in groups]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    doors = Doors(tmp_path / "data", (str(models / "tiny"),))
    try:
        assert doors("GET", "/api/v1/server").status_code == 200
        assert doors("POST", "/api/v1/jobs", json=BODIES[0]).status_code == 202
    finally:
        doors.close()
    assert "evil_plugin" not in sys.modules
