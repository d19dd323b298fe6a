"""What strangers are told of a failure, and that the log has the rest."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from unfog.server.policy import PolicyError
from unfog.server.telling import Teller, problem, reported
from unfog.util.errors import DataError, DiskError, ModelError, UsageError

WITHHELD = {
    "model_error": ModelError("/models/x/model.safetensors is damaged"),
    "disk_full": DiskError("cannot write /data/x.png: the disk is full"),
    "invalid_request": DataError("/data/x.png is damaged"),
    "internal_error": RuntimeError("a bug"),
    "out_of_memory": MemoryError("4 GiB"),
}


class Silent:
    """Takes messages."""

    def say(self, what: str, blob: bytes = b"", **facts: object) -> None:
        assert (what, blob, facts["job"]) == ("failed", b"", "a7")


@pytest.mark.parametrize("code", WITHHELD)
def test_the_log_has_what_is_not_told(code, caplog):
    error = WITHHELD[code]
    Teller("a7", Silent(), preview_s=0.0, preview_side=8, out=Path()).fail(error)
    assert problem(error)[0] == code
    assert str(error) not in problem(error)[1]
    assert [record.getMessage() for record in caplog.records] == [f"job a7 failed: {error}"]


def test_what_is_told_is_not_in_the_log_unless_it_was_refused(caplog):
    assert reported(UsageError("steps = 0 is not allowed"), "job a7")[1] == "steps = 0 is not allowed"
    assert caplog.records == []
    assert reported(PolicyError("it does not draw that"), "job a7")[1] == "it does not draw that"
    assert [record.getMessage() for record in caplog.records] == ["job a7 failed: it does not draw that"]


def test_a_database_that_cannot_be_written_is_a_full_disk():
    assert problem(sqlite3.OperationalError("database or disk is full")) == problem(DiskError("full"))
    assert problem(DiskError("full"))[0] == "disk_full"


@pytest.mark.parametrize(
    ("statement", "code"),
    [("INSERT INTO known VALUES(1)", "internal_error"), ("SELECT nothing FROM known", "internal_error"),
     ("INSERT INTO known VALUES(zeroblob(9999))", "disk_full")],
)  # fmt: skip
def test_what_is_wrong_with_a_statement_is_no_full_disk(statement, code):
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("PRAGMA max_page_count = 3")
        db.execute("CREATE TABLE known(x UNIQUE)")
        db.execute("INSERT INTO known VALUES(1)")
        with pytest.raises(sqlite3.Error) as caught:
            db.execute(statement)
    assert problem(caught.value)[0] == code
