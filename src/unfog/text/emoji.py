"""Emoji of a prompt, by what Unicode calls them: a cat face is read as "cat face", whatever font would draw it.

Where people say something else than the standard, which names how a sign is printed ("heavy black heart"), ``CALLED``
has it. Of several signs that make one picture, the first is read: a woman astronaut is a woman.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

PICTURE = (
    "[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001f3fa\U0001f400-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
)
SIGN = re.compile(f"{PICTURE}(?:\u200d{PICTURE})*")
NAMES = """
❤ red heart
⭐ star
☀ sun
⚫ black circle
⚪ white circle
🔺 red triangle
🔻 red triangle
☕ coffee
⛄ snowman
✂ scissors
✏ pencil
🌍 earth
🍕 pizza
🍳 fried egg
🎁 gift
🎃 pumpkin
🎧 headphones
🎮 game controller
🎯 dartboard
🎾 tennis racket
🏀 basketball
🏰 castle
🐪 camel
🐸 frog
👒 sun hat
👟 sneaker
👽 alien
💎 gem
💡 light bulb
💻 laptop
🕶 sunglasses
😄 smiley
🚂 steam train
🚋 tram
🚦 traffic light
🥁 drum
🦓 zebra
"""
CALLED = {line[0]: line[2:] for line in NAMES.strip().splitlines()}


def signs(prompt: str) -> Iterator[tuple[str, tuple[int, int], str]]:
    """Every emoji of a prompt that has a name: itself, where it stands, and what is read."""
    for match in SIGN.finditer(prompt):
        if name := CALLED.get(match[0][0]) or unicodedata.name(match[0][0], "").lower():
            yield match[0], match.span(), name


def spelt(prompt: str) -> str:
    """A prompt with the names of its emoji in their places; between those that stand beside each other, "and"."""
    out, end = "", 0
    for _, (at, after), name in signs(prompt):
        between = prompt[end:at]
        apart = " and " if end and not between.strip() else between
        glued = apart[-1:].isalnum(), prompt[after : after + 1].isalnum()
        out, end = out + apart + " " * glued[0] + name + " " * glued[1], after
    return out + prompt[end:]
