"""Captions to token numbers: byte-fallback BPE (Sennrich et al. 2016), trained on the captions of the data set.

Text is NFKC-normalised and lower-cased; words keep their leading space as "▁". Characters the training captions never
contained fall back to their UTF-8 bytes, so nothing a person types is unknown or lost silently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Int64
from tokenizers import Encoding, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Tokens
from torch import Tensor

from unfog.text.grams import MOST, grams
from unfog.util.errors import ModelError

PAD = "<pad>"
PARTS = {  # of the file: what a text goes through before its pieces are looked up
    "normalizer": ["NFKC", "Lowercase"],
    "pre_tokenizer": ["Metaspace", "Digits"],
    "post_processor": [],
    "padding": [],
    "truncation": [],
}
MODEL = {  # of the file: byte-fallback BPE whose merges are always the same
    "type": "BPE",
    "byte_fallback": True,
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "ignore_merges": False,
}
BYTES = [f"<0x{b:02X}>" for b in range(256)]


class Encoded(NamedTuple):
    """Captions as numbers.

    Attributes:
        ids: token numbers, 0 where there is none.
        mask: which tokens are real.
        grams: for every token the groups of letters of the word it belongs to (``text/grams.py``), 0 for none;
            ``None`` if the model does not read them.
    """

    ids: Int64[Tensor, "b l"]
    mask: Bool[Tensor, "b l"]
    grams: Int64[Tensor, "b l g"] | None = None

    def to(self, device: torch.device) -> Encoded:
        return Encoded(self.ids.to(device), self.mask.to(device), None if self.grams is None else self.grams.to(device))


@dataclass(frozen=True)
class Tokenizer:
    """A trained vocabulary.

    Fields:
        tokens: the underlying tokenizer (treated as immutable).
        max_tokens: captions are cut to this many tokens; ``truncated`` says what was lost.
        buckets: rows of the table of groups of letters; 0: words are known by their pieces alone.
    """

    tokens: Tokens
    max_tokens: int
    buckets: int = 0

    @property
    def size(self) -> int:
        return self.tokens.get_vocab_size()

    def encode(self, texts: Sequence[str], *, pad_to: int | None = None) -> Encoded:
        """Captions as numbers; ``l`` is ``pad_to`` or the longest text rounded up to a multiple of 8."""
        encodings = self.tokens.encode_batch(list(texts), add_special_tokens=False)
        rows = [e.ids[: self.max_tokens] for e in encodings]
        longest = max(max((len(r) for r in rows), default=0), 1)
        width = pad_to or min(-(-longest // 8) * 8, self.max_tokens)
        ids = torch.tensor([r + [0] * (width - len(r)) for r in rows], dtype=torch.int64)
        mask = torch.tensor([[True] * len(r) + [False] * (width - len(r)) for r in rows])
        if not self.buckets:
            return Encoded(ids, mask)
        letters = torch.zeros((*ids.shape, MOST), dtype=torch.int64)
        for k, (text, encoding) in enumerate(zip(texts, encodings, strict=True)):
            for at, found in enumerate(self.letters(text, encoding)[:width]):
                letters[k, at, : len(found)] = torch.tensor(found)
        return Encoded(ids, mask, letters)

    def letters(self, text: str, encoding: Encoding) -> list[tuple[int, ...]]:
        """For every token the groups of letters of its word, which reaches over all tokens of one ``word_ids``."""
        spans = dict[int | None, tuple[int, int]]()
        for word, (start, end) in zip(encoding.word_ids, encoding.offsets, strict=True):
            low, high = spans.get(word, (start, end))
            spans[word] = min(low, start), max(high, end)
        found = {word: grams(text[low:high].strip(), self.buckets) for word, (low, high) in spans.items()}
        return [found[word] for word in encoding.word_ids]

    def count(self, text: str) -> int:
        """Number of tokens of a text before cutting."""
        return self.count_all([text])[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of every text before cutting."""
        return [len(e.ids) for e in self.tokens.encode_batch(list(texts), add_special_tokens=False)]

    def pieces(self, text: str) -> list[str]:
        """The tokens of a text as strings, for people to look at."""
        return self.tokens.encode(text, add_special_tokens=False).tokens

    def truncated(self, text: str) -> str:
        """The part of the text that does not fit into ``max_tokens`` ("" if everything fits)."""
        encoded = self.tokens.encode(text, add_special_tokens=False)
        if len(encoded.ids) <= self.max_tokens:
            return ""
        return text[encoded.offsets[self.max_tokens][0] :].strip()

    def to_json(self) -> str:
        return self.tokens.to_str()

    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @staticmethod
    def from_json(text: str, max_tokens: int, buckets: int = 0) -> Tokenizer:
        """Read a stored vocabulary, which may come from a stranger.

        Raises:
            ModelError: the text is not a tokenizer, or one that does other things to a text than those trained here.
        """
        try:
            check_parts(json.loads(text))
            return Tokenizer(Tokens.from_str(text), max_tokens, buckets)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - the Rust side raises bare Exception
            raise ModelError(f"tokenizer.json is not a tokenizer: {error}") from None

    @staticmethod
    def train(captions: Iterable[str], *, vocabulary: int, max_tokens: int, buckets: int = 0) -> Tokenizer:
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
        return Tokenizer(tokens, max_tokens, buckets)


def check_parts(record: Any) -> None:
    """Refuse a vocabulary that does other things to a text than those trained here.

    Padding to a length or a regular expression could make a short prompt costly, dropped merges another one each time.

    Raises:
        ModelError: it names the part.
    """
    if not isinstance(record, dict) or not isinstance(record.get("model"), dict):
        raise ModelError("tokenizer.json is not a tokenizer: it has no model")
    for part, wanted in PARTS.items():
        if (found := kinds(record.get(part))) != wanted:
            said = ", ".join(wanted) or "nothing"
            raise ModelError(f"tokenizer.json has {part} = {', '.join(found) or 'nothing'}; unfog knows only {said}")
    for name, wanted in MODEL.items():
        if (found := record["model"].get(name, wanted)) != wanted:
            raise ModelError(f"tokenizer.json has a model with {name} = {found!r}; unfog knows only {wanted!r}")


def kinds(part: Any) -> list[str]:
    """The types of a part of tokenizer.json, those inside if it is a sequence."""
    if part is None:
        return []
    if not isinstance(part, dict):
        return [type(part).__name__]
    if part.get("type") != "Sequence":
        return [str(part.get("type", "a table"))]
    return [kind for inside in part.values() if isinstance(inside, list) for one in inside for kind in kinds(one)]
