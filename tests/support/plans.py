"""Plans of small training runs for tests."""

from __future__ import annotations

from typing import Any

from tests.support.outcome import outcome
from unfog.config.train import TrainRequest
from unfog.jobs.plan import Plan, plan


def planned(data: str, **settings: Any) -> Plan:
    """What ``unfog train DATA`` with these settings (fields of ``TrainRequest``) starts from."""
    return outcome(plan(TrainRequest.parse({"data": data, **settings})))
