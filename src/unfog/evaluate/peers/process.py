"""The peers as a process: ``worker.py`` in another Python environment, asked line by line.

Requests and answers are lines of JSON; arrays are safetensors files in a temporary folder. The peers
are never imported here.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from jaxtyping import Float64
from safetensors.torch import load_file, save_file
from torch import Tensor

from unfog.evaluate.problems import Problem
from unfog.util.errors import UsageError

WORKER = Path(__file__).with_name("worker.py")
Json = Mapping[str, Any]


class RefusedError(Exception):
    """The peer refuses these options, or fails on them."""


@dataclass(frozen=True)
class Nodes:
    """Where a peer will look: alpha and sigma from the first node to the end, and its number of evaluations."""

    scales: tuple[tuple[float, float], ...]
    calls: int


@dataclass(frozen=True)
class Ran:
    """What became of a run.

    Fields:
        begin, end: the peer's first and last state, in its own scale.
        calls: evaluations of the network.
        alpha, sigma: scales of the first node.
    """

    begin: Float64[Tensor, "n d"]
    end: Float64[Tensor, "n d"]
    calls: int
    alpha: float
    sigma: float


class Peers:
    """A running worker; a context manager that ends it.

    Args:
        python: the interpreter of the environment, or the environment's folder.

    Raises:
        UsageError: there is no such interpreter, or it lacks the peers.
    """

    def __init__(self, python: str | Path) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="unfog-peers-")
        command = [str(interpreter(python)), str(WORKER)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - it was named
        self.files = 0
        try:
            self.versions: dict[str, str] = self.ask({"do": "versions"})
        except RefusedError as refusal:
            self.close()
            raise UsageError(f"{python} lacks a peer ({refusal}): make it as docs/peers.md says") from refusal

    def __enter__(self) -> Peers:  # noqa: PYI034 - checked at run time, where Self is not known
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and remove its files."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(timeout=30)
        self.folder.cleanup()

    def ask(self, request: Json) -> dict[str, Any]:
        """One request, one answer.

        Raises:
            RefusedError: the worker could not do it.
            UsageError: the worker ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise UsageError("the peers' process ended; its error stands above. Make it anew as docs/peers.md says")
        reply: dict[str, Any] = json.loads(line)
        if "refused" in reply:
            raise RefusedError(reply["refused"])
        return reply["ok"]

    def give(self, problem: Problem, noise: Float64[Tensor, "n d"]) -> None:
        """Hand over a problem under its name, and unit noise to start from."""
        arrays = {"means": problem.means, "weights": problem.weights, "noise": noise}
        if problem.covs is not None:
            arrays["covs"] = problem.covs
        self.ask({"do": "problem", "name": problem.name, "arrays": self.file(arrays)})

    def plan(self, scheduler: str, options: Json, steps: int, *, precise: bool = False) -> Nodes:
        """The nodes of a scheduler of diffusers."""
        found = self.ask({"do": "plan", "scheduler": scheduler, "options": options, "steps": steps, "precise": precise})
        return Nodes(tuple((a, s) for a, s in found["nodes"]), found["calls"])

    def run(self, problem: str, request: Json, fresh: Sequence[Tensor] | None = None) -> Ran:
        """Run a peer; ``fresh`` is what it gets, one after the other, when it draws noise."""
        result = Path(self.folder.name) / "result.safetensors"
        given = {} if fresh is None else {"arrays": self.file({"fresh": torch.stack(list(fresh))})}
        found = self.ask({"do": "run", "problem": problem, "result": str(result), **request, **given})
        arrays = load_file(result)
        return Ran(arrays["begin"], arrays["end"], found["calls"], found["alpha"], found["sigma"])

    def file(self, arrays: Mapping[str, Tensor]) -> str:
        """Arrays as a file of the temporary folder."""
        self.files += 1
        path = Path(self.folder.name) / f"{self.files % 8}.safetensors"
        save_file({name: array.double().contiguous() for name, array in arrays.items()}, path)
        return str(path)


def interpreter(python: str | Path) -> Path:
    """The Python of an environment that is given by its folder or by its Python.

    Raises:
        UsageError: there is none.
    """
    path = Path(python)
    found = path / "bin" / "python" if path.is_dir() else path
    if not found.is_file():
        raise UsageError(f"no Python at {found}: --peers takes the folder of an environment made as docs/peers.md says")
    return found
