"""The vocabulary of a run: learned from its captions, which also say how many tokens the model has to read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from unfog.config.model import WORDLESS
from unfog.config.train import RunConfig
from unfog.jobs.datasets import told_captions
from unfog.jobs.plan import Plan
from unfog.model.store import read_vocabulary
from unfog.text.tokenizer import Tokenizer

CAPTIONS = 20_000  # captions that the vocabulary is learned from, at most
FITTING = 0.995  # least share of captions that fit, unless they need more than LONGEST tokens
LONGEST = 128  # tokens; attention to more costs more than their captions usually say
MAX_TOKENS = "model.text.max_tokens"
EXAMPLES = 8


@dataclass(frozen=True)
class Vocabulary:
    """What captions decide: ``config`` with its number of tokens, the ``share_cut`` of captions that are longer.

    ``tokenizer`` is ``None`` for a model that reads no text.
    """

    config: RunConfig
    tokenizer: Tokenizer | None
    examples: tuple[str, ...]
    share_cut: float


def learn_vocabulary(plan: Plan) -> Vocabulary:
    """Learn it from the training captions, or take that of the model the run starts from.

    Captions set ``max_tokens``, if nobody did and the preset's are too few.
    """
    if isinstance(plan.config.model, WORDLESS):
        return Vocabulary(plan.config, None, (), 0.0)
    text, captions = plan.config.model.text, plan.dataset.captions(CAPTIONS)
    tokenizer = (
        read_vocabulary(plan.start, plan.config.model)
        if plan.start is not None
        else Tokenizer.train(captions, vocabulary=text.vocabulary, max_tokens=text.max_tokens, buckets=text.buckets)
    )
    lengths = sorted(tokenizer.count_all(captions))
    config = plan.config
    if MAX_TOKENS not in plan.chosen and plan.start is None:
        needed = -(-lengths[math.ceil(FITTING * len(lengths)) - 1] // 8) * 8
        limit = max(text.max_tokens, min(needed, LONGEST))
        config = config.override([f"{MAX_TOKENS}={limit}"])
        tokenizer = replace(tokenizer, max_tokens=limit)
    cut = sum(n > tokenizer.max_tokens for n in lengths) / len(lengths)
    examples = tuple(dict.fromkeys(captions))[:EXAMPLES] if told_captions(config.data) else ()
    return Vocabulary(config, tokenizer, examples, cut)
