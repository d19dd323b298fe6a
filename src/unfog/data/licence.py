"""Which licence a text names, and whether works under it may be passed on by anyone for any purpose.

Names are SPDX identifiers (spdx.org/licenses) plus "public domain" and "proprietary". A text nobody recognises is
"unknown", which counts as not redistributable: silence is not permission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UNKNOWN = "unknown"
PROPRIETARY = "proprietary"
LICENCE_FILES = frozenset(name + suffix for name in ("license", "licence", "copying") for suffix in ("", ".txt", ".md"))
# A Creative Commons text with -NC or -ND must not be taken for the shorter licence that its name starts with.
CC = r"(?:creative commons\W+|\bcc\W*)"
PATTERNS: tuple[tuple[str, str], ...] = (
    (rf"creative commons zero|\bcc0\b|{CC}zero|publicdomain/zero", "CC0-1.0"),
    (r"publicdomain/mark|\bpublic domain\b", "public domain"),
    (
        rf"{CC}(?:attribution|by)\W*(?:non\W?commercial|nc)\W*(?:no\W?deriv\w*|nd)|licenses/by-nc-nd/",
        "CC-BY-NC-ND",
    ),
    (
        rf"{CC}(?:attribution|by)\W*(?:non\W?commercial|nc)\W*(?:share\W?alike|sa)|licenses/by-nc-sa/",
        "CC-BY-NC-SA",
    ),
    (rf"{CC}(?:attribution|by)\W*(?:non\W?commercial|nc)|licenses/by-nc/", "CC-BY-NC"),
    (rf"{CC}(?:attribution|by)\W*(?:no\W?deriv\w*|nd)|licenses/by-nd/", "CC-BY-ND"),
    (rf"{CC}(?:attribution|by)\W*(?:share\W?alike|sa)|licenses/by-sa/", "CC-BY-SA"),
    (rf"{CC}(?:attribution|by)\b|licenses/by/", "CC-BY"),
    (r"sil open font licen[cs]e|scripts\.sil\.org/ofl|openfontlicense\.org|\bofl\b", "OFL-1.1"),
    (r"apache licen[cs]e|apache\.org/licenses|\bapache-2\.0\b", "Apache-2.0"),
    (
        r"\bmit licen[cs]e|opensource\.org/licenses/mit|permission is hereby granted, free of charge|^mit$",
        "MIT",
    ),
    (r"gnu affero general public", "AGPL-3.0"),
    (r"gnu lesser general public", "LGPL"),
    (r"gnu general public|\bgpl\b", "GPL"),
    (r"unlicense", "Unlicense"),
    (r"redistribution and use in source and binary forms", "BSD-3-Clause"),
    (r"microsoft supplied font|end.user licen[cs]e|may use this font as permitted", PROPRIETARY),
)
RESERVED = "all rights reserved"
FREE = re.compile(
    r"(?i)(cc0(-1\.0)?|public-domain|cc-by(-sa)?(-\d\.\d)?|mit|apache-2\.0|ofl(-1\.1)?|unlicense|bsd-\d-clause|bsd"
    r"|(a|l)?gpl(-\d\.\d)?(-only|-or-later)?|pddl-1\.0|odc-by-1\.0|isc|zlib)"
)


def identify(text: str) -> str | None:
    """The licence a licence text, notice or address names, as SPDX identifier; None if it is not recognised.

    The name that stands first in the text counts: the full text of CC BY-NC ends with a word on CC0, that of the GPL
    with one on the LGPL. "All rights reserved" says something only where no licence is named.
    """
    flat = " ".join(text.lower().split())
    matches = [(found, name) for pattern, name in PATTERNS if (found := re.search(pattern, flat))]
    if not matches:
        return PROPRIETARY if RESERVED in flat else None
    found, name = min(matches, key=lambda match: match[0].start())  # at equal starts the first pattern
    if not name.startswith("CC-BY"):
        return name
    version = re.match(r"\D{0,60}?(\d\.\d)", flat[found.end() :])
    return f"{name}-{version[1]}" if version else name


def free(licence: str) -> bool:
    """Whether works under this licence may be passed on by anyone for any purpose.

    Attribution and share-alike may be asked for. Spaces count as hyphens ("CC BY 4.0").
    """
    parts = re.split(r"(?i)\s+or\s+|\s+and\s+", licence)
    return all(FREE.fullmatch("-".join(part.split())) for part in parts)


def all_free(licences: Iterable[str]) -> bool:
    """Whether every licence is known to be free."""
    return all(map(free, licences))
