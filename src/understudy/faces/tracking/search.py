"""Going back to frames in which a face may have been missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, Found
from understudy.faces.finding.ladder import search_frame, search_near
from understudy.faces.finding.reading import Face, FaceReader
from understudy.faces.finding.survey import faceset_of
from understudy.faces.tracking.gaps import Shot, part_inside
from understudy.faces.tracking.tracks import foretold, in_order
from understudy.media.frame import Clip, Frame

Array = npt.NDArray[np.float64]

_PROBE_EVERY = 12
# Frames without success after which the end of a track is believed.
_PATIENCE = 3
# Frames that are decoded together when a track is followed back in time.
_LOOK_BACK = 8
_MIN_INSIDE = 0.5


class Search:
    """Tracks under completion: frames are read again from `clip` only where a face may have been missed.

    `faces` are tracked. `on_frame` is called after every frame that was searched.
    """

    def __init__(self, clip: Clip, reader: FaceReader, faces: Faceset, on_frame: Callable[[], None]) -> None:
        self._clip, self._reader, self._on_frame = clip, reader, on_frame
        self._tracks: dict[int, dict[int, Face]] = {}
        for row in range(len(faces)):
            # A view: a copy of every face would be most of what a long clip takes.
            face = Face(
                faces.landmarks[row], float(faces.score[row]), Found(int(faces.found[row])), faces.light[row]
            )
            self._tracks.setdefault(int(faces.track[row]), {})[int(faces.frame[row])] = face

    def faces(self) -> Faceset:
        """Everything found so far, tracked and in order."""
        rows = [
            (frame, face, track) for track, faces in self._tracks.items() for frame, face in faces.items()
        ]
        found = faceset_of((frame, face) for frame, face, _ in rows)
        found.track[:] = [track for _, _, track in rows]
        return in_order(found)

    def fill(self, shot: Shot) -> None:
        """Look again in the gaps of every track of a shot, where both ends tell where to look."""
        for track in self._tracks_of(shot):
            frames = sorted(track)
            for begin, end in pairwise(frames):
                if end - begin > 1:
                    self._fill(track, begin, end)

    def _fill(self, track: dict[int, Face], begin: int, end: int) -> None:
        for frame in self._clip.frames(begin + 1, end):
            part = (frame.index - begin) / (end - begin)
            expected = (1 - part) * track[begin].points + part * track[end].points
            if self._find(track, frame, expected):
                begin = frame.index

    def extend(self, shot: Shot) -> None:
        """Follow every track of a shot beyond both of its ends, until the face cannot be found any more."""
        for track in self._tracks_of(shot):
            self._extend(track, shot)

    def _extend(self, track: dict[int, Face], shot: Shot) -> None:
        self._follow(track, sorted(track), self._clip.frames(max(track) + 1, shot[1] + 1))
        self._follow(track, sorted(track, reverse=True), self._backwards(min(track), shot[0]))

    def _follow(self, track: dict[int, Face], known: list[int], ahead: Iterator[Frame]) -> None:
        for frame in ahead:
            points = [track[index].points for index in known[-8:]]
            expected = foretold(known[-8:], points, frame.index)
            if part_inside(expected, self._clip.info.width, self._clip.info.height) < _MIN_INSIDE:
                return
            if self._find(track, frame, expected):
                known.append(frame.index)
            elif abs(frame.index - known[-1]) >= min(_PATIENCE, len(known)):
                return

    def _backwards(self, stop: int, first: int) -> Iterator[Frame]:
        """The frames stop - 1, stop - 2, … first."""
        while stop > first:
            start = max(first, stop - _LOOK_BACK)
            yield from reversed(list(self._clip.frames(start, stop)))
            stop = start

    def probe(self, shot: Shot) -> None:
        """Search the whole picture now and then where a shot shows no face, and follow what turns up."""
        seen = {index for track in self._tracks_of(shot) for index in range(min(track), max(track) + 1)}
        for begin, stop in _runs(index for index in range(shot[0], shot[1] + 1) if index not in seen):
            for index in range(begin + min(_PROBE_EVERY, stop - begin) // 2, stop, _PROBE_EVERY):
                if index in seen:
                    continue
                for face in search_frame(self._reader, self._clip.read(index).image):
                    number, track = max(self._tracks, default=-1) + 1, {index: face}
                    self._tracks[number] = track
                    self._extend(track, shot)
                    if len(track) == 1:
                        del self._tracks[number]
                    seen |= set(track)
                self._on_frame()

    def _find(self, track: dict[int, Face], frame: Frame, expected: Array) -> bool:
        others = [faces[frame.index].box for faces in self._tracks.values() if frame.index in faces]
        face = search_near(self._reader, frame.image, expected, others)
        self._on_frame()
        if face is None:
            return False
        track[frame.index] = face
        return True

    def _tracks_of(self, shot: Shot) -> list[dict[int, Face]]:
        return [track for track in self._tracks.values() if shot[0] <= min(track) <= shot[1]]


def _runs(indices: Iterator[int]) -> Iterator[tuple[int, int]]:
    """(start, stop) of every run of consecutive numbers."""
    start = stop = None
    for index in indices:
        if start is None or stop is None:
            start = index
        elif index != stop:
            yield start, stop
            start = index
        stop = index + 1
    if start is not None and stop is not None:
        yield start, stop
