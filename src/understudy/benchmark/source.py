"""What code made a result: a change of it makes the result old, without anybody raising a version."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import understudy

STAGE = ("performers", "geometry")
"""What draws the performers."""

SWAP = (
    "engines",
    "compositing",
    "faces",
    "geometry",
    "media",
    "mastering",
    "measures",
    "pipeline",
    "benchmark",
)
"""What swaps and scores."""


@cache
def digest(rooms: tuple[str, ...]) -> str:
    """SHA-256 of the Python source of these rooms, as it was when first asked for."""
    home = Path(understudy.__file__).parent
    total = hashlib.sha256()
    for path in sorted(path for room in rooms for path in (home / room).rglob("*.py")):
        total.update(f"{path.relative_to(home).as_posix()}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()
