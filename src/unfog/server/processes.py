"""Where a server computes: a process for each device, two for a CPU unasked, and its threads for each.

The layers of a small picture are short, and threads that compute one together wait for each other, while Python has
only one of them at work. So many clients are served faster by two processes with a thread each, and one client by one
process with all threads: those that have work share them, from step to step. What was measured, and that the models
that come with unfog paint the same pixels with any number, is in docs/LOG.md ("A crowd on a CPU").
"""

from __future__ import annotations

from unfog.util.devices import pick_device

ON_A_CPU = 2  # processes, each with its models in memory


def named(said: str | None) -> list[str]:
    """The devices that ``--device`` names, with commas between several; ``None``: the fastest.

    Raises:
        UsageError: an unknown one, or one that is not there.
    """
    return [str(pick_device(one)) for one in ([None] if said is None else map(str.strip, said.split(",")))]


def devices_of(said: str | None, threads: int) -> list[str]:
    """The device of each process.

    Args:
        said: as of ``named``.
        threads: of the CPU, all together.

    Raises:
        UsageError: as ``named``.
    """
    devices = named(said)
    return devices * min(ON_A_CPU, threads) if said is None and devices == ["cpu"] else devices


def threads_of(total: int, at_work: int) -> int:
    """The threads of each of ``at_work`` processes, and of one that gets work where none has any."""
    return max(1, total // max(1, at_work))
