"""Training under faults, at length: killed at any moment, and on a disk that is full at any size; `make check`."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.story.test_train import command, events, weights
from tests.support.disk import small_files
from tests.support.folders import captioned_folder

from unfog.cli.main import run
from unfog.util.errors import Exit

ROUNDS = 3
KILLS = 6
IMAGES = 480
ROOM = (1_000, 10_000, 60_000, 120_000, 300_000, 450_000, 700_000, 1_500_000)  # bytes that a file may have


@pytest.mark.slow
def test_killed_at_any_moment_it_is_the_same_run(tmp_path: Path) -> None:
    """SIGKILL after a random time, start-up and saving included; what a kill leaves never stands in the way."""
    data, whole = captioned_folder(tmp_path / "data", 40), tmp_path / "whole"
    begin = time.monotonic()
    assert subprocess.run([sys.executable, "-m", "unfog", *command(data, whole, IMAGES)], check=False).returncode == 0
    lasts, moments = time.monotonic() - begin, secrets.SystemRandom()
    for k in range(ROUNDS):
        torn, waits = tmp_path / f"torn-{k}", [moments.uniform(0, lasts) for _ in range(KILLS)]
        for wait in waits:
            process = subprocess.Popen([sys.executable, "-m", "unfog", *command(data, torn, IMAGES), "--resume"])
            time.sleep(wait)
            process.kill()
            process.wait()
        assert run([*command(data, torn, IMAGES), "--resume"]) == Exit.OK, waits
        assert weights(torn) == weights(whole), waits
        assert events(torn) == events(whole), waits
        assert not list(torn.rglob(".tmp-*")), waits


@pytest.mark.slow
def test_a_disk_that_is_full_at_any_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever file does not fit, the run ends with the code for it and goes on once there is room."""
    data, whole = captioned_folder(tmp_path / "data", 40), tmp_path / "whole"
    assert run(command(data, whole, 96)) == Exit.OK
    codes = set[int]()
    for room in ROOM:
        out = tmp_path / f"run-{room}"
        capsys.readouterr()
        with small_files(room):
            code = run(command(data, out, 96))
        codes.add(code)
        error = capsys.readouterr().err
        assert code in (Exit.OK, Exit.DISK), (room, error)
        if code == Exit.DISK:
            assert error.splitlines()[-1].startswith("unfog: "), (room, error)
        assert run([*command(data, out, 96), "--resume"]) == Exit.OK, room
        assert weights(out) == weights(whole), room
        assert events(out) == events(whole), room
    assert codes == {Exit.OK, Exit.DISK}
