"""Which pictures are kept apart for validation: decided by content, so that adding files moves none of the old ones.

    key = the file's sha256, or the sha256 of its split_group when it has one
    valid  <=>  first 8 bytes of key, as a big-endian integer, mod 1000 < 46           (4.6 %)

Equal files, and pictures of one group, are never on both sides. Below 20 pictures nothing is kept apart. From 20 on at
least one picture is valid: if the rule keeps none apart, those with the smallest key are. If it would leave nothing to
train on (a single group), everything is trained on. Folders named train/ and validation/ override the rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from unfog.data.dataset import Split

RULE = "sha256(content or split_group)[0:8] % 1000 < 46, at least 1 from 20 pictures on"
FOLDER_RULE = "folders train/ and validation/"
VALID_PER_MILLE = 46
SMALLEST_TO_SPLIT = 20


def split_key(sha256: str, group: str | None) -> int:
    """The first 8 bytes of a picture's hash (hexadecimal ``sha256``), or of its group's, as an integer."""
    digest = sha256 if group is None else hashlib.sha256(group.encode()).hexdigest()
    return int(digest[:16], 16)


def assign(keys: Sequence[int]) -> list[Split]:
    """The split of every picture from its key."""
    valid = {key for key in keys if key % 1000 < VALID_PER_MILLE}
    if len(keys) < SMALLEST_TO_SPLIT:
        valid = set()
    elif not valid:
        valid = {min(keys)}
    if valid.issuperset(keys):
        valid = set()
    return ["valid" if key in valid else "train" for key in keys]
