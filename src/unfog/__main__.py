"""``python -m unfog``, and the entry point of the command ``unfog``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Threads that wait for each other spin for some microseconds, then sleep. Spinning on made a command take ten times
    # as long where other work was on the cores; sleeping at once takes a third of the speed where there is none
    # (docs/LOG.md). Read when torch is loaded, by the OpenMP of its Linux builds.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    from unfog.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
