"""Two towers: the loss is its formula, equal captions are no wrong answers, and a few pictures are learned."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import tiny_tokenizer

from unfog.config.model import ContrastConfig, EncoderConfig, PictureConfig, SketchConfig, TextConfig
from unfog.model.build import build_contrast
from unfog.text.contrast import Contrast
from unfog.util.random import Draw, normal

CONFIG = ContrastConfig(
    text=TextConfig(vocabulary=300, width=32, depth=1, heads=2, max_tokens=16),
    picture=PictureConfig(size=16, channels=4),
    encoder=EncoderConfig(patch=2, stem=16, width=32, depth=1, heads=2),
    dim=24,
)
CAPTIONS = ["a red circle", "two green stars", "a blue square", "a low tone"]


def towers() -> Contrast:
    return build_contrast(CONFIG, tiny_tokenizer(), seed=3)


def pictures(b: int) -> torch.Tensor:
    return normal([5] * b, (4, 16, 16), draw=Draw.TEST, index=range(b))


def test_vectors_have_length_one_and_do_not_depend_on_the_batch() -> None:
    model, x = towers().eval().requires_grad_(False), pictures(4)
    words = model.tokenizer.encode(CAPTIONS, pad_to=16)
    u, v = model.read(words), model.look(x)
    for vectors in (u, v):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(model.look(x[2:3]), v[2:3])
    torch.testing.assert_close(model.read(model.tokenizer.encode(CAPTIONS[1:2], pad_to=16)), u[1:2])


def test_the_loss_is_the_formula_and_equal_captions_are_no_wrong_answers() -> None:
    model, x = towers(), pictures(4)
    words = model.tokenizer.encode(CAPTIONS)
    scores = model.scale().exp() * model.read(words) @ model.look(x).T
    wanted = -(scores.log_softmax(1).diagonal() + scores.log_softmax(0).diagonal()) / 2
    torch.testing.assert_close(model(x, words), wanted)
    twice = model.tokenizer.encode([*CAPTIONS, CAPTIONS[0]])
    more = model(torch.cat([x, x[:1] + 0.1]), twice)
    alone = model(x, words)
    kept = model.scale().exp() * model.read(twice) @ model.look(torch.cat([x, x[:1] + 0.1])).T
    kept[0, 4] = kept[4, 0] = float("-inf")
    torch.testing.assert_close(more[0], -(kept.log_softmax(1)[0, 0] + kept.log_softmax(0)[0, 0]) / 2)
    assert more[1] > alone[1]  # one wrong answer more


@pytest.mark.slow
def test_a_few_pairs_are_told_apart_after_some_steps() -> None:
    model, x = towers(), pictures(4)
    words = model.tokenizer.encode(CAPTIONS)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    first = model(x, words).mean().item()
    for _ in range(60):
        loss = model(x, words).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert model(x, words).mean().item() < 0.2 * first
    assert (model.read(words) @ model.look(x).T).argmax(1).tolist() == [0, 1, 2, 3]


def test_what_means_the_same_is_led_to_the_plain_text_which_stays() -> None:
    config = CONFIG.model_copy(update={"sketch": SketchConfig(hidden=16, depth=1)})
    model = build_contrast(config, tiny_tokenizer(), seed=3)
    x, words = pictures(4), model.tokenizer.encode(CAPTIONS, pad_to=16)
    said, meant = (model.tokenizer.encode(texts, pad_to=16) for texts in (["a crcle"], ["a red circle"]))
    torch.testing.assert_close(model(x, words, meant, meant), model(x, words))  # nothing is nearer than itself
    far = model.astray(said, meant)
    torch.testing.assert_close(model(x, words, said, meant), model(x, words) + far)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.02)
    before = model.text(meant).pooled
    for _ in range(20):
        optimiser.zero_grad()
        model.astray(said, meant).backward()
        optimiser.step()
    assert model.astray(said, meant) < 0.5 * far
    assert before is not None
    moved = model.text(meant).pooled - before
    assert moved.square().mean() < 0.3 * before.square().mean()
