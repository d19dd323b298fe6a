"""What holds for every test: no network, nothing left changed behind, and runtime checks of every annotation.

This file must not import unfog: the checks are installed when the package is first imported by a test.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import ipaddress
import re
import socket
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jaxtyping
import pytest
import torch
import typing_extensions

REPO = Path(__file__).resolve().parent.parent


def _adapt_checks() -> None:
    """Let the checks of annotations, which jaxtyping wraps round every function and class of the package, see all.

    * A checked generator function remains one. ``@torch.no_grad()`` treats generator functions specially (gradients are
      off while the generator runs, and on again in the caller between two values) and would not recognise one in a
      plain wrapper, so the samplers would behave differently under test.
    * Interfaces (``Protocol``) become checkable at run time, which beartype needs of every class in an annotation.
    * A function without shapes is checked by beartype alone: the memory of shapes was a quarter of the time of the laws
      of samplers.
    """
    checked = jaxtyping.jaxtyped

    def jaxtyped(*, typechecker: Any) -> Callable[[Any], Any]:
        def decorate(fn: Any) -> Any:
            if inspect.isclass(fn) and typing_extensions.is_protocol(fn):
                return typing.runtime_checkable(fn)
            if inspect.isfunction(fn) and not _needs_memory(fn):
                return typechecker(fn)
            wrapped: Any = checked(fn, typechecker=typechecker)
            if not inspect.isgeneratorfunction(fn):
                return wrapped

            @functools.wraps(fn)
            def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
                return (yield from wrapped(*args, **kwargs))

            return generator

        return decorate

    jaxtyping.jaxtyped = jaxtyped


def _needs_memory(fn: Any) -> bool:
    """Whether an annotation names a shape, or something made of one, or what only a type checker imports."""
    names = {name for annotation in fn.__annotations__.values() for name in re.findall(r"\w+", str(annotation))}
    known = vars(builtins) | fn.__globals__
    return any(name not in known or _is_shape(known[name]) for name in names)


def _is_shape(value: Any) -> bool:
    if inspect.isclass(value) and issubclass(value, jaxtyping.AbstractArray | jaxtyping.AbstractDtype):
        return True
    return any(_is_shape(part) for part in typing.get_args(value))


_adapt_checks()


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the repository."""
    return REPO


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts with one thread: small tensors gain nothing from more, and on a busy machine lose tenfold.

    Commands, in this process or another, read the same from the environment.
    """
    torch.set_num_threads(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _nothing_left_changed() -> Iterator[None]:
    """A test that changes torch's global switches or the working folder would decide what the next one sees."""

    def switches() -> tuple[object, ...]:
        deterministic = torch.are_deterministic_algorithms_enabled()
        return torch.get_default_dtype(), torch.is_grad_enabled(), deterministic, Path.cwd()

    before = switches()
    yield
    assert switches() == before


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine may be connected to: a test that needs the network is a bug in the test or in the package."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _local_only(getattr(socket.socket, name)))


def _local_only(method: Any) -> Any:
    @functools.wraps(method)
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(str(address[0])):
            raise RuntimeError(f"a test tried to reach the network: {address}")
        return method(self, address)

    return guarded


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", socket.gethostname())
