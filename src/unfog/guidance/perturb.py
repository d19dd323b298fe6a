"""A network disturbed on purpose in some transformer blocks: the bad version that PAG, SEG and SLG push away from.

What is disturbed is named as in ``core/probe``: the block ``core.2``, its self-attention ``core.2.self``. The middle of
the network decides on composition; disturbing it costs structure and leaves texture, which is what guidance away from
it should improve. Alone, ``auto(bound(denoiser, cond), worse(...), 1 + s)`` costs two evaluations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched
from unfog.core.probe import Probe
from unfog.util.errors import UsageError

Edit = Callable[[Tensor], Tensor]  # attention probabilities (b, heads, queries, keys) -> the same


def worse(denoiser: Watched, cond: Cond, blocks: Sequence[str], edit: Edit | None) -> Denoise:
    """``denoiser`` under ``cond`` with the self-attention of ``blocks`` edited, or (``None``) those blocks skipped.

    Raises:
        UsageError: no block is named; when called: the network has no such block.
    """
    if not blocks:
        raise UsageError("no block to disturb: name some, such as 'core.0'")

    def disturbed(x: Tensor, t: Tensor) -> Tensor:
        if edit is None:
            probe = Probe(frozenset(), skip=frozenset(blocks))
            out = denoiser(x, t, cond.expand(x.shape[0]), probe)
            missing = [block for block in blocks if block not in probe.skipped]
        else:
            change, sites = edit, [f"{block}.self" for block in blocks]
            probe = Probe(frozenset(sites), edit=lambda _, attention: change(attention))
            out = denoiser(x, t, cond.expand(x.shape[0]), probe)
            missing = [site for site in sites if site not in probe.maps]
        if missing:
            raise UsageError(f"the network has no {missing[0]!r} to disturb; its middle block is called 'core.0' or so")
        return out

    return disturbed


def middle(depth: int) -> tuple[str, ...]:
    """The blocks of the middle third of a core of ``depth`` blocks: the third and fourth of six."""
    return tuple(f"core.{i}" for i in range(depth // 3, depth - depth // 3))
