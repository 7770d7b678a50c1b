"""What code made a result: a change of it makes the result old, without anybody raising a version."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import understudy

STAGE = ("performers", "takes", "geometry")
"""What draws the performers."""

SWAP = ("engines", "compositing", "faces", "geometry", "media", "pipeline", "project", "pixels.py")
"""What swaps."""
LEARNING = ("nets", "training")
"""And of engines that learn."""

SCORE = (
    "measures",
    *(
        f"benchmark/{name}.py"
        for name in ("judge", "likeness_sample", "scoring", "summary", "figures", "strips")
    ),
)
"""What scores, and makes the pictures of it."""


@cache
def digest(places: tuple[str, ...]) -> str:
    """SHA-256 of the Python source of these rooms and files, as it was when first asked for."""
    home = Path(understudy.__file__).parent
    total = hashlib.sha256()
    sources = [[home / place] if place.endswith(".py") else (home / place).rglob("*.py") for place in places]
    for path in sorted(path for found in sources for path in found):
        total.update(f"{path.relative_to(home).as_posix()}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def engine_release(name: str) -> str:
    """The release of the package that brings the engine called `name`; it may be another one than this."""
    (entry,) = entry_points(group="understudy.engines", name=name)
    return "" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
