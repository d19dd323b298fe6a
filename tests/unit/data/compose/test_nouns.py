from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from unfog.data.compose.nouns import article, noun, plural_word

NAMES = Path(__file__).parents[4] / "tools" / "sprite_names.toml"


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("turtle", "turtles"), ("fox", "foxes"), ("box", "boxes"), ("church", "churches"), ("stomach", "stomachs"),
        ("paintbrush", "paintbrushes"), ("cross", "crosses"), ("bus", "buses"), ("lens", "lenses"), ("fly", "flies"),
        ("monkey", "monkeys"), ("toy", "toys"), ("potato", "potatoes"), ("piano", "pianos"), ("kangaroo", "kangaroos"),
        ("volcano", "volcanoes"), ("leaf", "leaves"), ("giraffe", "giraffes"), ("chef", "chefs"), ("wolf", "wolves"),
        ("knife", "knives"), ("man", "men"), ("snowman", "snowmen"), ("merman", "mermen"), ("human", "humans"),
        ("caiman", "caimans"), ("child", "children"), ("grandchild", "grandchildren"), ("mouse", "mice"),
        ("goose", "geese"), ("ox", "oxen"), ("fish", "fish"), ("jellyfish", "jellyfish"), ("sheep", "sheep"),
        ("spacecraft", "spacecraft"), ("quiz", "quizzes"), ("person", "people"), ("merperson", "merpeople"),
        ("t-rex", "t-rexes"), ("cactus", "cactuses"), ("scarf", "scarves"), ("handkerchief", "handkerchiefs"),
    ],
)  # fmt: skip
def test_plurals_of_words(one, several):
    assert plural_word(one) == several


@pytest.mark.parametrize(
    ("name", "one", "several"),
    [
        ("cat", "a cat", "cats"),
        ("owl", "an owl", "owls"),
        ("ear of corn", "an ear of corn", "ears of corn"),
        ("glass of milk", "a glass of milk", "glasses of milk"),
        ("cat with tears of joy", "a cat with tears of joy", "cats with tears of joy"),
        ("face savoring food", "a face savoring food", "faces savoring food"),
        ("person walking", "a person walking", "people walking"),
        ("office building", "an office building", "office buildings"),
        ("leaf fluttering in wind", "a leaf fluttering in wind", "leaves fluttering in wind"),
        ("hand pointing left", "a hand pointing left", "hands pointing left"),
        ("magnifying glass", "a magnifying glass", "magnifying glasses"),
        ("sewing needle", "a sewing needle", "sewing needles"),
        ("bow and arrow", "a bow and arrow", "bows and arrows"),
        ("person mountain biking", "a person mountain biking", "people mountain biking"),
        ("thumbs up", "a thumbs up", "thumbs up"),
        ("grapes", "grapes", "bunches of grapes"),
        ("glasses", "glasses", "pairs of glasses"),
        ("sunglasses", "sunglasses", "pairs of sunglasses"),
        ("skis", "skis", "pairs of skis"),
        ("musical notes", "musical notes", "sets of musical notes"),
        ("people wrestling", "people wrestling", "sets of people wrestling"),
        ("bacon", "bacon", "strips of bacon"),
        ("broccoli", "broccoli", "heads of broccoli"),
        ("statue of liberty", "the statue of liberty", "statues of liberty"),
        ("mount fuji", "mount fuji", "pictures of mount fuji"),
        ("dice", "dice", "dice"),
        ("compass", "a compass", "compasses"),
        ("rhinoceros", "a rhinoceros", "rhinoceroses"),
        ("octopus", "an octopus", "octopuses"),
        ("shape", "a shape", "shapes"),
    ],
)
def test_names_in_a_sentence(name, one, several):
    assert (noun(name).indefinite, noun(name).several) == (one, several)


AN = "apple,hourglass,honest face,umbrella,upside-down cat,x-ray,e-mail,8 ball,orange,ok hand,suv,id card,ox,ugly face"
A = "house,unicorn,uniform,ufo,ukulele,utensil,t-shirt,1st place medal,ewe,euro banknote,one-piece swimsuit,yo-yo"


@pytest.mark.parametrize("phrase", AN.split(","))
def test_an_before_the_sound_of_a_vowel(phrase):
    assert article(phrase) == "an"


@pytest.mark.parametrize("phrase", A.split(","))
def test_a_before_the_sound_of_a_consonant(phrase):
    assert article(phrase) == "a"


def test_every_name_of_the_emoji_has_a_sound_plural_and_article():
    table = tomllib.loads(NAMES.read_text("utf-8"))
    names = {w.strip() for part in ("best", "good", "more") for text in table[part].values() for w in text.split(",")}
    assert len(names) > 800
    wrong = re.compile(
        r"(mans|childs|foots|tooths|gooses|leafs|wolfs|knifes|persons|[xz]s|shs|[^aeiou]ys|fishs|mices)\b"
    )
    long_a = {"ufo", "unicorn", "unicorn face", "ewe", "euro banknote", "one-piece swimsuit"}
    long_an = {"hourglass", "x-ray", "8 ball", "suv", "herb"}
    for name in names:
        thing = noun(name)
        assert not wrong.search(thing.several), (name, thing.several)
        assert not re.search(r"sss|ss?ss\b", thing.several), thing.several
        if thing.kind == "count":
            vowel = (name[0] in "aeiou" and name not in long_a) or name in long_an
            assert thing.article == ("an" if vowel else "a"), name
            assert thing.several != name or name in (
                "fish",
                "deer",
                "sheep",
                "moose",
                "bison",
                "squid",
                "thumbs up",
                "thumbs down",
            )


def test_an_empty_name_is_refused():
    with pytest.raises(ValueError, match="name is empty"):
        noun(" ")
