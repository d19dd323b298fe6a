"""Make a captioned folder from an archive of emoji pictures (one zip of WebP files per vendor + metadata.jsonl).

    python tools/emoji_folder.py ARCHIVE_DIR OUT --vendors noto,fluent-flat,twemoji --size 32

ARCHIVE_DIR holds ``metadata.jsonl`` (one row per picture: vendor, file as "ZIP:MEMBER", licence, codepoints, name,
keywords, family, ...) and the zips. OUT becomes one folder per vendor with PNG files, a ``.txt`` file with several
caption lines beside each picture (training picks one line per visit), and ``metadata.jsonl`` with the licence and
attribution of every picture and ``split_group``, the concept's family: all styles of a concept, and its man, woman and
person forms, land on the same side of the train/validation split. OUT appears complete or not at all.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

ATTRIBUTION = {
    "noto": "Noto Emoji (c) Google",
    "blob": "Blobmoji (c) Google and C1710",
    "twemoji": "Twemoji (c) Twitter, Inc and other contributors",
    "openmoji": "OpenMoji, the open-source emoji and icon project",
    "fluent-3d": "Fluent UI Emoji (c) Microsoft",
    "fluent-flat": "Fluent UI Emoji (c) Microsoft",
}
KEYWORDS_PER_LINE = 3


def plain_name(name: str) -> str:
    """A Unicode short name as people would type it: "flag: Chad" -> "flag of Chad", "keycap: 3" -> "keycap 3"."""
    head, colon, tail = name.partition(": ")
    if not colon:
        return name
    return f"{head} of {tail}" if head == "flag" else f"{head} {tail}"


def caption_lines(row: dict[str, Any]) -> list[str]:
    """Several captions of one picture: the name alone, with its style before or behind, and with keywords."""
    name, style = plain_name(row["name"]), row["vendor"].replace("-", " ") + " style"
    said = set(name.lower().replace(",", " ").split())
    more = [word for word in row["keywords"] or [] if word.lower() not in said and word.lower() != name.lower()]
    lines = [f"{name}, {style}", f"{style} {name}", name]
    if more:
        lines.append(", ".join([name, *more[:KEYWORDS_PER_LINE], style]))
    if len(more) > KEYWORDS_PER_LINE:
        lines.append(", ".join([f"{style} {name}", *more[KEYWORDS_PER_LINE : 2 * KEYWORDS_PER_LINE]]))
    return lines


def write_folder(archive: Path, out: Path, vendors: list[str], size: int) -> Counter[str]:
    """Write every picture of ``vendors`` into ``out``; the number of pictures per (vendor, licence)."""
    rows = [json.loads(line) for line in (archive / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    unknown = sorted(set(vendors) - {row["vendor"] for row in rows})
    if unknown:
        raise SystemExit(f"unknown vendors {unknown}; the archive has {sorted({row['vendor'] for row in rows})}")
    zips, counts, table = dict[str, zipfile.ZipFile](), Counter[str](), list[dict[str, Any]]()
    for row in rows:
        vendor = row["vendor"]
        if vendor not in vendors:
            continue
        archive_name, member = row["file"].split(":")
        if archive_name not in zips:
            zips[archive_name] = zipfile.ZipFile(archive / archive_name)
        picture = Image.open(io.BytesIO(zips[archive_name].read(member)), formats=["WEBP"]).convert("RGB")
        target = out / vendor / f"{row['codepoints']}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.resize((size, size), Image.Resampling.LANCZOS).save(target)
        lines = caption_lines(row)
        target.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        table.append(
            {
                "file_name": f"{vendor}/{target.name}",
                "text": lines[0],
                "licence": row["licence"],
                "attribution": ATTRIBUTION.get(vendor, vendor),
                "split_group": row["family"],
                "codepoints": row["codepoints"],
                "group": row["group"],
            }
        )
        counts[f"{vendor}, {row['licence']}"] += 1
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table)
    (out / "metadata.jsonl").write_text(text, encoding="utf-8")
    return counts


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="captioned folder from an archive of emoji pictures")
    parser.add_argument("archive", type=Path, help="folder with metadata.jsonl and the zips")
    parser.add_argument("out", type=Path, help="folder to make; must not exist")
    parser.add_argument("--vendors", default="noto,fluent-flat,twemoji", help="comma-separated (default %(default)s)")
    parser.add_argument("--size", type=int, default=32, help="side in pixels (default %(default)s)")
    asked = parser.parse_args()
    if asked.out.exists():
        raise SystemExit(f"{asked.out} exists already; give a new folder or remove it")
    partial = asked.out.with_name(asked.out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    counts = write_folder(asked.archive, partial, asked.vendors.split(","), asked.size)
    partial.rename(asked.out)
    for kind, number in sorted(counts.items()):
        sys.stdout.write(f"{number:6d}  {kind}\n")
    sys.stdout.write(f"{counts.total():6d}  pictures in {asked.out}\n")


if __name__ == "__main__":
    main()
