"""Attention reached by value: a caller says which maps it wants to see, and may change them, for one call.

A site is named after where it stands in the network: ``core.2.self`` is the self-attention of the third transformer
block of the core, ``core.2.cross`` its attention to the text. Heat-maps, self-attention guidance, perturbed-attention
guidance and prompt-to-prompt are all written on this; no hooks, nothing remembered between calls. A whole transformer
block, ``core.2``, can be skipped: its input is its output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Probe:
    """What to observe during one network call.

    Fields:
        want: names of the sites to observe.
        maps: filled during the call with attention probabilities ``(b, heads, queries, keys)``; owned by the caller.
        edit: optional ``(site, probabilities) -> probabilities`` applied at the wanted sites before they are used.
        skip: names of the blocks to skip.
        skipped: filled during the call with the names of the blocks that were; owned by the caller.
    """

    want: frozenset[str]
    maps: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    edit: Callable[[str, Tensor], Tensor] | None = None
    skip: frozenset[str] = frozenset()
    skipped: set[str] = field(default_factory=set[str])

    def see(self, site: str, probabilities: Tensor) -> Tensor:
        """Record (and possibly replace) the attention probabilities of one wanted site."""
        if self.edit is not None:
            probabilities = self.edit(site, probabilities)
        self.maps[site] = probabilities
        return probabilities

    def skips(self, block: str) -> bool:
        """Whether to skip this block; records that it was."""
        if block in self.skip:
            self.skipped.add(block)
        return block in self.skip
