"""Tracks: which faces of successive frames are one face."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, face_size
from understudy.faces.stretches import stretches

Array = npt.NDArray[np.float64]

MAX_GAP = 30
"""Frames without the face after which a track is not taken up again."""

# Largest mean landmark distance, in face sizes, between where a face is expected and where it is found; it
# grows with every frame in which the face was not seen.
_REACH = 0.45
_REACH_PER_FRAME = 0.04
_MAX_REACH = 1.0
_VELOCITY_FRAMES = 4
# A motion foretells this many frames; after that the face is expected to stay.
_FORESIGHT = 6


@dataclass
class _Track:
    """A track under way: its last faces, as many as foretell the next."""

    number: int
    frames: deque[int] = field(default_factory=lambda: deque(maxlen=_VELOCITY_FRAMES + 1))
    points: deque[Array] = field(default_factory=lambda: deque(maxlen=_VELOCITY_FRAMES + 1))

    def distance(self, frame: int, points: Array) -> float:
        """How badly a face fits as the next one: 1 is out of reach."""
        size = max(face_size(self.points[-1]), face_size(points))
        # A motion may go on or stop.
        places = (foretold(self.frames, self.points, frame), self.points[-1])
        away = min(float(np.linalg.norm(place - points, axis=1).mean()) for place in places)
        missing = frame - self.frames[-1] - 1
        return away / size / min(_MAX_REACH, _REACH + _REACH_PER_FRAME * missing)


def foretold(frames: Sequence[int], points: Sequence[Array], frame: int) -> Array:
    """Where landmarks should be in `frame`, moving on as they did in the last of `frames`, which lead up to
    it (forwards or backwards in time). `points` are one (478, D) array a frame.
    """
    last = points[-1]
    back = min(len(frames), _VELOCITY_FRAMES + 1) - 1
    if back == 0:
        return last
    velocity = (last - points[-1 - back]).mean(0) / (frames[-1] - frames[-1 - back])
    ahead = max(-_FORESIGHT, min(_FORESIGHT, frame - frames[-1]))
    return last + velocity * ahead


def link(faces: Faceset, cuts: Sequence[int]) -> Faceset:
    """Number the faces: one track is one face through one shot, apart from gaps of at most `MAX_GAP` frames.

    `faces` are sorted by frame; `cuts` are the first frames of all shots but the first. Within each frame
    faces and tracks are assigned to each other so that the sum of their distances is least. Numbers count
    from 0 in the order in which tracks begin, the larger face first. The result is sorted by frame and then
    by track.
    """
    numbers = np.full(len(faces), -1, np.int32)
    frames, begins = np.unique(faces.frame, return_index=True)
    shots = np.searchsorted(np.asarray(sorted(cuts), np.int64), frames, side="right")
    ends = np.append(begins[1:], len(faces))
    linker = _Linker()
    for some in stretches(len(frames), faces.landmarks):
        for k in range(some.start, some.stop):
            rows = slice(begins[k], ends[k])
            points = faces.landmarks[rows, :, :2].astype(np.float64)
            numbers[rows] = linker.link(int(frames[k]), int(shots[k]), points)
    return in_order(replace(faces, track=numbers))


class _Linker:
    """Goes from frame to frame and tells which track each face belongs to."""

    def __init__(self) -> None:
        self._active: list[_Track] = []
        self._count = 0
        self._shot = -1

    def link(self, frame: int, shot: int, points: Array) -> list[int]:
        """The track of each of the faces (n, 478, 2) of the next frame that has any."""
        from scipy.optimize import linear_sum_assignment

        if shot != self._shot:
            self._active, self._shot = [], shot
        active = [track for track in self._active if frame - track.frames[-1] <= MAX_GAP + 1]
        cost = np.array([[track.distance(frame, face) for face in points] for track in active])
        pairs = zip(*linear_sum_assignment(np.minimum(cost, 1.0)), strict=True) if active else ()
        taken = {int(j): active[i] for i, j in pairs if cost[i, j] < 1.0}
        numbers = [-1] * len(points)
        for row in sorted(range(len(points)), key=lambda row: -face_size(points[row])):
            track = taken.get(row)
            if track is None:
                track = _Track(self._count)
                active.append(track)
                self._count += 1
            track.frames.append(frame)
            track.points.append(points[row])
            numbers[row] = track.number
        self._active = active
        return numbers


def in_order(faces: Faceset) -> Faceset:
    """The same faces sorted by frame and then by track."""
    return faces.select(np.lexsort((faces.track, faces.frame)))


def renumbered(faces: Faceset) -> Faceset:
    """The same tracks, counted from 0 in the order in which they begin, the larger first face first."""
    numbers, first = np.unique(faces.track, return_index=True)
    order = sorted(
        zip(first, numbers, strict=True), key=lambda p: (faces.frame[p[0]], -face_size(faces.landmarks[p[0]]))
    )
    new = {int(number): k for k, (_, number) in enumerate(order)}
    return in_order(replace(faces, track=np.array([new[int(t)] for t in faces.track], np.int32)))
