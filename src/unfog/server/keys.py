"""Who asks: API keys, of which only the SHA-256 is kept, and the cookie that the studio gets for a one-time token.

The first key is that of whoever runs the server: its link to the studio is for that one, and only that one may change
what everybody gets (the default model). Without any key there is one owner, ``local``; the server then listens on this
machine only. With keys, the owner is a hash of the key, so galleries of different keys are apart and no id of one is
known to another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from unfog.util.errors import UsageError

LOCAL = "local"
COOKIE = "unfog"
SHORTEST = 16  # characters of a key; the usual ones have 43
SESSION_S = 30 * 86400.0
MOST_SESSIONS = 1000
KEY_FILE = "key"


def digest(text: str) -> bytes:
    """SHA-256; enough for keys of high entropy."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Keys:
    """The keys of a server and the sessions that were opened with them.

    Args:
        keys: as they are typed.

    Raises:
        UsageError: one is too short to be safe.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        if short := [key for key in keys if len(key) < SHORTEST]:
            raise UsageError(
                f"an API key has at least {SHORTEST} characters, one of yours has {len(short[0])}; make one with"
                " --api-key auto"
            )
        self._owners = {digest(key): digest(f"owner of {key}").hex()[:16] for key in keys}
        self._sessions: dict[bytes, tuple[str, float]] = {}
        self._tokens: dict[bytes, str] = {}

    @property
    def wanted(self) -> bool:
        """Whether a key is needed at all."""
        return bool(self._owners)

    @property
    def owners(self) -> list[str]:
        return list(self._owners.values()) or [LOCAL]

    def manages(self, owner: str) -> bool:
        """Whether an owner may change what everybody gets: whoever has the first key, or everybody if there is none."""
        return owner == self.owners[0]

    def of_key(self, key: str) -> str | None:
        """The owner with this key; takes the same time for every wrong one."""
        found, given = None, digest(key)
        for known, owner in self._owners.items():
            if hmac.compare_digest(known, given):
                found = owner
        return found

    def of(self, headers: Mapping[str, str]) -> tuple[str | None, str]:
        """Who sent these headers, and how that was told: ``none``, ``bearer``, ``basic`` or ``cookie``."""
        if not self.wanted:
            return LOCAL, "none"
        kind, _, rest = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.of_key(rest.strip()), "bearer"
        if kind.lower() == "basic":
            return self.of_key(password(rest)), "basic"
        session = self._sessions.get(digest(cookie(headers.get("cookie", ""))))
        if session is not None and session[1] > time.monotonic():
            return session[0], "cookie"
        return None, "none"

    def token(self, owner: str) -> str:
        """A token for one link to the studio."""
        text = secrets.token_urlsafe(32)
        self._tokens[digest(text)] = owner
        return text

    def exchange(self, token: str) -> str | None:
        """The cookie's value for a token, once."""
        owner = self._tokens.pop(digest(token), None)
        if owner is None:
            return None
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        session = secrets.token_urlsafe(32)
        self._sessions[digest(session)] = (owner, time.monotonic() + SESSION_S)
        return session


def password(text: str) -> str:
    """The password of Basic credentials, whoever the user is; "" if it cannot be read."""
    try:
        return base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def cookie(header: str) -> str:
    """The value of our cookie; "" if there is none."""
    jar = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def own_key(root: Path) -> tuple[str, bool]:
    """The key that this server made for itself, and whether it was made now; kept in a file only its owner reads.

    Raises:
        UsageError: the file holds no key.
    """
    path = root / KEY_FILE
    if path.exists():
        key = path.read_text(encoding="ascii").strip()
        if len(key) < SHORTEST:
            raise UsageError(f"{path} holds no key; remove it, and a new one is made")
        return key, False
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = secrets.token_urlsafe(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key + "\n")
    return key, True
