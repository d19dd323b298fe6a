"""The hold-outs: what a model must never see in training, so that what it makes of it afterwards can be judged.

Two kinds. Whole families of things ("unseen families") are never drawn for training at all: they show what a word
alone is worth. Combinations of what is well known each by itself (a colour and a shape, a thing and a style, two
things, a thing and a number) are kept out of training scenes: they show whether the parts were learned as parts.

Every decision is a pure function of names, frozen by a hash, so that no list is needed, the order of files does not
matter and adding things moves none of the old decisions:

    u(kind, names) = first 8 bytes of sha256("unfog hold-out" US kind US names...) / 2**64        held  <=>  u < share

with US the ASCII unit separator. ``tests/unit/data/compose/test_hold.py`` pins answers; changing anything here makes
old and new models incomparable.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

FAMILIES = 0.433  # of the emoji families not protected: 300 of the 854 that the archive has in three or more styles
COLOUR_SHAPE = 0.20
BALANCED = "3391"  # the first number for which 24 of the 121 pairs are held, and 1 to 3 of every colour and every shape
CONCEPT_STYLE = 0.10
PAIR = 0.05
COUNT = 0.10
UNSTYLED = ("", "plain")  # how a thing looks without a style; every thing is seen like this

CODE_POINTS = re.compile(r"(P|1F[0-9A-F]{3}|[023][0-9A-F]{3})(-(P|[0-9A-F]{4,5}))*")  # P: person, man or woman
KNOWN = """
turtle=1F422 cat=1F408 dog=1F415 fox=1F98A bear=1F43B panda=1F43C koala=1F428 lion=1F981 tiger=1F405 horse=1F40E
unicorn=1F984 cow-face=1F404 pig-face=1F416 monkey=1F412 frog=1F438 rabbit=1F407 mouse-face=1F401 elephant=1F418
giraffe=1F992 zebra=1F993 camel=1F42A sheep=1F411 deer=1F98C penguin=1F427 bird=1F426 chick=1F424 rooster=1F413
duck=1F986 owl=1F989 eagle=1F985 parrot=1F99C fish=1F41F shark=1F988 whale=1F40B dolphin=1F42C octopus=1F419
crab=1F980 snail=1F40C butterfly=1F98B bee=1F41D caterpillar=1F41B spider=1F577 snake=1F40D crocodile=1F40A
dragon=1F409 dinosaur=1F995 t-rex=1F996 apple=1F34E banana=1F34C orange-fruit=1F34A lemon=1F34B strawberry=1F353
grapes=1F347 watermelon=1F349 pineapple=1F34D cherries=1F352 pear=1F350 peach=1F351 carrot=1F955 corn=1F33D
broccoli=1F966 avocado=1F951 mushroom=1F344 hamburger=1F354 pizza=1F355 french-fries=1F35F hot-dog=1F32D
doughnut=1F369 birthday-cake=1F382 shortcake=1F370 cupcake=1F9C1 ice-cream=1F366 lollipop=1F36D cheese=1F9C0
sushi=1F363 coffee=2615 beer=1F37A wine-glass=1F377 car=1F697 bus=1F68C fire-truck=1F692 police-car=1F693
ambulance=1F691 taxi=1F695 tractor=1F69C steam-train=1F682 train=1F686 bicycle=1F6B2 motorcycle=1F3CD skateboard=1F6F9
airplane=1F6E9 helicopter=1F681 rocket=1F680 sailboat=26F5 ship=1F6A2 ufo=1F6F8 sunglasses=1F576 glasses=1F453
crown=1F451 top-hat=1F3A9 graduation-cap=1F393 t-shirt=1F455 dress=1F457 sneaker=1F45F basketball=1F3C0
soccer-ball=26BD baseball=26BE tennis-racket=1F3BE volleyball=1F3D0 guitar=1F3B8 violin=1F3BB drum=1F941 trophy=1F3C6
dice=1F3B2 teddy-bear=1F9F8 tree=1F333 pine-tree=1F332 palm-tree=1F334 cactus=1F335 sunflower=1F33B rose=1F339
tulip=1F337 maple-leaf=1F341 sun=2600 crescent-moon=1F319 star-emoji=2B50 cloud=2601 snowflake=2744 rainbow=1F308
fire=1F525 earth=1F30D volcano=1F30B house=1F3E0 castle=1F3F0 church=26EA tent=26FA key=1F511 padlock=1F512
light-bulb=1F4A1 alarm-clock=23F0 phone=1F4F1 laptop=1F4BB camera=1F4F7 television=1F4FA open-book=1F4D6 pencil=270F
scissors=2702 gift=1F381 balloon=1F388 umbrella=2602 bell=1F514 gem=1F48E chair=1FA91 smiley=1F604 crying-face=1F622
angry-face=1F620 skull=1F480 ghost=1F47B alien=1F47D robot=1F916 jack-o'-lantern=1F383 snowman=26C4 boy=1F466
girl=1F467 person=P princess=1F478 prince=1F934 santa-claus=1F385 tomato=1F345 candy=1F36C sandwich=1F96A
glass-of-milk=1F95B soft-drink=1F964 fried-egg=1F373 delivery-truck=1F69A tram=1F68B traffic-light=1F6A6 anchor=2693
baseball-cap=1F9E2 sun-hat=1F452 jeans=1F456 boxing-glove=1F94A dartboard=1F3AF game-controller=1F3AE saxophone=1F3B7
microphone=1F3A4 headphones=1F3A7 cherry-blossom=1F338 potted-plant=1FAB4 rain-cloud=1F327 water-drop=1F4A7 wave=1F30A
snowy-mountain=1F3D4 desert-island=1F3DD ferris-wheel=1F3A1 clock=1F559 suitcase=1F9F3 books=1F4D5
magnifying-glass=1F50E money-bag=1F4B0 envelope=2709 package=1F4E6 crossed-swords=2694 shield=1F6E1 bomb=1F4A3
gear=2699 door=1F6AA bed=1F6CF couch=1F6CB broom=1F9F9 bucket=1FAA3 checkered-flag=1F3C1 thumbs-up=1F44D
pair-of-eyes=1F440 winking-face=1F609 sleeping-face=1F634 face-with-tongue-out=1F61B
smiling-face-with-sunglasses=1F60E face-with-heart-eyes=1F60D clown=1F921 poop=1F4A9 baby=1F476 old-man=1F474
mermaid=1F9DC astronaut=P-200D-1F680 mage=1F9D9 wolf=1F43A gorilla=1F98D kangaroo=1F998 swan=1F9A2 lobster=1F99E
"""
PROTECTED = frozenset(re.findall(r"=(\S+)", KNOWN))  # families of the most useful things, by name and code points
TRIPLES = (
    frozenset({"1F422", "1F576", "1F3C0"}),  # turtle, sunglasses, basketball
    frozenset({"1F422", "1F453", "1F3D0"}),  # turtle, glasses, volleyball: for archives without the first
)


def unseen_family(family: str) -> bool:
    """Whether a family of emoji is never drawn for training.

    Families that are not code points are somebody's own pictures, and always seen.
    """
    if family in PROTECTED or not CODE_POINTS.fullmatch(family):
        return False
    return _u("family", family) < FAMILIES


def held_colour_shape(colour: str, shape: str) -> bool:
    """Whether no training scene has this shape in this colour."""
    return _u("colour and shape", BALANCED, colour, shape) < COLOUR_SHAPE


def held_concept_style(concept: str, style: str) -> bool:
    """Whether no training scene has this thing in this style; "plain" and no style are never held."""
    return style not in UNSTYLED and _u("concept and style", concept, style) < CONCEPT_STYLE


def held_pair(a: str, b: str) -> bool:
    """Whether no training scene has these two things together, in either order; pairs inside ``TRIPLES`` never are."""
    if a == b or any({a, b} <= triple for triple in TRIPLES):
        return False
    return _u("pair", *sorted((a, b))) < PAIR


def held_count(count: int, concept: str) -> bool:
    """Whether no training scene has exactly so many of this thing; a single one is never held."""
    return count >= 2 and _u("count", str(count), concept) < COUNT


def held_triple(concepts: Collection[str]) -> bool:
    """Whether a scene with these things holds all of one of ``TRIPLES``."""
    return any(triple <= set(concepts) for triple in TRIPLES)


def _u(kind: str, *names: str) -> float:
    """A number in [0, 1) that depends on the names alone."""
    digest = hashlib.sha256("\x1f".join(("unfog hold-out", kind, *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
