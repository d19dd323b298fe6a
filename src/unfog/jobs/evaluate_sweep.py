"""Quality against evaluations per picture: the suites ``scenes`` and ``distribution``, once for each number.

An evaluation is one of the guided model: two of the network (``nfe``) where it is guided.

Prompts, seeds, renders and the check of the grader are the same for all of them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from unfog.config.sample import SampleConfig
from unfog.data.compose.dataset import Compositions
from unfog.evaluate.features import Eyes
from unfog.jobs.evaluate_distribution import against, renders
from unfog.jobs.evaluate_draw import Bench
from unfog.jobs.evaluate_scenes import graded, trusted_questions
from unfog.jobs.events import Progress


def sweep(
    bench: Bench,
    samples: Sequence[tuple[int, SampleConfig]],
    data: Compositions | None,
    eyes: Eyes | None,
    *,
    scenes: bool,
) -> Generator[Progress, None, dict[str, Any]]:
    """Every number of evaluations with its metrics; in the common list their names end in ``_at_K``."""
    known: dict[str, Any] = {}
    questions = references = None
    if scenes:
        yield Progress(0, 0, "trying the grader on renders")
        questions, known["grader"] = trusted_questions(bench)
    if eyes is not None:
        assert data is not None
        reference = yield from renders(bench, data, eyes, 1)
        references = (reference, (yield from renders(bench, data, eyes, 2)))
    rows = list[dict[str, Any]]()
    for evaluations, sample in samples:
        bench.sample = sample
        rows_before, pictures_before = bench.tally.rows, bench.pictures
        metrics, row = list[dict[str, Any]](), dict[str, Any]()
        if questions is not None:
            metrics += yield from graded(bench, questions)
        if references is not None:
            assert data is not None
            assert eyes is not None
            found = yield from against(bench, data, eyes, *references)
            metrics += found["metrics"]
            row["distances"] = found["distances"]
        spent = round((bench.tally.rows - rows_before) / (bench.pictures - pictures_before))
        known_of = {"evaluations": evaluations, "nfe": spent, "sample": sample.model_dump(mode="json")}
        rows.append(known_of | {"metrics": metrics} | row)
    every = [m | {"name": f"{m['name']}_at_{row['evaluations']}"} for row in rows for m in row["metrics"]]
    return {"metrics": every, "rows": rows} | known
