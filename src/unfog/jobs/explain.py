"""``unfog explain words``: how a model's words lie to each other, and whether they do as people would have it.

The text space is that of a text-image model (``text/contrast.py``); of a model that draws it is the mean of what its
text encoder says of a word, which no training makes comparable by cosine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.codec.vae import VAE
from unfog.config.model import ContrastConfig
from unfog.evaluate.words import BENCHMARK, order, read_triples, share_right
from unfog.explain.words import cosines, flattened, svg_map, table, text_map
from unfog.jobs.events import Event, Note, Result
from unfog.jobs.save import check_writable
from unfog.model.build import AnyModel
from unfog.model.locate import Found, inspect, installed, locate
from unfog.model.store import load_any
from unfog.nets.upscaler import Upscaler
from unfog.text.contrast import Contrast
from unfog.text.known import Known
from unfog.util.devices import pick_device
from unfog.util.errors import ModelError, UsageError
from unfog.util.files import write_atomic

MOST = 64  # words of a table
LONGEST = 200  # characters of one


def explain_words_job(
    words: Sequence[str], model: str | None = None, *, out: Path | None = None, device: str | None = None
) -> Iterator[Event]:
    """The cosines of words, and a map of them.

    Args:
        words: 2 to 64 words or phrases.
        model: name or folder; ``None``: the installed model that compares texts with pictures.
        out: where to draw the map (.svg); ``None``: nowhere.
        device: ``None``: the fastest.

    Raises:
        UsageError: too few or too many words, or another kind of file. ModelError: no such model.
        DiskError: the map cannot be written.
    """
    given = list(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))
    if not 2 <= len(given) <= MOST or max(map(len, given)) > LONGEST:
        raise UsageError(f"give 2 to {MOST} words of at most {LONGEST} characters, got {len(given)}")
    if out is not None and out.suffix.lower() != ".svg":
        raise UsageError(f"a map of words is drawn as SVG: use -o {out.with_suffix('.svg')}")
    if out is not None:
        check_writable(out.parent)
    found = words_model(model)
    yield from notes(found, given)
    vectors = text_vectors(load_any(found.folder, device=pick_device(device)), given).cpu()
    values, places = cosines(vectors).tolist(), flattened(vectors)
    if out is not None:
        write_atomic(out, svg_map(given, places, f"words of {found.name}").encode())
    yield Result(
        {
            "model": {"name": found.name, "sha256": found.id},
            "words": given,
            "cosines": values,
            "places": places.places,
            "share_shown": places.share,
            "table": table(given, values),
            "map": text_map(given, places.places),
            "file": None if out is None else str(out),
        }
    )


def explain_triples_job(
    file: Path | None = None, model: str | None = None, *, device: str | None = None
) -> Iterator[Event]:
    """The share of triples "king: man, woman" that the model orders as people would.

    Args:
        file: a triple a line; ``None``: those of this package.
        model: as in ``explain_words_job``.
        device: ``None``: the fastest.

    Raises:
        DataError: the file cannot be read. ModelError: no such model.
    """
    triples = read_triples(BENCHMARK if file is None else file)
    found = words_model(model)
    words = list(dict.fromkeys(word for triple in triples for word in triple))
    vectors = text_vectors(load_any(found.folder, device=pick_device(device)), words).cpu()
    ordered = order(triples, dict(zip(words, vectors, strict=True)))
    unknown = [] if found.manifest.knows is None else strange(found, words)
    yield Result(
        {
            "model": {"name": found.name, "sha256": found.id},
            "share": asdict(share_right(ordered)),
            "triples": [
                {**one.triple._asdict(), "cosine_near": one.near, "cosine_far": one.far, "right": one.right}
                for one in ordered
            ],
            "unknown": unknown,
        }
    )


def words_model(which: str | None) -> Found:
    """The model whose text space is looked at.

    Raises:
        ModelError: there is no such model.
    """
    if which is not None:
        return locate(which)
    for origin, folder in installed():
        try:
            found = inspect(folder, origin)
        except ModelError:
            continue  # `unfog model list` names it
        if isinstance(found.manifest.model, ContrastConfig):
            return found
    return locate(None)


def notes(found: Found, words: Sequence[str]) -> Iterator[Note]:
    """What to know before one reads the numbers."""
    if not isinstance(found.manifest.model, ContrastConfig):
        yield Note(f"{found.name} draws; its words were not trained to be compared: train one with --preset contrast")
    if (unknown := strange(found, words)) and found.manifest.knows is not None:
        yield Note(f"{found.name} was never shown {', '.join(map(repr, unknown))}: that is spelling, not meaning")


def strange(found: Found, words: Sequence[str]) -> list[str]:
    """The words that the model was never shown; typing mistakes are among them, since nothing undoes them here."""
    if found.manifest.knows is None:
        return []
    known = Known(found.manifest.knows)
    return [word for word in words if known.unknown(word)]


@torch.no_grad()
def text_vectors(model: AnyModel, words: Sequence[str]) -> Float[Tensor, "n d"]:
    """Unit vectors of words in the model's text space.

    Raises:
        ModelError: it reads no words.
    """
    if isinstance(model, Upscaler | VAE):
        raise ModelError("a model of that kind reads no words; name one that draws or compares with --model")
    encoded = model.tokenizer.encode(words).to(model.device)
    if isinstance(model, Contrast):
        return model.read(encoded)
    pooled = model.text(encoded).pooled
    assert pooled is not None
    return F.normalize(pooled.float(), dim=-1)
