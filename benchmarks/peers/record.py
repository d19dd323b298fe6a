"""Record where diffusers' and k-diffusion's samplers end: tests/golden/peers.json, against which ours are tested.

    python benchmarks/peers/record.py .peers

Recorded are only methods that agree with ours; what differs, and why, stands in docs/peers.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from unfog.evaluate.peers.methods import AGREE
from unfog.evaluate.peers.parity import compare
from unfog.evaluate.peers.process import Peers

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "peers.json"


def main() -> None:
    """Run every method and write the file."""
    with Peers(sys.argv[1]) as peers:
        found = [one for one in compare(peers) if not one.method.because]
        lines = [json.dumps({"versions": peers.versions})]
    for one in found:
        print(f"{one.difference:.1e}  {one.method.library} {one.method.name}")
        assert one.difference <= AGREE, one.method.name
        entry = {
            "library": one.method.library,
            "name": one.method.name,
            "scales": one.scales,
            "end": one.theirs.tolist(),
        }
        lines.append(json.dumps(entry))
    GOLDEN.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"wrote {GOLDEN}")


if __name__ == "__main__":
    main()
