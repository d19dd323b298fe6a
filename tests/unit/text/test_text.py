"""Vocabulary and text encoder: nothing typed is lost, neighbours do not matter, empty means null."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import CAPTIONS, awake_model, tiny_tokenizer

from unfog.text.grams import grams
from unfog.text.tokenizer import Tokenizer
from unfog.util.errors import ModelError


def test_training_is_deterministic_and_survives_json() -> None:
    a, b = tiny_tokenizer(), tiny_tokenizer()
    assert a.sha256() == b.sha256()
    c = Tokenizer.from_json(a.to_json(), 16)
    assert c.pieces("two green stars") == a.pieces("two green stars")
    assert a.size <= 300


def test_unseen_characters_become_bytes() -> None:
    pieces = tiny_tokenizer().pieces("日")
    assert pieces[-3:] == ["<0xE6>", "<0x97>", "<0xA5>"]


def test_case_and_spaces_do_not_matter() -> None:
    t = tiny_tokenizer()
    assert t.pieces("A Red CIRCLE") == t.pieces("a red circle")


def test_encoding_pads_masks_and_cuts() -> None:
    t = tiny_tokenizer()
    ids, mask, _ = t.encode(["a red circle", "", "z" * 40])
    assert ids.shape == mask.shape == (3, 16)
    assert mask.sum(1).tolist() == [t.count("a red circle"), 0, 16]
    assert t.truncated("a red circle") == ""
    assert t.truncated("z" * 40).strip("z") == ""
    assert 0 < len(t.truncated("z" * 40)) < 40


def test_what_was_cut_is_quoted_as_it_was_typed() -> None:
    """Normalising changes lengths (… becomes three full stops); what is quoted are the characters that were typed."""
    text = "… a red circle AND a red star"
    t = Tokenizer.from_json(tiny_tokenizer().to_json(), tiny_tokenizer().count("… a red circle"))
    assert t.truncated(text) == "AND a red star"


def test_a_mistyped_word_shares_most_letters_and_no_neighbour_changes_them() -> None:
    t = Tokenizer.train(CAPTIONS * 3, vocabulary=300, max_tokens=16, buckets=997)
    words = t.encode(["a red circle", "a red circel", "two green stars", ""])
    assert words.grams is not None
    right, wrong, other = (set(words.grams[k][words.mask[k]].flatten().tolist()) - {0} for k in range(3))
    assert len(right & wrong) > 0.4 * len(right | wrong)
    assert len(right & other) <= 2
    assert not words.grams[3].any()
    alone = t.encode(["a red circle"]).grams
    assert alone is not None
    assert torch.equal(alone, words.grams[:1, : alone.shape[1]])


def test_every_token_of_a_word_has_all_its_letters() -> None:
    t = Tokenizer.train(CAPTIONS * 3, vocabulary=300, max_tokens=16, buckets=997)
    words = t.encode(["a turtle"])
    assert words.grams is not None
    pieces = words.grams[0][words.mask[0]]
    assert len(t.pieces("a turtle")) > 3  # not one piece
    assert (pieces[1:] == pieces[-1]).all()
    assert set(pieces[-1].tolist()) - {0} == set(grams("turtle", 997))


def test_bad_vocabulary_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="not a tokenizer"):
        Tokenizer.from_json("{}", 16)


def test_a_prompt_does_not_depend_on_its_neighbours() -> None:
    model = awake_model()
    together = model.condition(CAPTIONS)
    for k, text in enumerate(CAPTIONS):
        alone = model.condition([text])
        assert together.tokens is not None
        assert alone.tokens is not None
        assert torch.equal(alone.tokens[0], together.tokens[k])


def test_empty_and_dropped_captions_are_the_null_conditioning() -> None:
    model = awake_model()
    null = model.condition([""])
    words = model.tokenizer.encode(["a red circle"], pad_to=16)
    with torch.no_grad():
        dropped = model.text(words, torch.tensor([True]))
    assert null.pooled is not None
    assert dropped.pooled is not None
    assert torch.equal(null.pooled, dropped.pooled)
    assert null.mask is not None
    assert null.mask.sum().item() == 1
    assert torch.equal(null.tokens[0, 0], model.text.null.weight[0])  # pyright: ignore[reportOptionalSubscript]
