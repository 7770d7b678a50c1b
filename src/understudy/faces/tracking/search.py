"""Going back to frames in which a face may have been missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import LANDMARK_COUNT, Faceset, Found, concatenate
from understudy.faces.finding.ladder import search_frame, search_near
from understudy.faces.finding.reading import Face, FaceReader, box_of
from understudy.faces.finding.survey import faceset_of
from understudy.faces.stretches import Growing, release
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


_Track = dict[int, int]
"""By frame, the row of the face that a track has there."""


class Search:
    """The tracks of one shot under completion: frames are read again from `clip` only where a face may have
    been missed.

    `faces` are those of the shot, tracked and in order. `on_frame` is called after every frame that was
    searched.
    """

    def __init__(
        self, clip: Clip, reader: FaceReader, faces: Faceset, shot: Shot, on_frame: Callable[[], None]
    ) -> None:
        self._clip, self._reader, self._shot, self._on_frame = clip, reader, shot, on_frame
        self._faces, self._found = faces, _Found()
        self._tracks: dict[int, _Track] = {}
        for row, (track, frame) in enumerate(zip(faces.track.tolist(), faces.frame.tolist(), strict=True)):
            self._tracks.setdefault(track, {})[frame] = row

    def run(self, *, probe: bool) -> Faceset:
        """Fill gaps, follow tracks beyond their ends, and `probe` for faces in frames that show none. Returns
        everything found, tracked and in order.
        """
        for track in self._tracks.values():
            self._fill_gaps(track)
        for track in self._tracks.values():
            self._extend(track)
        if probe:
            self._probe()
        release(self._faces.landmarks)
        known = len(self._faces)
        new = {
            row - known: (track, frame)
            for track, rows in self._tracks.items()
            for frame, row in rows.items()
            if row >= known
        }
        if not new:
            return self._faces
        return in_order(concatenate([self._faces, self._found.faces(new)]))

    def _points(self, row: int) -> Array:
        known = len(self._faces)
        return self._faces.landmarks[row] if row < known else self._found.points(row - known)

    def _fill_gaps(self, track: _Track) -> None:
        """Look again in the gaps of a track, where both ends tell where to look."""
        for begin, end in pairwise(sorted(track)):
            if end - begin > 1:
                self._fill(track, begin, end)

    def _fill(self, track: _Track, begin: int, end: int) -> None:
        for frame in self._clip.frames(begin + 1, end):
            part = (frame.index - begin) / (end - begin)
            expected = (1 - part) * self._points(track[begin]) + part * self._points(track[end])
            if self._find(track, frame, expected):
                begin = frame.index

    def _extend(self, track: _Track) -> None:
        """Follow a track beyond both of its ends, until the face cannot be found any more."""
        self._follow(track, sorted(track), self._clip.frames(max(track) + 1, self._shot[1] + 1))
        self._follow(track, sorted(track, reverse=True), self._backwards(min(track), self._shot[0]))

    def _follow(self, track: _Track, known: list[int], ahead: Iterator[Frame]) -> None:
        for frame in ahead:
            points = [self._points(track[index]) for index in known[-8:]]
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

    def _probe(self) -> None:
        """Search the whole picture now and then where the shot shows no face, and follow what turns up."""
        first, last = self._shot
        seen = {index for track in self._tracks.values() for index in range(min(track), max(track) + 1)}
        for begin, stop in _runs(index for index in range(first, last + 1) if index not in seen):
            for index in range(begin + min(_PROBE_EVERY, stop - begin) // 2, stop, _PROBE_EVERY):
                if index in seen:
                    continue
                for face in search_frame(self._reader, self._clip.read(index).image):
                    number, track = max(self._tracks, default=-1) + 1, {index: self._add(face)}
                    self._tracks[number] = track
                    self._extend(track)
                    if len(track) == 1:
                        del self._tracks[number]
                    seen |= set(track)
                self._on_frame()

    def _add(self, face: Face) -> int:
        """Keep a face that was found; returns its row."""
        return len(self._faces) + self._found.add(face)

    def _find(self, track: _Track, frame: Frame, expected: Array) -> bool:
        rows = [other[frame.index] for other in self._tracks.values() if frame.index in other]
        others = [box_of(self._points(row)) for row in rows]
        face = search_near(self._reader, frame.image, expected, others)
        self._on_frame()
        if face is None:
            return False
        track[frame.index] = self._add(face)
        return True


class _Found:
    """The faces that a search adds. There may be as many as frames, so landmarks are kept in a column."""

    def __init__(self) -> None:
        self._points = Growing((LANDMARK_COUNT, 3), np.float64)
        self._others: list[tuple[float, Found, npt.NDArray[np.floating[Any]]]] = []

    def add(self, face: Face) -> int:
        """Keep a face; returns its place among those found."""
        self._points.add(face.points)
        self._others.append((face.score, face.found, face.light))
        return len(self._others) - 1

    def points(self, place: int) -> Array:
        """Landmarks (478, 3) of a face, as they were found."""
        return self._points.row(place)

    def faces(self, wanted: Mapping[int, tuple[int, int]]) -> Faceset:
        """The faces at some places, each with the (track, frame) that it has there."""

        def each() -> Iterator[Faceset]:
            for place, (track, frame) in wanted.items():
                score, found, light = self._others[place]
                one = faceset_of([(frame, Face(self.points(place), score, found, light))])
                yield replace(one, track=np.array([track], np.int32))

        return concatenate(each())


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
