"""The consent that a benchmark rests on: its own declaration of what its footage is."""

from __future__ import annotations

from pathlib import Path

from understudy.benchmark.case import Footage
from understudy.pipeline.material import declare
from understudy.takes.slate import read_slate

_PERFORMED = "The digital performers of Understudy, filmed by its benchmark."
_REAL = "Footage that whoever runs this benchmark has gathered for research."


def declared(footage: Footage, home: Path) -> Path:
    """Write the record for a case's footage into `home`: synthetic where it was filmed here, else research.

    By hashes, for the performers too: rendering takes anew would be timed as part of the swap. Raises
    OutputError where it cannot be written.
    """
    clips = dict.fromkeys((*footage.likeness, footage.plate))
    performed = all(read_slate(clip) is not None for clip in clips)
    return declare(
        "synthetic" if performed else "research",
        "The digital performers" if performed else "The people in this footage",
        _PERFORMED if performed else _REAL,
        list(clips),
        home / "consent.json",
        declarant="Whoever runs this benchmark",
    )
