"""What is missing from tracks: filling short gaps, telling long ones, dropping what was no face."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, Found, concatenate, face_size
from understudy.faces.finding.plausible import shape_distance
from understudy.faces.finding.square import around_landmarks
from understudy.faces.stretches import STRETCH, release
from understudy.faces.tracking.tracks import in_order

MAX_INTERPOLATED = 12
"""Longest gap, in frames, that is filled with interpolated landmarks."""

MIN_TRACK = 4
"""Fewer faces than this, in a shot that has more frames, are a fleeting mistake of the detector."""

_MIN_MEAN_SCORE = 0.7
# Median change of shape from frame to frame, see `shape_distance`. Faces seen into letters and hands lie
# above 0.02, real ones below, save small and hidden ones; but those are seen by plain detection in more of
# their frames.
_MAX_SHAPE_CHANGE = 0.019
_MAX_CHANGE_WHEN_SEEN = 0.03
_OFTEN = 0.3
# Faces of one track that differ more than this are not the same face in two frames near to each other.
_MAX_ROLL = 0.7
_MAX_SHAPE = 0.2
_INSIDE = 0.9

Shot = tuple[int, int]
Floats = npt.NDArray[np.floating[Any]]


def without_strays(faces: Faceset) -> Faceset:
    """The faces without those that agree with neither neighbour in their track (by shape, or by roll)
    although the neighbours agree with each other: the face was seen there, but not as it is.
    """
    kept = np.ones(len(faces), bool)
    points = faces.landmarks
    for _, rows in faces.by_track():
        for before, now, after in zip(rows, rows[1:], rows[2:], strict=False):
            one, two, three = points[before], points[now], points[after]
            if _agree(one, three) and not _agree(one, two) and not _agree(two, three):
                kept[now] = False
            if now % STRETCH == 0:
                release(points)
        if len(rows) >= 3:
            first, last = points[rows[:3]], points[rows[:-4:-1]]
            kept[rows[0]] = _agree(first[0], first[1]) or not _agree(first[1], first[2])
            kept[rows[-1]] = _agree(last[0], last[1]) or not _agree(last[1], last[2])
    release(points)
    return faces.select(kept)


def _agree(a: Floats, b: Floats) -> bool:
    roll = around_landmarks(a).angle - around_landmarks(b).angle
    return abs(np.arctan2(np.sin(roll), np.cos(roll))) < _MAX_ROLL and shape_distance(a, b) < _MAX_SHAPE


def believable(faces: Faceset, shots: Sequence[Shot]) -> Faceset:
    """The faces without tracks that are none: too short, too uncertain, or with a shape that changes from
    frame to frame, as it does where a face is seen into a hand or a letter. Numbers are kept.
    """
    kept = np.zeros(len(faces), bool)
    for _, rows in faces.by_track():
        kept[rows] = _is_believable(faces, rows, shots)
    return faces.select(kept)


def _is_believable(faces: Faceset, rows: npt.NDArray[np.int64], shots: Sequence[Shot]) -> bool:
    frame = faces.frame[rows]
    first, last = shot_of(int(frame[0]), shots)
    if len(rows) < min(MIN_TRACK, last - first + 1) or faces.score[rows].mean() < _MIN_MEAN_SCORE:
        return False
    changes = []
    for k in np.flatnonzero(np.diff(frame) == 1):
        changes.append(shape_distance(faces.landmarks[rows[k]], faces.landmarks[rows[k + 1]]))
        if k % STRETCH == 0:
            release(faces.landmarks)
    if len(changes) < MIN_TRACK - 1:
        return last - first + 1 < MIN_TRACK
    seen = float((faces.found[rows] == Found.DETECTED).sum())
    often = seen >= MIN_TRACK and seen >= _OFTEN * (int(frame[-1]) - int(frame[0]) + 1)
    return float(np.median(changes)) < (_MAX_CHANGE_WHEN_SEEN if often else _MAX_SHAPE_CHANGE)


def shot_of(frame: int, shots: Sequence[Shot]) -> Shot:
    """The (first, last) of the shot that `frame` is in. Raises ValueError where it is in none."""
    place = bisect_right(shots, frame, key=lambda shot: shot[0]) - 1
    if place < 0 or frame > shots[place][1]:
        raise ValueError(f"frame {frame} is in no shot")
    return shots[place]


def interpolated(faces: Faceset) -> Faceset:
    """The faces with gaps of at most `MAX_INTERPOLATED` frames filled linearly, scored as their worse end."""
    if not any(True for _ in _gaps(faces)):
        return faces
    return in_order(concatenate([faces, concatenate(_between(faces.select(ends)) for ends in _gaps(faces))]))


def _gaps(faces: Faceset) -> Iterator[npt.NDArray[np.int64]]:
    """The rows before and after every gap that is short enough."""
    for _, rows in faces.by_track():
        steps = np.diff(faces.frame[rows])
        for k in np.flatnonzero((steps > 1) & (steps <= MAX_INTERPOLATED + 1)):
            yield rows[k : k + 2]


def _between(ends: Faceset) -> Faceset:
    """Interpolated faces between two faces of a track."""
    begin, end = (int(frame) for frame in ends.frame)
    frames = np.arange(begin + 1, end, dtype=np.int32)
    part = (frames - begin) / (end - begin)

    def between(column: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        share = part.reshape(-1, *[1] * (column.ndim - 1))
        return ((1 - share) * column[0] + share * column[1]).astype(np.float32)

    return Faceset(
        frame=frames,
        track=np.full(len(frames), ends.track[0], np.int32),
        landmarks=between(ends.landmarks),
        score=np.full(len(frames), ends.score.min(), np.float32),
        found=np.full(len(frames), Found.INTERPOLATED, np.uint8),
        light=between(ends.light),
    )


def missed_frames(
    faces: Faceset, shots: Sequence[Shot], width: int, height: int
) -> dict[int, tuple[int, ...]]:
    """By track, the frames in which its face should be and is not: gaps, and the rest of the shot where the
    face was lost in the middle of the picture rather than at its border. Tracks that miss nothing are left
    out.
    """
    spans = [faces.frame[rows[[0, -1]]].tolist() for _, rows in faces.by_track()]
    begins, ends = sorted(begin for begin, _ in spans), sorted(end for _, end in spans)
    missed = {}
    for (number, rows), (begin, end) in zip(faces.by_track(), spans, strict=True):
        first, last = shot_of(begin, shots)
        # Where a face comes back as another track, that one takes over. No track goes on into another shot.
        earlier, later = bisect_left(ends, begin), bisect_right(begins, end)
        before, after = ends[max(0, earlier - 1) : earlier], begins[later : later + 1]
        start, stop = begin, end + 1
        if _is_inside(faces.landmarks[rows[0]], width, height):
            start = max([first, *(frame + 1 for frame in before)])
        if _is_inside(faces.landmarks[rows[-1]], width, height):
            stop = min([last + 1, *after])
        absent = np.setdiff1d(np.arange(start, stop), faces.frame[rows])
        if len(absent):
            missed[number] = tuple(int(frame) for frame in absent)
    return missed


def _is_inside(landmarks: Floats, width: int, height: int) -> bool:
    return part_inside(landmarks, width, height) >= _INSIDE


def part_inside(landmarks: Floats, width: int, height: int) -> float:
    """The part of the landmarks' box that lies in the frame, in [0, 1], with a margin of a tenth of the face
    kept free of the frame's border.
    """
    margin = 0.1 * face_size(landmarks)
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    border = np.array([width - 1, height - 1]) - margin
    inside = np.maximum(np.minimum(high, border) - np.maximum(low, margin), 0.0)
    return float(np.prod(inside) / max(float(np.prod(high - low)), 1e-9))
