"""``python -m unfog``, and the entry point of the command ``unfog``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Threads that wait for each other sleep instead of spinning: with other work on the cores, spinning took ten times
    # as long (docs/LOG.md). Read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from unfog.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
