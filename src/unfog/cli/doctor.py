"""``unfog doctor``: is everything here as it should be?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from unfog.util.errors import Exit, one_line

SIGNS = {"ok": "ok  ", "note": "note", "fail": "FAIL"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> int:
    """Check this installation.

    Versions, security floors, device, fonts, models, folders; exit code 2 if one fails.
    """
    from unfog.cli.show import follow
    from unfog.jobs.doctor import doctor_job

    payload = follow(doctor_job(), as_json=as_json, say=say)
    return Exit.OK if payload["healthy"] else Exit.USAGE


def say(payload: Mapping[str, Any]) -> None:
    """One check per line, with the fix where one is needed."""
    for c in payload["checks"]:
        fix = f": {c['fix']}" if c["fix"] else ""
        print(one_line(f"{SIGNS[c['state']]}  {c['name']:<22} {c['value']}{fix}"))
