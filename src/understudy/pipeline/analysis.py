"""The first look at a clip: shots, faces, tracks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, takewhile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, Found
from understudy.faces.finding.survey import Survey, Surveyor
from understudy.faces.tracking.completing import TrackedFaces, complete
from understudy.media import Frame, Image, open_clip
from understudy.pipeline.footage import Footage
from understudy.pipeline.reel import Reel
from understudy.progress import Task
from understudy.project.stage import Stage

CHUNK = 64
_TRACKS = "tracks.npz"


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
        return tuple(self._rows)

    @cached_property
    def _rows(self) -> dict[int, npt.NDArray[np.int64]]:
        return dict(self.faces.by_track())

    def rows_of(self, track: int) -> npt.NDArray[np.int64]:
        """Rows of the faces of a track, ascending; none for a track that is not there."""
        return self._rows.get(track, np.zeros(0, np.int64))

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """(N,) which faces were really found, and not interpolated."""
        return self.faces.found != Found.INTERPOLATED

    @property
    def stop(self) -> int:
        """One more than the last frame that could be read."""
        return self.shots[-1][1] + 1

    def span_of(self, track: int) -> tuple[int, int]:
        """First and last frame of a track."""
        rows = self.rows_of(track)
        return int(self.faces.frame[rows[0]]), int(self.faces.frame[rows[-1]])

    def shot_of(self, track: int) -> int:
        """Index of the shot that a track belongs to."""
        first, _ = self.span_of(track)
        return bisect_right(self.shots, first, key=lambda shot: shot[0]) - 1


def study(stage: Stage, footage: Footage, task: Task) -> int:
    """Look at every frame, chunk by chunk, and then at the clip as a whole; returns the frames looked at.

    Where the clip is damaged, only the frames up to there are looked at: `Analysis.stop` tells.
    """
    done, reel = 0, Reel(footage.readable, footage.stop)
    with Surveyor() as surveyor:
        for index in range(footage.chunk_count(CHUNK)):
            path, numbers = stage.path(stage.chunk(index)), footage.chunk(index, CHUNK)
            if path.exists():
                survey = Survey.load(path)
                task.advance(len(survey.thumbnails))
            elif (frames := _begun(reel.frames(numbers))) is not None:
                survey = surveyor.survey(frames, task.advance)
                survey.save(path)
                done += len(survey.thumbnails)
            elif index == 0:
                raise BadInputError(footage.reason_for_end(numbers.start))
            else:
                break
            if survey.stop < numbers.stop:
                break
    complete(footage.clip, _surveys(stage, footage)).save(stage.path(_TRACKS))
    return done


def _begun(frames: Iterator[Frame]) -> Iterator[Frame] | None:
    """The same frames, or None where there is none."""
    first = next(frames, None)
    return None if first is None else chain([first], frames)


def _surveys(stage: Stage, footage: Footage) -> Iterator[Survey]:
    paths = stage.chunks(footage.chunk_count(CHUNK))
    return (Survey.load(path) for path in takewhile(Path.exists, paths))


def studied(stage: Stage) -> Analysis:
    """What a finished study found."""
    tracked = TrackedFaces.load(stage.path(_TRACKS))
    return Analysis(tracked.faces, tracked.shots, tracked.missed)


def analyse_still(path: Path) -> tuple[Image, Faceset]:
    """The first frame of a picture or clip, and the faces in it."""
    with open_clip(path) as clip, Surveyor(workers=1) as surveyor:
        frame = clip.read(0)
        return frame.image, surveyor.survey([frame]).faces
