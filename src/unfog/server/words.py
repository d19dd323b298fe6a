"""How a model reads a text: token by token, which of them it knows, and what it does not see any more."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.model.locate import Found
from unfog.model.store import read_vocabulary
from unfog.text.prompt import parse, parts_of
from unfog.text.reading import Misspelt, Reading, reading_of
from unfog.text.tokenizer import Tokenizer

MOST = 4  # vocabularies that are kept


@dataclass(frozen=True)
class Reader:
    """A vocabulary, and what the model knows by name, if that was written down."""

    tokenizer: Tokenizer
    reading: Reading | None


class Words:
    """Reads texts as models do; vocabularies are loaded once."""

    def __init__(self) -> None:
        self.readers: OrderedDict[str, Reader] = OrderedDict()
        self.lock = Lock()

    def reader(self, found: Found) -> Reader:
        """Of one model.

        Raises:
            ModelError: its vocabulary is damaged.
        """
        with self.lock:
            if found.id not in self.readers:
                self.readers[found.id] = reader_of(found, found.manifest)
                while len(self.readers) > MOST:
                    self.readers.popitem(last=False)
            self.readers.move_to_end(found.id)
            return self.readers[found.id]

    def read(self, found: Found, prompt: str, negative: str) -> dict[str, Any]:
        """Tokens of the prompt, how many of how many are used, what is cut off, and notes.

        Raises:
            UsageError: the prompt has parts that cannot be read. ModelError: as ``reader``.
        """
        reader = self.reader(found)
        limit, tokens, cut, notes = reader.tokenizer.max_tokens, list[dict[str, Any]](), list[str](), list[str]()
        said = [part.text for part in parts_of(parse(prompt))]
        texts, negated = [spelt(reader, text) for text in said], spelt(reader, negative)
        for text in texts:
            tokens += pieces(reader, text, limit)
            cut += [lost] if (lost := reader.tokenizer.truncated(text)) else []
        if lost := reader.tokenizer.truncated(negated):
            notes.append(f"the negative prompt is longer than this model reads; ignored from {lost[:60]!r} on")
        if reader.reading is not None:
            notes += [str(one) for some in reader.reading.remarks(", ".join([*said, negative])) for one in some]
        used = max((reader.tokenizer.count(text) for text in texts), default=0)
        return {"used": used, "limit": limit, "tokens": tokens, "truncated": " ".join(cut), "notes": notes}


def reader_of(found: Found, manifest: Manifest) -> Reader:
    """Read a vocabulary."""
    assert isinstance(manifest.model, ModelConfig)
    tokenizer = read_vocabulary(found.folder, manifest.model)
    return Reader(tokenizer, None if manifest.knows is None else reading_of(manifest.knows))


def spelt(reader: Reader, text: str) -> str:
    """As the tokens show it: with the names of its emoji."""
    return text if reader.reading is None else reader.reading.spelt(text)


def pieces(reader: Reader, text: str, limit: int) -> list[dict[str, Any]]:
    """The tokens of a text, each with whether the model was shown it and whether it is read at all."""
    mistakes, unknown = ([], []) if reader.reading is None else reader.reading.remarks(text)
    spans = [span for one in unknown for span in places(one.text, text, mistakes)]
    spans += [one.at for one in mistakes if one.meant is None]
    found = reader.tokenizer.tokens.encode(text, add_special_tokens=False)
    return [
        {
            "text": token.replace("▁", " ") if token.strip("▁") else token,
            "known": not any(low < end and start < high for low, high in spans),
            "read": k < limit,
        }
        for k, (token, (start, end)) in enumerate(zip(found.tokens, found.offsets, strict=True))
    ]


def places(phrase: str, text: str, mistakes: Sequence[Misspelt] = ()) -> list[tuple[int, int]]:
    """Where a phrase stands in a text, whatever its case, blanks and typing mistakes."""
    spelt = [[word, *(one.text for one in mistakes if one.meant == word)] for word in phrase.split()]
    words = r"\s+".join(f"(?:{'|'.join(map(re.escape, either))})" for either in spelt)
    return [match.span() for match in re.finditer(words, text, re.IGNORECASE)] if words else []
