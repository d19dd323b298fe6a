"""Captions to token numbers: byte-fallback BPE (Sennrich et al. 2016), trained on the captions of the data set.

Text is NFKC-normalised and lower-cased; words keep their leading space as "▁". Characters the training captions never
contained fall back to their UTF-8 bytes, so nothing a person types is unknown or lost silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int64
from tokenizers import Tokenizer as Tokens
from tokenizers import models, normalizers, pre_tokenizers, trainers
from torch import Tensor

from unfog.util.errors import ModelError

PAD = "<pad>"
BYTES = [f"<0x{b:02X}>" for b in range(256)]


@dataclass(frozen=True)
class Tokenizer:
    """A trained vocabulary.

    Fields:
        tokens: the underlying tokenizer (treated as immutable).
        max_tokens: captions are cut to this many tokens; ``truncated`` says what was lost.
    """

    tokens: Tokens
    max_tokens: int

    @property
    def size(self) -> int:
        return self.tokens.get_vocab_size()

    def encode(
        self, texts: Sequence[str], *, pad_to: int | None = None
    ) -> tuple[Int64[Tensor, "b l"], Bool[Tensor, "b l"]]:
        """Token numbers and mask; ``l`` is ``pad_to`` or the longest text rounded up to a multiple of 8."""
        rows = [e.ids[: self.max_tokens] for e in self.tokens.encode_batch(list(texts), add_special_tokens=False)]
        longest = max(max((len(r) for r in rows), default=0), 1)
        width = pad_to or min(-(-longest // 8) * 8, self.max_tokens)
        ids = torch.tensor([r + [0] * (width - len(r)) for r in rows], dtype=torch.int64)
        mask = torch.tensor([[True] * len(r) + [False] * (width - len(r)) for r in rows])
        return ids, mask

    def count(self, text: str) -> int:
        """Number of tokens of a text before cutting."""
        return len(self.tokens.encode(text, add_special_tokens=False).ids)

    def pieces(self, text: str) -> list[str]:
        """The tokens of a text as strings, for people to look at."""
        return self.tokens.encode(text, add_special_tokens=False).tokens

    def truncated(self, text: str) -> str:
        """The part of the text that does not fit into ``max_tokens`` ("" if everything fits)."""
        encoded = self.tokens.encode(text, add_special_tokens=False)
        if len(encoded.ids) <= self.max_tokens:
            return ""
        return self.tokens.normalizer.normalize_str(text)[encoded.offsets[self.max_tokens][0] :].strip()

    def to_json(self) -> str:
        return self.tokens.to_str()

    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @staticmethod
    def from_json(text: str, max_tokens: int) -> Tokenizer:
        """Read a stored vocabulary.

        Raises:
            ModelError: the text is not a tokenizer.
        """
        try:
            return Tokenizer(Tokens.from_str(text), max_tokens)
        except Exception as error:  # noqa: BLE001 - the Rust side raises bare Exception
            raise ModelError(f"tokenizer.json is not a tokenizer: {error}") from None

    @staticmethod
    def train(captions: Iterable[str], *, vocabulary: int, max_tokens: int) -> Tokenizer:
        """Learn at most ``vocabulary`` tokens (256 bytes and padding included) from captions."""
        tokens = Tokens(models.BPE(byte_fallback=True))
        tokens.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        tokens.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True)]
        )
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=[PAD, *BYTES], min_frequency=2, show_progress=False
        )
        tokens.train_from_iterator(captions, trainer)
        return Tokenizer(tokens, max_tokens)
