"""Triples of words: read, ordered, counted."""

from __future__ import annotations

import pytest
import torch

from unfog.evaluate.words import BENCHMARK, Triple, order, read_triples, share_right
from unfog.util.errors import DataError


def test_the_benchmark_has_the_triple_of_kings_and_many_more():
    triples = read_triples(BENCHMARK)
    assert triples[0] == Triple("king", "man", "woman")
    assert len(set(triples)) == len(triples) >= 21


def test_a_triple_is_right_if_the_cosine_says_so():
    vectors = {w: torch.tensor(v) for w, v in (("a", [1.0, 0.0]), ("b", [0.6, 0.8]), ("c", [-0.8, 0.6]))}
    found = order([Triple("a", "b", "c"), Triple("b", "c", "a"), Triple("a", "b", "b")], vectors)
    assert [one.right for one in found] == [True, False, False]
    torch.testing.assert_close(torch.tensor([found[0].near, found[0].far]), torch.tensor([0.6, -0.8]))
    share = share_right(found)
    assert (share.value, share.n) == (1 / 3, 3)
    assert 0 < share.low < 1 / 3 < share.high < 1


@pytest.mark.parametrize("line", ["king", "king: man", "king: man,", ": man, woman", "king: man, woman, cat"])
def test_what_is_no_triple_is_named(tmp_path, line):
    file = tmp_path / "triples.txt"
    file.write_text(f"# first\na: b, c # fine\n\n{line}\n")
    with pytest.raises(DataError, match=r"triples\.txt, line 4: '.*' is no triple"):
        read_triples(file)


def test_files_that_hold_none(tmp_path):
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(DataError, match="has 0 triples"):
        read_triples(tmp_path / "empty.txt")
    with pytest.raises(DataError, match="is no file of triples"):
        read_triples(tmp_path)
