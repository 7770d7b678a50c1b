"""What came of a swap."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.project.stage import StageRecord

Range = tuple[int, int]
"""First and last frame, both included."""


@dataclass(frozen=True)
class SwappedTrack:
    """One track that was replaced.

    number      its number in the plate
    first, last the frames it spans, both included
    swapped     in how many of them the face was replaced
    missed      the frames in which the face was not found, and the plate stayed as it was
    """

    number: int
    first: int
    last: int
    swapped: int
    missed: tuple[Range, ...] = ()


@dataclass(frozen=True)
class SwapResult:
    """What was written and what it took.

    `frames` counts the output's frames, `seconds` the whole swap, `peak_memory_mb` the process's highest
    memory in MiB (None where the system does not tell). `stages` are in the order they ran. `untouched` are
    the plate's frames in which no face was replaced, be it missed or not there. `consent` is what the records
    permit (`consenting.Permission.to_json`).
    """

    output: Path
    frames: int
    tracks: tuple[SwappedTrack, ...]
    stages: tuple[StageRecord, ...]
    seconds: float
    untouched: tuple[Range, ...] = ()
    warnings: tuple[str, ...] = ()
    peak_memory_mb: float | None = None
    contact_sheet: Path | None = None
    compare: Path | None = None
    consent: Mapping[str, Any] = field(default_factory=dict)

    @property
    def faces_swapped(self) -> int:
        """Faces replaced, over all tracks."""
        return sum(track.swapped for track in self.tracks)

    @property
    def missed(self) -> dict[int, tuple[Range, ...]]:
        """Missed frames by track, for the tracks that have any."""
        return {track.number: track.missed for track in self.tracks if track.missed}

    @property
    def faceless(self) -> tuple[Range, ...]:
        """Untouched frames in which no track is known to have been missed."""
        missed = {frame for ranges in self.missed.values() for frame in _frames(ranges)}
        return as_ranges(frame for frame in _frames(self.untouched) if frame not in missed)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "output": str(self.output),
            "frames": self.frames,
            "faces_swapped": self.faces_swapped,
            "missed": {str(number): [list(r) for r in ranges] for number, ranges in self.missed.items()},
            "untouched": [list(r) for r in self.untouched],
            "tracks": [
                {"number": t.number, "first": t.first, "last": t.last, "swapped": t.swapped}
                for t in self.tracks
            ],
            "stages": [
                {
                    "name": stage.name,
                    "seconds": round(stage.seconds, 4),
                    "frames": stage.frames,
                    "frames_per_second": stage.frames_per_second,
                    "skipped": stage.skipped,
                }
                for stage in self.stages
            ],
            "seconds": round(self.seconds, 4),
            "peak_memory_mb": self.peak_memory_mb,
            "warnings": list(self.warnings),
            "contact_sheet": None if self.contact_sheet is None else str(self.contact_sheet),
            "compare": None if self.compare is None else str(self.compare),
            "consent": dict(self.consent),
        }


def count_of(ranges: Iterable[Range]) -> int:
    """How many frames the ranges hold."""
    return sum(last - first + 1 for first, last in ranges)


def _frames(ranges: Iterable[Range]) -> Iterator[int]:
    return (frame for first, last in ranges for frame in range(first, last + 1))


def as_ranges(frames: Iterable[int]) -> tuple[Range, ...]:
    """Frame numbers, in any order, as the fewest ranges that hold exactly them."""
    ranges: list[Range] = []
    for frame in sorted(set(frames)):
        if ranges and frame == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], frame)
        else:
            ranges.append((frame, frame))
    return tuple(ranges)


def peak_memory_mb() -> float | None:
    """Highest resident memory of this process so far, in MiB; None where the system does not tell."""
    try:
        # Linux hands `ru_maxrss` down from whoever started the process: a large parent would be told for us.
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 2**10
    except (OSError, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
