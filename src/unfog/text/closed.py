"""Words that name nothing: words of closed classes, and how people ask for a picture.

A prompt may hold them although no caption did; leaving them out changes nothing that could be seen. English classes
after Quirk et al., "A Comprehensive Grammar of the English Language" (1985), 2.39; of other languages the articles, and
what is said for "and", "with", "of", "in", "on".
"""

from __future__ import annotations

ENGLISH = """
a an the this that these those some any each every both all another other such same more most much many few several
i me my mine we us our you your he him his she her hers it its they them their who whom whose which what
itself himself herself themselves and or but nor so yet as if than then because while when where there here
of to in on at by for from with without into onto upon over under above below beneath beside besides between among
behind before after near next around across through along inside outside within against towards toward up down off
out about like per via during am is are was were be been being has have had having do does did can could will would
shall should may might must not no yes very too also just only even quite rather really again together one ones
please draw make show give create generate paint render want need let
picture pictures image images drawing photo photograph illustration scene
"""
OTHERS = """
der die das den dem des ein eine einen einem einer und mit von im in auf am an
le la les un une des du de l d et avec dans sur en
el los las una unos unas y con
il lo gli i e o di del della nel nella sul sulla su
um uma os as com do da no na
het een van op met
и с в на у из і з та
और के का की में पर एक
"""
CLOSED = frozenset((ENGLISH + OTHERS).split())
ENGLISH_ONLY = frozenset(ENGLISH.split()) - frozenset(OTHERS.split())
"""Whoever writes one of them writes English, most of the time (Spanish has an "a", too)."""
FOREIGN_ONLY = frozenset(OTHERS.split()) - frozenset(ENGLISH.split())
SIGNS = frozenset("和与跟的在上一二三四两只个・ー")
"""The same of Chinese, where words are not apart, with its numbers and what is said between number and thing."""
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
