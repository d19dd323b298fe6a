"""Names a person mistyped: say what there is, and which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """One line: the name that is not known, the nearest one that is, and all of them.

    >>> unknown("sampler", "unipcc", ["ddim", "unipc"])
    "unknown sampler 'unipcc'; did you mean 'unipc'? There are: ddim, unipc"
    """
    known = list(names)
    lower = {item.lower(): item for item in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    hint = f"; did you mean {lower[near[0]]!r}?" if near else "."
    return f"unknown {kind} {name!r}{hint} There are: {', '.join(known) or 'none'}"
