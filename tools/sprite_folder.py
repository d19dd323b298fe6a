"""Make a folder of sprites from an archive of emoji pictures: one subfolder of transparent pictures per style.

    python tools/sprite_folder.py ARCHIVE_DIR OUT --limit 200

ARCHIVE_DIR holds ``metadata.jsonl`` (one row per picture: row, vendor, licence, codepoints, name, group, subgroup,
family), ``emoji_64.npz`` (``images``: RGB on white, ``alpha``) and ``names_i18n.json.gz``. The white is taken out
exactly: with alpha a and colour v over white, both in 0..255, the premultiplied colour is

    p = v - (255 - a)        (cut to 0..a: resampling overshoots a little)        c = 255 * p / a

and the straight colour c is stored, as lossless WebP. With ``--side 128`` the pictures come from the archives that the
column ``file`` names (``noto_128.zip:1F422.webp``, RGB on white); ``sprite_alpha.py`` finds their transparency.
Which concepts are kept, their names and their order are in ``sprite_names.toml``; where hats and glasses go is in
``sprite_anchors.toml``; what the archive lacks is drawn by ``sprite_drawings.py``. OUT holds ``metadata.jsonl`` with
every column of ``unfog.data.compose.sprites.Sprite``, and ``NOTICE.txt`` with what the licences ask for. It appears
complete or not at all, and the same archive gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import shutil
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sprite_alpha import alpha_of
from sprite_drawings import DRAWINGS, drawn, drawn_rows
from unfog.data.compose.scene import SHAPES
from unfog.data.compose.sprite_pixels import SIDE, Fitted, fit, has_one_colour
from unfog.data.scenes_palette import COLOURS

STYLES = {"noto": "noto", "blob": "blob", "fluent-3d": "3d", "fluent-flat": "flat", "twemoji": "twemoji"}
SOURCES = {
    "noto": ("Noto Emoji (c) Google", "googlefonts/noto-emoji @ b3e3051a088047d19fd4d49b1c3ac42fb8c3aaf8"),
    "blob": ("Blobmoji (c) Google and C1710", "svgmoji/svgmoji @ fb4bf0c2e6188c0cf70642d2931e92b9b7b0ae65"),
    "fluent-3d": (
        "Fluent UI Emoji (c) Microsoft",
        "laurentlahmy/fluent-emoji-optimized @ 7907b9bd2393b66efa8dd3973c8d340df657ac8c",
    ),
    "fluent-flat": (
        "Fluent UI Emoji (c) Microsoft",
        "laurentlahmy/fluent-emoji-optimized @ 7907b9bd2393b66efa8dd3973c8d340df657ac8c",
    ),
    "twemoji": (
        "Twemoji (c) Twitter, Inc and other contributors",
        "svgmoji/svgmoji @ fb4bf0c2e6188c0cf70642d2931e92b9b7b0ae65",
    ),
}
OURS = ("drawn for unfog", "tools/sprite_drawings.py")
NAMES_NOTICE = "Names in other languages: emojibase (MIT), from Unicode CLDR (Unicode License v3)"
INPUTS = ("metadata.jsonl", "emoji_64.npz", "names_i18n.json.gz")
PARTS = ("best", "better", "good", "more")
GENDERED = re.compile(r"(1F468|1F469)(-|$)|-200D-264[02]")
VARIANT = re.compile(r"1F9B[0-3]|-27A1")  # hair, and facing right
COMPOUNDS = ("de", "ja", "zh")  # "Laubbaum" is a "Baum"
HEAD_LAST = ("de", "nl", "ru", "uk", "ja", "ko", "zh", "hi")  # "roter Apfel", in the others "pomme rouge"


@dataclass(frozen=True)
class Concept:
    """A thing that is kept, in the order of usefulness."""

    code: str
    name: str
    synonyms: tuple[str, ...]
    family: str
    group: str
    subgroup: str


def curate(rows: Iterable[Mapping[str, Any]], table: Mapping[str, Any]) -> list[Concept]:
    """The concepts that are kept, the most useful first; ``table`` is ``sprite_names.toml``."""
    first = dict[str, Mapping[str, Any]]()
    for row in rows:
        first.setdefault(row["codepoints"], row)
    listed: dict[str, str] = {code: text for part in PARTS for code, text in table[part].items()}
    folded = {code: head for head, codes in table["family"].items() for code in codes.split()}
    dropped = set(table["drop"]["concepts"].split())
    bases = {row["family"] for code, row in first.items() if code in listed or not GENDERED.search(code)}
    order = [code for code in listed if code in first] + [code for code in first if code not in listed]
    out, taken = list[Concept](), dict[str, str]()
    for code in order:
        row = first[code]
        sign = code in dropped or row["subgroup"] in table["drop"]["subgroups"]
        form = VARIANT.search(code) or (GENDERED.search(code) and row["family"] in bases)
        if code in listed:
            name, *synonyms = (word.strip() for word in listed[code].split(","))
        elif sign or form:
            continue
        else:
            name, synonyms = plain_name(row["name"]), []
        if name in SHAPES or name in COLOURS:
            raise SystemExit(f"sprite_names.toml calls {code} {name!r}, which is a shape or colour; rename it")
        if name in taken:  # two forms of one person may share a name
            if first[taken[name]]["family"] != row["family"]:
                raise SystemExit(f"sprite_names.toml: {code} and {taken[name]} are both called {name!r}; rename one")
            continue
        taken[name] = code
        family = folded.get(code, row["family"])
        out.append(Concept(code, name, tuple(synonyms), family, row["group"], row["subgroup"]))
    return distinct(out)


def distinct(concepts: Sequence[Concept]) -> list[Concept]:
    """Without synonyms that are shapes, or name another concept too: the more useful one keeps them."""
    taken = {concept.name for concept in concepts} | set(SHAPES)
    out = list[Concept]()
    for concept in concepts:
        own = tuple(word for word in dict.fromkeys(concept.synonyms) if word not in taken)
        taken.update(own)
        out.append(Concept(concept.code, concept.name, own, concept.family, concept.group, concept.subgroup))
    return out


def plain_name(name: str) -> str:
    """A Unicode short name as people would type it: lower case, a form of a person called a person."""
    return re.sub(r"^(man|woman) ", "person ", name.lower().replace("’", "'").replace(": ", " with "))


def other_names(
    concept: Concept, row: Mapping[str, Any], words: Mapping[str, Sequence[str]], taken: Mapping[str, set[str]]
) -> dict[str, list[str]]:
    """Names in other languages, from (name, keyword, ...) per language; ``taken`` are the names of all concepts.

    Where the English name lost what stood before its head ("red apple"), so do the others, if the head is a keyword.
    """
    cut = concept.group != "smileys-emotion" and plain_name(row["name"]).endswith(" " + concept.name)
    out = dict[str, list[str]]()
    for language, (full, *keywords) in sorted(words.items()):
        name = full.partition(",")[0]
        if ":" in name:
            continue
        heads = [word for word in keywords if cut and is_head(word.casefold(), name.casefold(), language)]
        heads = [name[-len(word) :] if language in HEAD_LAST else name[: len(word)] for word in heads]
        heads = [word[:1].upper() + word[1:] if language == "de" else word for word in heads]
        out[language] = [*[word for word in heads if word not in taken[language]][:1], name]
    return out


def is_head(word: str, name: str, language: str) -> bool:
    """Whether ``word`` is the noun that the rest of ``name`` only describes."""
    if len(word) < 2 or len(word) >= len(name):
        return False
    if language not in HEAD_LAST:
        return name.startswith(word + " ")
    return name.endswith(word if language in COMPOUNDS else " " + word)


def places(text: str) -> tuple[dict[str, tuple[float, float]], float]:
    """``"head x y width eyes x y"`` in percent as anchors and the width of the head, in shares."""
    words = iter(text.split())
    anchors, width = dict[str, tuple[float, float]](), 0.0
    for kind in words:
        anchors[kind] = int(next(words)) / 100, int(next(words)) / 100
        if kind == "head":
            width = int(next(words)) / 100
    return anchors, width


def anchor_text(concept: Concept, style: str, table: Mapping[str, Any]) -> str:
    """What ``sprite_anchors.toml`` says of a concept in a style."""
    entry = table["concept"].get(concept.code, table["subgroup"].get(concept.subgroup, {}))
    return entry.get(style, entry.get("3d") if style == "flat" and "3d" in entry else entry.get("any", ""))


def without_white(rgb: np.ndarray, alpha: np.ndarray) -> Image.Image:
    """Straight RGBA from colours over white, (h, w, 3) and (h, w)."""
    a = alpha.astype(np.int32)[..., None]
    p = np.clip(rgb.astype(np.int32) - (255 - a), 0, a)
    c = np.where(a > 0, np.rint(255 * p / np.maximum(a, 1)), 0)
    return Image.fromarray(np.concatenate([c, a], axis=-1).astype(np.uint8))


def encoded(picture: Image.Image) -> tuple[bytes, str]:
    """The picture as lossless WebP, or as PNG if that does not give back every value."""
    out = io.BytesIO()
    picture.save(out, format="WEBP", lossless=True, exact=True, quality=75, method=4)  # 5 ms; 2 % above the smallest
    again = Image.open(out, formats=["WEBP"])
    if again.mode == "RGBA" and np.array_equal(np.asarray(again), np.asarray(picture)):  # opaque ones lose their alpha
        return out.getvalue(), "webp"
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue(), "png"


def columns(concept: Concept, style: str, fitted: Fitted, names: Any, anchors: Any) -> dict[str, Any]:
    """What the tables say of a concept in a style; anchors become shares of the picture, as ``load_sprites`` wants."""
    fixed, code = names["fixed"], concept.code
    where, width = places(anchor_text(concept, style, anchors))
    roles = [role for role, codes in anchors["roles"].items() if code in codes.split()]
    coloured = {word for text in (concept.name, *concept.synonyms) for word in text.split()} & set(COLOURS)
    keeps_colour = concept.group in fixed["recolour_groups"] or code in fixed["recolour_concepts"].split() or coloured
    turned = concept.subgroup in fixed["mirror_subgroups"] or code in fixed["mirror_concepts"].split()
    return {
        "mirror": not turned,
        "recolour": not keeps_colour and has_one_colour(fitted.pixels),
        "anchors": {
            kind: [
                round((at * SIDE - start) / fitted.scale / SIDE, 4) for at, start in zip(xy, fitted.offset, strict=True)
            ]
            for kind, xy in where.items()
        },
        "head": round(width / fitted.scale, 4),
        "roles": [*roles, *(["mount"] if "back" in where else [])],
    }


def rows_of(archive: Path, vendors: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the archive for these vendors, and after them those of what it lacks and we draw."""
    rows = [json.loads(line) for line in (archive / INPUTS[0]).read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["vendor"] in vendors and not row.get("skin_tone")]
    found, present = {row["codepoints"] for row in rows}, {row["vendor"] for row in rows}
    return rows + [row for row in drawn_rows([v for v in vendors if v in present]) if row["codepoints"] not in found]


def write_folder(
    archive: Path,
    out: Path,
    vendors: Sequence[str],
    wanted: set[str] | None,
    limit: int | None,
    *,
    large: bool = False,
) -> list[Any]:
    """Write the pictures of ``vendors``, ``large`` ones of twice the side; the rows of the metadata table."""
    here = Path(__file__).parent
    names, anchors = (tomllib.loads((here / f"sprite_{kind}.toml").read_text("utf-8")) for kind in ("names", "anchors"))
    rows = rows_of(archive, vendors)
    by_code = {(row["codepoints"], row["vendor"]): row for row in rows}
    concepts = chosen(curate(rows, names), wanted)[:limit]
    with zipfile.ZipFile(archive / INPUTS[1]) as arrays:
        images, alphas = (read_array(arrays, f"{key}.npy") for key in ("images", "alpha"))
    languages = {code: {key: [name] for key, name in drawing.names.items()} for code, drawing in DRAWINGS.items()}
    languages |= json.loads(gzip.decompress((archive / INPUTS[2]).read_bytes()))
    taken: dict[str, set[str]] = {}
    for words in languages.values():
        for language, (name, *_) in words.items():
            taken.setdefault(language, set()).add(name)
    table = list[dict[str, Any]]()
    for concept in concepts:
        for vendor in vendors:
            style = STYLES[vendor]
            odd = f"{style}/{concept.code}" in names["drop"]["pictures"].split()
            row = None if odd else by_code.get((concept.code, vendor))
            if row is None:
                continue
            ours = "row" not in row
            picture = (
                drawn(concept.code, style, SIDE) if ours else without_white(images[row["row"]], alphas[row["row"]])
            )
            if (fitted := fit(picture)) is None:
                continue
            if large:
                picture = drawn(concept.code, style, 2 * SIDE) if ours else enlarged(archive, row, alphas[row["row"]])
            data, kind = encoded(picture)
            who, source = OURS if ours else SOURCES[vendor]
            target = out / style / f"{concept.code}.{kind}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            table.append(
                {
                    "file_name": f"{style}/{target.name}",
                    "text": [f"{concept.name}, {style} style", concept.name, *concept.synonyms],
                    "concept": concept.code,
                    "family": concept.family,
                    "style": style,
                    "name": concept.name,
                    "synonyms": concept.synonyms,
                    "names": other_names(concept, row, languages.get(concept.code, {}), taken),
                    "group": concept.group,
                    **columns(concept, style, fitted, names, anchors),
                    "licence": row["licence"],
                    "attribution": who,
                    "source": source,
                    "split_group": concept.family,
                }
            )
    if not table:
        raise SystemExit(f"nothing to write: {archive} has none of the concepts asked for in {', '.join(vendors)}")
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table)
    (out / "metadata.jsonl").write_text(text, encoding="utf-8")
    inputs = [*INPUTS, *sorted({row["file"].partition(":")[0] for row in rows if "file" in row})] if large else INPUTS
    (out / "NOTICE.txt").write_text(notice(archive, table, inputs, 2 * SIDE if large else SIDE), encoding="utf-8")
    return table


def enlarged(archive: Path, row: Mapping[str, Any], small: np.ndarray) -> Image.Image:
    """The picture of a row at twice the side of ``small``, its alpha."""
    name, _, member = row["file"].partition(":")
    with zipfile.ZipFile(archive / name) as pictures:
        rgb = np.asarray(Image.open(io.BytesIO(pictures.read(member)), formats=["WEBP", "PNG"]).convert("RGB"))
    return without_white(rgb, alpha_of(rgb, small))


def chosen(concepts: list[Concept], wanted: set[str] | None) -> list[Concept]:
    """Those asked for by code points or name; all if nobody asked."""
    if wanted is None:
        return concepts
    unknown = sorted(wanted - {word for concept in concepts for word in (concept.code, concept.name)})
    if unknown:
        raise SystemExit(
            f"--concepts names {', '.join(unknown)}, which the archive does not have or which are left out"
        )
    return [concept for concept in concepts if wanted & {concept.code, concept.name}]


def read_array(arrays: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of an ``.npz`` file; nothing but numbers is accepted."""
    with arrays.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def notice(archive: Path, table: Sequence[Mapping[str, Any]], inputs: Sequence[str], side: int) -> str:
    """Attribution, licences and sources of the pictures, and the sha256 of what they were made from."""
    works = Counter((row["style"], row["attribution"], row["licence"], row["source"]) for row in table)
    lines = [
        f"{style}: {number} pictures, {who}, {licence}, {source}"
        for (style, who, licence, source), number in sorted(works.items())
    ]
    hashes = [f"sha256 {hashlib.sha256((archive / name).read_bytes()).hexdigest()}  {name}" for name in inputs]
    return "\n".join([*lines, NAMES_NOTICE, f"Changes to the pictures: drawn at {side} pixels", *hashes]) + "\n"


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="folder of sprites from an archive of emoji pictures")
    parser.add_argument("archive", type=Path, help=f"folder with {', '.join(INPUTS)}")
    parser.add_argument("out", type=Path, help="folder to make; must not exist")
    parser.add_argument("--vendors", default=",".join(STYLES), help="comma-separated (default %(default)s)")
    parser.add_argument("--concepts", type=Path, help="file with one code point sequence or name per line")
    parser.add_argument("--side", type=int, default=SIDE, choices=(SIDE, 2 * SIDE), help="pixels (default %(default)s)")
    parser.add_argument("--limit", type=int, help="only that many concepts, the most useful first")
    asked = parser.parse_args()
    if asked.out.exists():
        raise SystemExit(f"{asked.out} exists already; give a new folder or remove it")
    vendors = asked.vendors.split(",")
    if not set(vendors) <= set(STYLES):  # OpenMoji is share-alike, fluent-color the twin of fluent-3d
        raise SystemExit(f"unknown vendors {sorted(set(vendors) - set(STYLES))}; known are {', '.join(STYLES)}")
    lines = asked.concepts.read_text("utf-8").splitlines() if asked.concepts else []
    wanted = {line.strip() for line in lines if line.strip()} if asked.concepts else None
    partial = asked.out.with_name(asked.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    table = write_folder(asked.archive, partial, vendors, wanted, asked.limit, large=asked.side > SIDE)
    partial.rename(asked.out)
    for style, number in sorted(Counter(row["style"] for row in table).items()):
        sys.stdout.write(f"{number:6d}  {style}\n")
    concepts, families = (len({row[key] for row in table}) for key in ("concept", "family"))
    sys.stdout.write(f"{len(table):6d}  pictures of {concepts} concepts in {families} families in {asked.out}\n")


if __name__ == "__main__":
    main()
