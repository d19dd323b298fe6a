from __future__ import annotations

import torch

from unfog.evaluate.faithfulness import wilson
from unfog.evaluate.retrieval import recall

AXES = torch.eye(4)


def test_texts_find_their_own_pictures():
    assert recall(AXES, AXES, list("abcd"), 1) == wilson(4, 4)
    assert recall(AXES, AXES.roll(1, 0), list("abcd"), 1) == wilson(0, 4)


def test_recall_counts_how_many_pictures_are_more_alike():
    pictures = torch.tensor([[0.6, 0.8, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0.6, 0.8]])
    assert recall(AXES, pictures, list("abcd"), 1) == wilson(2, 4)  # a finds b's picture first, b finds a's
    assert recall(AXES, pictures, list("abcd"), 2) == wilson(4, 4)


def test_equal_texts_share_their_pictures():
    texts = AXES[[0, 0, 1, 2]]
    pictures = AXES[[3, 0, 1, 2]]
    assert recall(texts, pictures, ["a", "a", "b", "c"], 1) == wilson(4, 4)
    assert recall(texts, pictures, ["a", "d", "b", "c"], 1) == wilson(3, 4)
