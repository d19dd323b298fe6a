"""The gallery: rows about pictures, and their files. Deleting is moving to the trash; ids, never paths."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import re
import sqlite3
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from unfog.jobs.save import slug
from unfog.media.image import decode_any, quiet, read_bytes
from unfog.media.png import read_text
from unfog.media.recipe import KEY, parse_recipe
from unfog.server.ledger import insert_picture, picture_path, picture_row, read_picture, write_private
from unfog.server.states import NotFoundError
from unfog.server.store import Store, now
from unfog.util.errors import DataError, DiskError, RecipeError, UsageError

LOG = logging.getLogger("unfog.server")
THUMB = 256
ARCHIVED, ARCHIVE_BYTES = 500, 512 * 2**20
ID = re.compile("[0-9a-f]{32}")
OWNER = re.compile("local|[0-9a-f]{16}")
DAY_S = 86400.0


def row(store: Store, owner: str, picture: str) -> dict[str, Any]:
    """What is known of a picture.

    Raises:
        NotFoundError: this owner has none of that id.
    """
    found = store.row("SELECT * FROM pictures WHERE id = ? AND owner = ?", picture, owner)
    if found is None:
        raise NotFoundError(f"there is no picture {picture[:40]}")
    return found


async def search(
    store: Store, owner: str, wanted: Mapping[str, Any], before: str | None, limit: int
) -> list[dict[str, Any]]:
    """The newest pictures that fit.

    Args:
        wanted: ``q`` (words in the prompt, all of them), ``model``, ``sampler``, ``task``, ``starred``, ``trash``.
        before: the last one of the list that is continued.
    """
    where, values = ["owner = ?"], list[Any]([owner])
    where.append(f"trashed IS {'NOT ' if wanted.get('trash') else ''}NULL")
    for word in (wanted.get("q") or "").split()[:16]:
        where.append("prompt LIKE ? ESCAPE '\\'")
        values.append(f"%{escaped(word)}%")
    for name in ("model", "sampler", "task"):
        if wanted.get(name) is not None:
            where.append(f"{name} = ?")
            values.append(wanted[name])
    if wanted.get("starred") is not None:
        where.append("starred = ?")
        values.append(int(wanted["starred"]))
    if before is not None:
        where.append("number < (SELECT number FROM pictures WHERE id = ? AND owner = ?)")
        values += [before, owner]
    query = f"SELECT * FROM pictures WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"  # noqa: S608
    return await asyncio.to_thread(store.rows, query, *values, limit)


def escaped(text: str) -> str:
    """A text without special meaning to LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def star(store: Store, owner: str, picture: str, *, starred: bool) -> dict[str, Any]:
    """Star a picture, or not.

    Raises:
        NotFoundError: as ``row``. sqlite3.Error: the disk refuses.
    """
    row(store, owner, picture)
    await store.write(lambda db: db.execute("UPDATE pictures SET starred = ? WHERE id = ?", (int(starred), picture)))
    return row(store, owner, picture)


async def move(store: Store, owner: str, picture: str, *, trash: bool) -> dict[str, Any]:
    """Put a picture into the trash, or take it out; again is as good as once.

    Raises:
        NotFoundError: as ``row``. DiskError, sqlite3.Error: the disk refuses; the picture is where it was.
    """
    found = row(store, owner, picture)
    if (found["trashed"] is not None) == trash:
        return found
    source = picture_path(store.root, owner, picture, trashed=not trash)
    target = picture_path(store.root, owner, picture, trashed=trash)
    moved = rename(source, target)
    when = now() if trash else None
    try:
        await store.write(lambda db: db.execute("UPDATE pictures SET trashed = ? WHERE id = ?", (when, picture)))
    except sqlite3.Error:
        if moved:
            rename(target, source)
        raise
    return row(store, owner, picture)


def rename(source: Path, target: Path) -> bool:
    """Move the file of a picture; whether it was there.

    Raises:
        DiskError: the disk refuses, or a link leads out of the server's own folders.
    """
    if not (at_home(source) and at_home(target)):
        raise DiskError(f"cannot move {source}: its folder or that of the trash is a link; put a folder there")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source.replace(target)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DiskError(f"cannot move {source}: {error.strerror}; see the log") from error
    return True


async def purge(store: Store, days: float) -> int:
    """Delete what has been in the trash for so long; how many."""
    old = f"-{days * DAY_S:.0f} seconds"
    query = "SELECT id, owner FROM pictures WHERE trashed IS NOT NULL AND julianday(trashed) < julianday('now', ?)"
    rows = store.rows(query, old)
    for one in rows:
        await store.write(lambda db, name=one["id"]: db.execute("DELETE FROM pictures WHERE id = ?", (name,)))
        for path in (
            picture_path(store.root, one["owner"], one["id"], trashed=True),
            thumb_path(store, one["owner"], one["id"]),
        ):
            if at_home(path):
                path.unlink(missing_ok=True)
    return len(rows)


def at_home(path: Path) -> bool:
    """Whether the folder of a file, and the one around that, are no links that lead out of the server's own."""
    return not (path.parent.is_symlink() or path.parent.parent.is_symlink())


def thumb_path(store: Store, owner: str, picture: str) -> Path:
    """Where a thumbnail is kept."""
    return store.root / "thumbs" / owner / f"{picture}.webp"


async def thumb(store: Store, owner: str, picture: str) -> bytes:
    """A small picture, made once.

    Raises:
        NotFoundError: as ``row``, or the file is gone.
    """
    found = row(store, owner, picture)
    path = thumb_path(store, owner, picture)
    return await asyncio.to_thread(made_small, store.root, found, path)


def made_small(root: Path, found: dict[str, Any], target: Path) -> bytes:
    """Read a thumbnail, or make it of the picture of a row.

    Raises:
        NotFoundError: the picture is gone or damaged.
    """
    if target.is_file():
        return target.read_bytes()
    try:
        with quiet():
            file = read_picture(root, found["owner"], found["id"], trashed=found["trashed"] is not None)
            picture, _ = decode_any(file, name="the picture")
    except DataError:
        raise NotFoundError("the file of this picture is gone or damaged") from None
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=82, method=2)
    try:
        write_private(target, out.getvalue())
    except DiskError:
        LOG.warning("a thumbnail could not be kept; it is made again next time")
    return out.getvalue()


async def archive(store: Store, owner: str, ids: Sequence[Any]) -> bytes:
    """Pictures as one ZIP file.

    Raises:
        UsageError: none, too many, or too large together. NotFoundError: one is not there.
    """
    if not ids or len(ids) > ARCHIVED or not all(isinstance(name, str) and ID.fullmatch(name) for name in ids):
        raise UsageError(f"name 1 to {ARCHIVED} pictures by their ids")
    rows = [row(store, owner, name) for name in dict.fromkeys(ids)]
    if sum(one["bytes"] for one in rows) > ARCHIVE_BYTES:
        raise UsageError(f"these pictures have more than {ARCHIVE_BYTES} bytes together; name fewer")
    return await asyncio.to_thread(zipped, store, rows)


def zipped(store: Store, rows: Sequence[dict[str, Any]]) -> bytes:
    """The file; pictures are compressed already."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for one in rows:
            name = f"{slug(one['prompt'])}-{one['seed']}-{one['id'][:8]}.png"
            data = read_picture(store.root, one["owner"], one["id"], trashed=one["trashed"] is not None)
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


# ---- from the files alone


def strays(store: Store) -> Iterator[dict[str, Any]]:
    """Rows of pictures that have a file and no row: after a crash, or when the database was lost."""
    for kind, trashed in (("pictures", False), ("trash", True)):
        for path in sorted((store.root / kind).glob("*/*.png")):
            owner, name = path.parent.name, path.stem
            if not (OWNER.fullmatch(owner) and ID.fullmatch(name)) or path.is_symlink():
                continue
            if store.row("SELECT 1 FROM pictures WHERE id = ?", name) is None:
                found = read_row(path, owner, name)
                if found is not None:
                    yield found | ({"trashed": now()} if trashed else {})


def read_row(path: Path, owner: str, name: str) -> dict[str, Any] | None:
    """The row of a picture, from its recipe; ``None`` if it has none."""
    try:
        data = read_bytes(path)
        recipe = parse_recipe(read_text(data, name=path.name).get(KEY, ""), name=path.name)
    except (DataError, RecipeError):
        LOG.warning("%s holds no recipe; it is left where it is", path.name)
        return None
    made = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(path.stat().st_mtime))
    facts = json.loads(recipe.model_dump_json())
    sha256 = hashlib.sha256(data).hexdigest()
    return picture_row(name, "", owner, 0, len(data), sha256, facts) | {"created": made}


async def rebuild(store: Store) -> int:
    """Take pictures without a row into the gallery, the oldest first; how many."""
    found = sorted(await asyncio.to_thread(lambda: list(strays(store))), key=lambda one: one["created"])

    def change(db: sqlite3.Connection) -> None:
        for one in found:
            insert_picture(db, one)

    await store.write(change)
    if found:
        LOG.warning("%d pictures were read back into the gallery from their files", len(found))
    return len(found)
