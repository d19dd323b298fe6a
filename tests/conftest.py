"""What holds for every test: no network, nothing left changed behind, and runtime checks of every annotation.

This file must not import unfog: the checks are installed when the package is first imported by a test.
"""

from __future__ import annotations

import builtins
import dataclasses
import functools
import gc
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
_memory: Any = functools.partial(jaxtyping.jaxtyped, "context")


def _adapt_checks() -> None:
    """Let the checks of annotations, which jaxtyping wraps round every function and class of the package, see all.

    * A checked generator function remains one. ``@torch.no_grad()`` treats generator functions specially (gradients are
      off while the generator runs, and on again in the caller between two values) and would not recognise one in a
      plain wrapper, so the samplers would behave differently under test.
    * Interfaces (``Protocol``) become checkable at run time, which beartype needs of every class in an annotation.
    * A function is checked by beartype, once, in a fresh memory of the sizes of named axes; without named axes there is
      nothing to remember. jaxtyping's own wrapper, which remains where beartype would stumble over a name that is not
      imported, checks the arguments twice and binds them besides: two thirds of the time of the laws of samplers.
    """
    checked = jaxtyping.jaxtyped

    def jaxtyped(*, typechecker: Any) -> Callable[[Any], Any]:
        def decorate(fn: Any) -> Any:
            if inspect.isclass(fn):
                return decorate_class(fn)
            named, generator = _named(fn), inspect.isgeneratorfunction(fn)
            if named is not None and not any(_has_axes(value) for value in named):
                return typechecker(fn)
            if named is not None and not generator:
                return _remembering(typechecker(fn))
            wrapped = checked(fn, typechecker=typechecker)
            return _generator(fn, wrapped) if generator else wrapped

        def decorate_class(cls: Any) -> Any:
            if typing_extensions.is_protocol(cls):
                return typing.runtime_checkable(cls)
            if dataclasses.is_dataclass(cls) and "__init__" in vars(cls):
                cls.__init__ = decorate(cls.__init__)
            return cls

        return decorate

    jaxtyping.jaxtyped = jaxtyped


def _remembering(fn: Any) -> Any:
    """Each call has its own memory of the sizes of named axes."""

    @functools.wraps(fn)
    def remembering(*args: Any, **kwargs: Any) -> Any:
        with _memory():
            return fn(*args, **kwargs)

    return remembering


def _generator(fn: Any, wrapped: Any) -> Any:
    @functools.wraps(fn)
    def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
        return (yield from wrapped(*args, **kwargs))

    return generator


def _named(fn: Any) -> list[Any] | None:
    """What the annotations name; ``None`` if some of it is imported by type checkers only."""
    names = {
        name for annotation in fn.__annotations__.values() for name in re.findall(r"[^\W\d]\w*", _bare(annotation))
    }
    known = vars(builtins) | fn.__globals__
    return [known[name] for name in names] if names <= known.keys() else None


def _bare(annotation: Any) -> str:
    """An annotation without the strings in it and without what is reached by a dot."""
    return re.sub(r"""(["']).*?\1|\.\w+""", "", str(annotation))


def _has_axes(value: Any) -> bool:
    """Whether it is a shape that names an axis, or is made of one; a shape that is only begun may become one."""
    if inspect.isclass(value) and issubclass(value, jaxtyping.AbstractArray):
        return any(character.isalpha() for character in value.dim_str)
    if inspect.isclass(value) and issubclass(value, jaxtyping.AbstractDtype):
        return True
    return any(_has_axes(part) for part in typing.get_args(value))


def _remember_dtypes() -> None:
    """Of a tensor of any shape (``...``), as most annotations of small functions are, only the dtype is in question.

    The answer for each is remembered; jaxtyping would look at the shape and copy its memory of axes every time.
    """
    meta: Any = type(jaxtyping.AbstractArray)
    check = meta.__instancecheck__
    known: dict[tuple[type, torch.dtype], bool] = {}

    def instancecheck(cls: Any, value: object) -> bool:
        if type(value) is not torch.Tensor or getattr(cls, "dim_str", "") != "...":
            return check(cls, value)
        key = cls, value.dtype
        if key not in known:
            known[key] = check(cls, value)
        return known[key]

    meta.__instancecheck__ = instancecheck


_adapt_checks()
_remember_dtypes()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: no garbage is looked for in it, now or during the tests.

    Looking through it again and again took a third of the time of collecting.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
