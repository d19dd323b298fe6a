"""Numbers for Prometheus, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from unfog.server.engine import Engine


def metric(name: str, kind: str, help_text: str, values: Mapping[str, float]) -> list[str]:
    """One metric; keys are labels, as ``state="done"``, or empty."""
    rows = [f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in values.items()]
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}", *rows]


def metrics_text(engine: Engine) -> str:
    """All of them."""
    crew, ledger = engine.crew, engine.ledger
    states = ("done", "failed", "cancelled", "expired")
    parts: Iterable[list[str]] = (
        metric("unfog_jobs_total", "counter", "Jobs that have ended.",
               {f'state="{state}"': ledger.ended[state] for state in states}),
        metric("unfog_pictures_total", "counter", "Pictures that were finished.", {"": ledger.pictures}),
        metric("unfog_queue_depth", "gauge", "Jobs that wait.", {"": len(crew.line) + len(crew.retries)}),
        metric("unfog_jobs_running", "gauge", "Jobs that are being made.", {"": len(crew.working)}),
        metric("unfog_training_running", "gauge", "Trainings that run.", {"": int(crew.training.run is not None)}),
        metric("unfog_workers_ready", "gauge", "Processes that take work.", {"": sum(p.ready for p in crew.posts)}),
        metric("unfog_worker_restarts_total", "counter", "Processes that died and were replaced.", {"": crew.restarts}),
        ["# HELP unfog_job_seconds From the start of a job to its end.", "# TYPE unfog_job_seconds histogram",
         *ledger.job_seconds.lines("unfog_job_seconds")],
        ["# HELP unfog_step_seconds Between two steps of a process.", "# TYPE unfog_step_seconds histogram",
         *crew.step_seconds.lines("unfog_step_seconds")],
        metric("unfog_ready", "gauge", "Whether jobs are taken and begun.", {"": int(engine.ready)}),
        metric("process_resident_memory_bytes", "gauge", "Memory of the server without its workers.",
               {"": resident_bytes()}),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part) + "\n"


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    found = [line.split() for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
    return int(found[0][1]) * 1024 if found else 0
