"""What means the same: known names only, the plain one second, all of it a function of the chance it is given."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.support.compose_sprites import make_sprites

from unfog.data.compose.dataset import Compositions
from unfog.data.compose.dictionary import names, same
from unfog.util.random import Dice, Draw


def test_every_other_name_comes_with_the_usual_one() -> None:
    usual, others = names(make_sprites(("turtle", "umbrella", "bacon")))
    assert set(usual) == {"turtle", "umbrella", "bacon"}
    assert set(others) == {
        ("Schildkröte", "turtle"),
        ("le-turtle", "turtle"),
        ("brolly", "umbrella"),
        ("Schirm", "umbrella"),
        ("le-umbrella", "umbrella"),
    }


def test_both_texts_go_on_alike_and_the_second_begins_with_a_usual_name() -> None:
    sprites = make_sprites(("turtle", "umbrella", "bacon"))
    pairs = [same(Dice(1, k, Draw.DICTIONARY), sprites) for k in range(300)]
    misspelt = 0
    for said, meant in pairs:
        name = next(name for name in names(sprites)[0] if meant.startswith(name))
        assert said.endswith(meant[len(name) :])
        first = said.removeprefix("a ")[: len(said.removeprefix("a ")) - len(meant) + len(name)]
        assert first != name
        misspelt += (first, name) not in names(sprites)[1]
    assert 0.3 < misspelt / 300 < 0.5
    assert {meant.partition(", ")[0].partition(" on ")[0] for _, meant in pairs} == {"turtle", "umbrella", "bacon"}


def test_without_other_names_only_mistakes_are_left() -> None:
    said, meant = same(Dice(1, 2, Draw.DICTIONARY), make_sprites(("bacon",)))
    assert said != meant
    assert meant.startswith("bacon")


def test_words_within_a_name_are_misspelt_one_by_one() -> None:
    sprites = make_sprites(("bacon",))
    lantern = replace(sprites, table=tuple(replace(one, name="jack-o'-lantern") for one in sprites.table))
    for k in range(300):
        said, meant = same(Dice(1, k, Draw.DICTIONARY), lantern)
        assert meant.startswith("jack-o'-lantern")
        first, _, rest = said.removeprefix("a ").partition("-o'-")
        assert first != "jack"
        assert re.findall("[a-z]+", rest)[0] != "lantern"


def test_pictures_bring_their_pairs_whatever_batch_they_are_in() -> None:
    data = Compositions(make_sprites(), 32, dictionary=2)
    together = data.batch(range(3), seed=5, split="train").same
    assert len(together) == 6
    assert together[2:4] == data.batch([1], seed=5, split="train").same
    assert data.fingerprint() != Compositions(make_sprites(), 32).fingerprint()
    assert not Compositions(make_sprites(), 32).batch([1], seed=5, split="train").same
