"""T26, T27: nothing listens that nobody asked for, and what was asked for listens on this machine only."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.folders import captioned_folder, settings
from tests.support.serving import Serving
from tests.support.sockets import listening

from unfog.config.train import TrainRequest
from unfog.jobs.train import train_job

pytestmark = pytest.mark.slow

LINUX = pytest.mark.skipif(not Path("/proc/self/net/tcp").is_file(), reason="only Linux tells it so")
PATIENCE_S = 300
TRAIN = settings("train.batch=12", "train.preview_every_images=960")
SIDE_SERVERS = {"ray", "trackio", "tensorboard", "gradio", "wandb", "mlflow", "visdom", "aim", "xmlrpc", "socketserver"}


@LINUX
def test_the_look_at_ports_sees_them():
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("::1", 0), family=socket.AF_INET6) as six:
        assert listening(os.getpid()) >= {("127.0.0.1", one.getsockname()[1]), ("::1", six.getsockname()[1])}
        port = one.getsockname()[1]
    assert ("127.0.0.1", port) not in listening(os.getpid())


@LINUX
def test_a_training_listens_nowhere(tmp_path):
    """From its first word to its last; what torch could open for it would be open to everybody."""
    data, before = captioned_folder(tmp_path / "data", 6), listening(os.getpid())
    request = TrainRequest(data=str(data), images=24, assignments=tuple(text for text in TRAIN if text != "--set"))
    seen = [listening(os.getpid()) for _ in train_job(tmp_path / "run", request, device="cpu", threads=1)]
    assert len(seen) > 3
    assert all(one <= before for one in seen)


@LINUX
def test_a_server_listens_once_and_on_this_machine(tmp_path, models):
    before = listening(os.getpid())
    serving = Serving(tmp_path / "data", models=(str(models / "tiny"),))
    try:
        assert listening(os.getpid()) - before == {("127.0.0.1", serving.port)}
    finally:
        serving.stop()
    assert listening(os.getpid()) <= before


def unfog(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "unfog", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "studio"])
def test_the_server_s_workers_listen_nowhere(models, tmp_path, command):
    """Neither while it is loading, nor while it draws, nor while it trains."""
    import httpx2

    extra = ["--no-browser"] if command == "studio" else []
    process = unfog(command, "--port", 0, "--model", models / "tiny", "--data", tmp_path / "d", "--threads", 1, *extra)
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found
        own = {("127.0.0.1", int(found[1]))}
        with httpx2.Client(base_url=found[0], timeout=PATIENCE_S, trust_env=False) as http:
            train = {"task": "train", "folder": "scenes", "name": "t", "images": 64, "preset": "tiny", "size": 16}
            jobs = [
                http.post("/api/v1/jobs", json=ask).json()["id"]
                for ask in ({"task": "generate", "prompt": "a red circle", "native": True}, train)
            ]
            end, states = time.monotonic() + PATIENCE_S, {"queued"}
            while states & {"queued", "running"} and time.monotonic() < end:
                assert listening(process.pid) == own
                states = {http.get(f"/api/v1/jobs/{job}").json()["state"] for job in jobs}
                time.sleep(0.1)
            assert states == {"done"}
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


@LINUX
@pytest.mark.slow
def test_no_other_command_listens(models, tmp_path):
    data = captioned_folder(tmp_path / "data", 6)
    tiny = ("--model", models / "tiny")
    for arguments in (
        ("generate", "a red circle", *tiny, "--native", "-o", tmp_path / "out"),
        ("train", data, "--out", tmp_path / "run", "--images", 96, "--threads", 1, *TRAIN),
        ("explain", "forward", data / "0000.png", "-o", tmp_path / "page"),
        ("data", "check", data),
        ("doctor",),
        ("model", "list"),
    ):
        process = unfog(*arguments, UNFOG_HOME=str(tmp_path / "home"))
        looks = 0
        while process.poll() is None:
            assert listening(process.pid) == set(), arguments
            looks += 1
            time.sleep(0.02)
        assert process.stdout is not None
        process.stdout.close()
        assert looks > 3, arguments
        assert process.returncode == 0, arguments


def test_nothing_in_the_package_speaks_to_other_machines(repo):
    """Neither torch.distributed, which listens on every address, nor a side server, nor objects to unpickle."""
    for path in (repo / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("torch.distributed") for name in named), path
            assert not SIDE_SERVERS & {name.partition(".")[0] for name in named}, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("init_process_group", "broadcast_object_list", "distributed"), path
