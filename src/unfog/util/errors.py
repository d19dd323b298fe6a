"""Errors for people: one line that names the value, what is allowed and the fix, with an exit code of its own.

Every class here is a ``ValueError``, so a caller from Python may catch that. ``assert`` stays for this package's own
invariants. The exit codes are fixed in ``docs/decisions/004-exit-codes.md``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit codes of the ``unfog`` command."""

    OK = 0
    USAGE = 2
    DISK = 3
    LOCKED = 4
    DATA = 5
    DIVERGED = 6
    MEMORY = 7
    MODEL = 8
    RECIPE = 9
    INTERNAL = 70
    INTERRUPTED = 75
    CTRL_C = 130


def one_line(text: str) -> str:
    """``text`` with line breaks, control and unpaired surrogate characters written as escapes: safe on a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class UnfogError(ValueError):
    """Something a person can put right.

    Args:
        message: one sentence or two: the offending value, the allowed ones, the fix. Unprintable characters in it
            (they may come from a file name or a prompt) are escaped, so it stays one line.
        field: the setting that is meant, if it is one, with dots: for programs.
    """

    exit_code: ClassVar[Exit] = Exit.USAGE

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(one_line(message))
        self.field = field


class UsageError(UnfogError):
    """A wrong option, name, range or combination of them."""


class DiskError(UnfogError):
    """The disk is full, over quota, read-only or refuses to be written; nothing half-written is left."""

    exit_code = Exit.DISK


class LockedError(UnfogError):
    """Another process is using the folder."""

    exit_code = Exit.LOCKED


class DataError(UnfogError):
    """Pictures or captions that cannot be used."""

    exit_code = Exit.DATA


class DivergedError(UnfogError):
    """Training met a loss or a weight that is not finite; the last good checkpoint is named."""

    exit_code = Exit.DIVERGED


class MemoryLimitError(UnfogError):
    """The work does not fit into memory."""

    exit_code = Exit.MEMORY


class ModelError(UnfogError):
    """A model folder that is missing, damaged, of a foreign format or not to be trusted."""

    exit_code = Exit.MODEL


class RecipeError(UnfogError):
    """A recipe that is missing, malformed, out of bounds or not what made its picture."""

    exit_code = Exit.RECIPE


class InterruptedRunError(UnfogError):
    """Stopped on request after saving; the same command with ``--resume`` continues."""

    exit_code = Exit.INTERRUPTED
