"""Pictures that somebody sends: only PNG, JPEG and WebP, checked before and while they are decoded, kept by id."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from unfog.config.server import Limits
from unfog.media.formats import MIME
from unfog.media.image import Limits as PictureLimits
from unfog.media.image import check_header, decode_any, quiet
from unfog.server.ledger import picture_path, write_private
from unfog.server.states import FileState, FullError, NotFoundError
from unfog.server.store import Store, new_id, now
from unfog.util.errors import DataError, DiskError, UsageError

LOG = logging.getLogger("unfog.server")
WAIT_S, DECODE_S = 20.0, 20.0  # until a picture is decoded, and while it is
BUSY_RETRY_S = 10
MIMES = {name.upper(): mime for name, mime in MIME.items()}
DECODER = ThreadPoolExecutor(1, thread_name_prefix="decode")  # one at a time: memory is bounded by one picture


async def add(store: Store, data: bytes, owner: str, limits: Limits) -> FileState:
    """Check a picture and keep it.

    Raises:
        DataError: it is no picture of the three kinds, too large, damaged, or takes too long. FullError: no place, or
            too many others come before it.
    """
    caps = PictureLimits(file_bytes=limits.upload_bytes, pixels=limits.pixels)
    header = check_header(data, name="the picture", limits=caps)
    width, height = await decoded(data, caps)
    row = {
        "id": new_id(),
        "owner": owner,
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": width,
        "height": height,
        "bytes": len(data),
        "mime": MIMES[header.format],
        "created": now(),
    }
    path = file_path(store, owner, row["id"])
    try:
        await asyncio.to_thread(write_private, path, data)
        names = ", ".join(row)
        query = f"INSERT INTO files({names}) VALUES({', '.join(f':{name}' for name in row)})"
        await store.write(lambda db: db.execute(query, row))
    except (DiskError, sqlite3.Error) as error:
        LOG.exception("an upload could not be stored")
        path.unlink(missing_ok=True)
        raise FullError(60, "the server cannot write its files now; try again later") from error
    await drop_oldest(store, owner, limits.files)
    return FileState.parse({key: row[key] for key in ("id", "sha256", "width", "height", "bytes")})


async def decoded(data: bytes, limits: PictureLimits) -> tuple[int, int]:
    """Sides of a picture, when its turn has come and it was decoded whole.

    Raises:
        DataError: it is damaged or takes too long. FullError: its turn does not come.
    """
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    def work() -> tuple[int, int]:
        loop.call_soon_threadsafe(begun.set)
        return size_of(data, limits)

    sides = asyncio.wrap_future(DECODER.submit(work))
    try:
        await asyncio.wait_for(begun.wait(), WAIT_S)
        return await asyncio.wait_for(sides, DECODE_S)
    except TimeoutError:
        if not begun.is_set():
            raise FullError(BUSY_RETRY_S, "others send many pictures now; try again later") from None
        raise DataError(f"the picture takes longer than {DECODE_S:.0f} s to read; save it again as PNG") from None
    finally:
        sides.cancel()


def size_of(data: bytes, limits: PictureLimits) -> tuple[int, int]:
    """Sides of a picture that was decoded whole."""
    with quiet():
        picture, _ = decode_any(data, name="the picture", limits=limits)
    return picture.size


def file_path(store: Store, owner: str, name: str) -> Path:
    """Where an upload is."""
    return store.root / "files" / owner / name


def path_of(store: Store, name: str, owner: str) -> Path:
    """The file of an upload, or of a picture in the gallery.

    Raises:
        UsageError: this owner has neither of that id.
    """
    if store.row("SELECT 1 FROM files WHERE id = ? AND owner = ?", name, owner) is not None:
        return file_path(store, owner, name)
    row = store.row("SELECT trashed FROM pictures WHERE id = ? AND owner = ?", name, owner)
    if row is None:
        raise UsageError(f"there is no upload and no picture {name}; send it first")
    return picture_path(store.root, owner, name, trashed=row["trashed"] is not None)


def sides_of(store: Store, name: str, owner: str) -> tuple[int, int]:
    """Width and height of an upload, or of a picture in the gallery, that this owner has (``path_of``)."""
    upload = store.row("SELECT width, height FROM files WHERE id = ? AND owner = ?", name, owner)
    row = upload or store.row("SELECT width, height FROM pictures WHERE id = ? AND owner = ?", name, owner)
    assert row is not None
    return row["width"], row["height"]


def file_row(store: Store, name: str, owner: str) -> dict[str, object]:
    """What is known of an upload.

    Raises:
        NotFoundError: this owner has none of that id.
    """
    row = store.row("SELECT * FROM files WHERE id = ? AND owner = ?", name, owner)
    if row is None:
        raise NotFoundError(f"there is no file {name}")
    return row


async def drop_oldest(store: Store, owner: str, most: int) -> None:
    """Forget the oldest uploads of somebody who has too many."""
    rows = store.rows("SELECT id FROM files WHERE owner = ? ORDER BY number DESC LIMIT -1 OFFSET ?", owner, most)
    for row in rows:
        await store.write(lambda db, name=row["id"]: db.execute("DELETE FROM files WHERE id = ?", (name,)))
        file_path(store, owner, row["id"]).unlink(missing_ok=True)
