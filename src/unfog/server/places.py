"""Where a server computes: its devices, a process for each, and the threads of a CPU that they share.

The layers of a small picture are short, and threads that compute one together wait for each other, while Python has
only one of them at work. So many clients are served faster by two processes with a thread each, and one client by one
process with all threads. Hence two processes on a CPU; a job that begins gets the threads by the number of those that
have work then. Pixels do not depend on it: docs/LOG.md, "A crowd on a CPU".
"""

from __future__ import annotations

from unfog.util.devices import pick_device

TOGETHER = 2  # processes on a CPU, each with its models in memory


def devices_of(said: str | None, threads: int) -> list[str]:
    """The device of each process.

    Args:
        said: as in ``--device``, with commas between several; ``None``: the fastest.
        threads: of the CPU, all together.
    """
    if said is not None:
        return [one.strip() for one in said.split(",")]
    fastest = pick_device().type
    return [fastest] * (min(TOGETHER, threads) if fastest == "cpu" else 1)


def share(threads: int, at_work: int) -> int:
    """The threads of a job, where ``at_work`` processes have work, its own among them."""
    return max(1, threads // at_work)
