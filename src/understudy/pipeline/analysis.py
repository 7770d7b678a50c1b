"""The first look at a clip: shots, faces, tracks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, Found
from understudy.media import Image
from understudy.pipeline.footage import Footage
from understudy.progress import Task
from understudy.project.stage import Stage

VERSION = 1
CHUNK = 64


@dataclass(frozen=True)
class Analysis:
    """What the frames of a clip show.

    faces   every face, tracked, sorted by frame and then by track
    shots   (first, last) frame of every shot, both included, in order
    missed  frames, by track, in which its face was not found
    """

    faces: Faceset = field(repr=False)
    shots: tuple[tuple[int, int], ...]
    missed: dict[int, tuple[int, ...]]

    @property
    def track_numbers(self) -> tuple[int, ...]:
        """All tracks, ascending."""
        return tuple(int(track) for track in np.unique(self.faces.track))

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """(N,) which faces were really found, and not interpolated."""
        return self.faces.found != Found.INTERPOLATED

    def span_of(self, track: int) -> tuple[int, int]:
        """First and last frame of a track."""
        frames = self.faces.frame[self.faces.track == track]
        return int(frames.min()), int(frames.max())

    def shot_of(self, track: int) -> int:
        """Index of the shot that a track belongs to."""
        first, _ = self.span_of(track)
        return next(k for k, (begin, end) in enumerate(self.shots) if begin <= first <= end)
