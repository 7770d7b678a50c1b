"""What a film was made of, as the catalogue tells of the run that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Beginnings:
    """What a film was made of: its plate, where that is told, and which of the plate's frames it has.

    first, last   frames of the plate, both included; last is None where it goes to the plate's end
    """

    plate: Path | None
    first: int
    last: int | None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Beginnings:
        """Of a run's settings out of the catalogue; a relative path is seen from where it was run."""
        plate, frames = settings.get("plate"), settings.get("frames")
        here = Path(str(settings.get("directory", "")))
        first, last = (int(frames[0]), int(frames[1])) if isinstance(frames, list) else (0, None)
        return cls(here / plate if isinstance(plate, str) else None, first, last)
