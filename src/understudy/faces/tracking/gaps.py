"""What is missing from tracks: filling short gaps, telling long ones, dropping what was no face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, Found, concatenate, face_size
from understudy.faces.finding.plausible import shape_distance
from understudy.faces.finding.square import around_landmarks
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
    for number in np.unique(faces.track):
        rows = np.flatnonzero(faces.track == number)
        points = faces.landmarks[rows]
        for k in range(1, len(rows) - 1):
            before, now, after = points[k - 1], points[k], points[k + 1]
            if _agree(before, after) and not _agree(before, now) and not _agree(now, after):
                kept[rows[k]] = False
        if len(rows) >= 3:
            kept[rows[0]] = _agree(points[0], points[1]) or not _agree(points[1], points[2])
            kept[rows[-1]] = _agree(points[-1], points[-2]) or not _agree(points[-2], points[-3])
    return faces.select(kept)


def _agree(a: Floats, b: Floats) -> bool:
    roll = around_landmarks(a).angle - around_landmarks(b).angle
    return abs(np.arctan2(np.sin(roll), np.cos(roll))) < _MAX_ROLL and shape_distance(a, b) < _MAX_SHAPE


def believable(faces: Faceset, shots: Sequence[Shot]) -> Faceset:
    """The faces without tracks that are none: too short, too uncertain, or with a shape that changes from
    frame to frame, as it does where a face is seen into a hand or a letter. Numbers are kept.
    """
    kept = np.zeros(len(faces), bool)
    for number in np.unique(faces.track):
        rows = faces.track == number
        kept |= rows & _is_believable(faces.select(rows), shots)
    return faces.select(kept)


def _is_believable(track: Faceset, shots: Sequence[Shot]) -> bool:
    first, last = shot_of(int(track.frame[0]), shots)
    if len(track) < min(MIN_TRACK, last - first + 1) or track.score.mean() < _MIN_MEAN_SCORE:
        return False
    steady = np.flatnonzero(np.diff(track.frame) == 1)
    changes = [shape_distance(track.landmarks[k], track.landmarks[k + 1]) for k in steady]
    if len(changes) < MIN_TRACK - 1:
        return last - first + 1 < MIN_TRACK
    seen = float((track.found == Found.DETECTED).sum())
    often = seen >= MIN_TRACK and seen >= _OFTEN * (int(track.frame[-1]) - int(track.frame[0]) + 1)
    return float(np.median(changes)) < (_MAX_CHANGE_WHEN_SEEN if often else _MAX_SHAPE_CHANGE)


def shot_of(frame: int, shots: Sequence[Shot]) -> Shot:
    """The (first, last) of the shot that `frame` is in. Raises ValueError where it is in none."""
    for first, last in shots:
        if first <= frame <= last:
            return first, last
    raise ValueError(f"frame {frame} is in no shot")


def interpolated(faces: Faceset) -> Faceset:
    """The faces with gaps of at most `MAX_INTERPOLATED` frames filled linearly, scored as their worse end."""
    parts = [faces]
    for number in np.unique(faces.track):
        one = faces.of_track(int(number))
        steps = np.diff(one.frame)
        for k in np.flatnonzero((steps > 1) & (steps <= MAX_INTERPOLATED + 1)):
            parts.append(_between(one, int(k)))
    return in_order(concatenate(parts))


def _between(one: Faceset, k: int) -> Faceset:
    """Interpolated faces between rows k and k + 1 of a track."""
    begin, end = int(one.frame[k]), int(one.frame[k + 1])
    frames = np.arange(begin + 1, end, dtype=np.int32)
    part = (frames - begin) / (end - begin)

    def between(column: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        share = part.reshape(-1, *[1] * (column.ndim - 1))
        return ((1 - share) * column[k] + share * column[k + 1]).astype(np.float32)

    return Faceset(
        frame=frames,
        track=np.full(len(frames), one.track[k], np.int32),
        landmarks=between(one.landmarks),
        score=np.full(len(frames), one.score[k : k + 2].min(), np.float32),
        found=np.full(len(frames), Found.INTERPOLATED, np.uint8),
        light=between(one.light),
    )


def missed_frames(
    faces: Faceset, shots: Sequence[Shot], width: int, height: int
) -> dict[int, tuple[int, ...]]:
    """By track, the frames in which its face should be and is not: gaps, and the rest of the shot where the
    face was lost in the middle of the picture rather than at its border. Tracks that miss nothing are left
    out.
    """
    spans = {
        int(number): faces.frame[faces.track == number][[0, -1]].tolist() for number in np.unique(faces.track)
    }
    missed = {}
    for number, (begin, end) in spans.items():
        one = faces.of_track(number)
        first, last = shot_of(begin, shots)
        # Where a face comes back as another track, that one takes over.
        before = [e for b, e in spans.values() if first <= b and e < begin]
        after = [b for b, e in spans.values() if e <= last and b > end]
        start = (
            max([first, *(e + 1 for e in before)]) if _is_inside(one.landmarks[0], width, height) else begin
        )
        stop = min([last + 1, *after]) if _is_inside(one.landmarks[-1], width, height) else end + 1
        absent = np.setdiff1d(np.arange(start, stop), one.frame)
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
