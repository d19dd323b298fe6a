"""Make the table of things that people may name, in an order in which neighbours are alike.

    python tools/word_table.py ARCHIVE_DIR

writes ``src/unfog/assets/things.txt``, by which a model that does not know "accordion" finds "saxophone"
(``text/things.py``). ARCHIVE_DIR holds ``metadata.jsonl`` (see ``sprite_folder.py``), whose names, keywords, groups and
subgroups come from emojibase (MIT) and Unicode CLDR (Unicode License v3). Emoji that the archive has no picture of are
there, too, with the Unicode name that the package ``emoji`` gives them. The order is the root collation of CLDR for
emoji, as ``node`` (with full ICU) sorts by it; who has no subgroup gets that of the neighbour before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import emoji

from sprite_folder import GENDERED, PARTS, VARIANT, plain_name
from unfog.text.things import FILE
from unfog.util.files import write_atomic

SORT = (
    "let t='';process.stdin.on('data',d=>t+=d).on('end',()=>console.log("
    "t.split('\\n').sort(new Intl.Collator('en-u-co-emoji').compare).join('\\n')))"
)
LEFT_OUT = {"country-flag", "subdivision-flag", "keycap", "alphanum", "av-symbol", "geometric", "zodiac", "skin-tone"}
OPENS = {  # first of a subgroup of which the archive has only later ones
    "grinning face", "face with medical mask", "smiling face with sunglasses", "grinning cat", "bread", "honey pot",
    "fountain", "soccer ball", "movie camera", "label", "hammer", "alembic", "cigarette", "place of worship",
}  # fmt: skip
HEAD = """# Things by group, in an order in which neighbours are alike: names, then ";" and keywords.
# Names, keywords, groups: emojibase (MIT) and Unicode CLDR (Unicode License v3), edited; made by tools/word_table.py.
"""


def code_of(text: str) -> str:
    """Code points of an emoji without U+FE0F, as the archive writes them."""
    return "-".join(f"{ord(c):04X}" for c in text if ord(c) != 0xFE0F)


def unicode_names() -> dict[str, str]:
    """Code points -> English name of every emoji without skin tones and flags of countries."""
    out = dict[str, str]()
    for text, data in emoji.EMOJI_DATA.items():
        code = code_of(text)
        toned = any(f"1F3F{x}" in code for x in "BCDEF")
        if data["status"] == emoji.STATUS["fully_qualified"] and not toned and not code.startswith(("1F1E", "1F1F")):
            out[code] = plain_name(data["en"].strip(":").replace("_", " "))
    return out


def ordered(codes: Iterable[str]) -> list[str]:
    """Emoji in the order of their collation."""
    texts = {"".join(chr(int(part, 16)) for part in code.split("-")): code for code in codes}
    done = subprocess.run(["node", "-e", SORT], input="\n".join(texts), text=True, capture_output=True, check=True)
    return [texts[text] for text in done.stdout.splitlines() if text]


def lines(rows: Mapping[str, Mapping[str, Any]], table: Mapping[str, Any]) -> list[str]:
    """The lines of the file; ``table`` is ``sprite_names.toml``."""
    listed = {code: text for part in PARTS for code, text in table[part].items()}
    names = {code: plain_name(row["name"]) for code, row in rows.items()}
    names = {**unicode_names(), **names}
    order = ordered(names)
    out, group, open_group = list[str](), "", ""
    for at, code in enumerate(order):
        row = rows.get(code)
        if row or {names[code], listed.get(code, "").partition(",")[0]} & OPENS:
            known = row or next(rows[later] for later in order[at:] if later in rows)
            group = f"{known['group']}/{known['subgroup']}"
        plain = code in listed or not (GENDERED.search(code) or VARIANT.search(code))
        if not plain or group.rpartition("/")[2] in LEFT_OUT:
            continue
        called = list(dict.fromkeys([*(w.strip() for w in listed.get(code, "").split(",") if w.strip()), names[code]]))
        words = sorted(
            {w.lower() for w in (row["keywords"] if row else ()) if w.isascii() and w[0].isalpha()} - set(called)
        )
        if group != open_group:
            out.append(f"[{group}]")
            open_group = group
        out.append(", ".join(name.replace(",", "") for name in called) + ("; " + ", ".join(words) if words else ""))
    return out


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="the table of things that people may name")
    parser.add_argument("archive", type=Path, help="folder with metadata.jsonl")
    asked = parser.parse_args()
    table = tomllib.loads((Path(__file__).parent / "sprite_names.toml").read_text("utf-8"))
    rows = dict[str, Any]()
    for line in (asked.archive / "metadata.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        rows.setdefault(row["codepoints"], row)
    text = HEAD + "\n".join(lines(rows, table)) + "\n"
    write_atomic(FILE, text.encode())
    print(f"{text.count(chr(10))} lines, {len(text.encode()) / 1024:.0f} kB in {FILE}")


if __name__ == "__main__":
    main()
