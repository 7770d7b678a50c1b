"""Faces as columns: one row a face in one frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import Columns, load_columns, save_columns
from understudy.faces.stretches import Growing, stretches, taken

LANDMARK_COUNT = 478


class Found(IntEnum):
    """How a face was found: by the plain detector, by a rung of the ladder, or not at all."""

    DETECTED = 0
    PADDED = 1
    UPSCALED = 2
    ROTATED = 3
    LIFTED = 4
    FOLLOWED = 5
    INTERPOLATED = 6


@dataclass(frozen=True)
class Faceset:
    """The faces of one clip, sorted by frame and then by track.

    Columns, N rows:
      frame      (N,) int32    frame index in the clip
      track      (N,) int32    track id, unique in the clip; -1 before tracking
      landmarks  (N, 478, 3) float32   x right, y down in frame pixels (pixel centres at integers);
                 z in the same unit, smaller is nearer to the camera
      score      (N,) float32  landmarker confidence in [0, 1]
      found      (N,) uint8    a `Found`
      light      (N, 2) float32   how light falls onto the face, see `finding.lighting.light_direction`
    """

    frame: npt.NDArray[np.int32]
    track: npt.NDArray[np.int32]
    landmarks: npt.NDArray[np.float32]
    score: npt.NDArray[np.float32]
    found: npt.NDArray[np.uint8]
    light: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.frame)
        if self.landmarks.shape != (n, LANDMARK_COUNT, 3):
            raise ValueError(f"landmarks must be ({n}, {LANDMARK_COUNT}, 3), got {self.landmarks.shape}")
        for name in ("track", "score", "found"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name} must be ({n},), got {getattr(self, name).shape}")
        if self.light.shape != (n, 2):
            raise ValueError(f"light must be ({n}, 2), got {self.light.shape}")

    def __len__(self) -> int:
        return len(self.frame)

    def select(self, rows: npt.NDArray[Any]) -> Faceset:
        """The faces of `rows` (boolean mask or indices); this very faceset where these are all, in order."""
        if len(rows) == len(self) and (rows.all() if rows.dtype == np.bool_ else _counts_up(rows)):
            return self
        return Faceset(**{f.name: taken(getattr(self, f.name), rows) for f in fields(self)})

    def of_track(self, track: int) -> Faceset:
        """The faces of one track."""
        return self.select(self.track == track)

    def by_track(self) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """Every track, ascending, with its rows, ascending."""
        order = np.argsort(self.track, kind="stable")
        numbers, begins = np.unique(self.track[order], return_index=True)
        for number, rows in zip(numbers, np.split(order, begins[1:]), strict=True) if len(order) else ():
            yield int(number), rows

    def rows_in(self, first: int, stop: int) -> slice:
        """The rows of the faces in frames first..stop-1. Only where faces are sorted by frame."""
        begin, end = np.searchsorted(self.frame, (first, stop))
        return slice(int(begin), int(end))

    def between(self, first: int, stop: int) -> Faceset:
        """The faces in frames first..stop-1. Only where faces are sorted by frame."""
        rows = self.rows_in(first, stop)
        return Faceset(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def with_landmarks(self, landmarks: npt.NDArray[np.float32]) -> Faceset:
        """The same faces with other landmarks, (N, 478, 3)."""
        return replace(self, landmarks=landmarks.astype(np.float32, copy=False))

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        save_columns(path, {name: getattr(self, name) for name in COLUMNS})

    @classmethod
    def load(cls, path: Path) -> Faceset:
        """Read what `save` wrote. Raises BadInputError for anything else; pickles are never loaded."""
        return cls.from_columns(load_columns(path, COLUMNS, mapped=True), path)

    @classmethod
    def from_columns(cls, columns: Columns, path: Path) -> Faceset:
        """The faceset of columns that were read from `path` and are not trusted.

        Raises BadInputError where a type, shape or value is not as this class says.
        """
        fault = _fault(columns)
        if fault is None:
            try:
                return cls(**columns)
            except ValueError as error:
                fault = str(error)
        raise BadInputError(f"{path} is not a faceset ({fault}): delete it and run again.")


COLUMNS = tuple(f.name for f in fields(Faceset))


def _counts_up(rows: npt.NDArray[Any]) -> bool:
    return bool((rows == np.arange(len(rows))).all())


def _fault(columns: Columns) -> str | None:
    """What is wrong with columns from a file, or None."""
    empty = concatenate([])
    for name in COLUMNS:
        expected = getattr(empty, name)
        if columns[name].dtype != expected.dtype or columns[name].ndim != expected.ndim:
            return f"{name} has the wrong type"
    frame, track = columns["frame"], columns["track"]
    for name in ("landmarks", "light"):
        for some in stretches(len(columns[name]), columns[name]):
            if not np.isfinite(columns[name][some]).all():
                return f"{name} is not finite"
    if not ((columns["score"] >= 0) & (columns["score"] <= 1)).all():
        return "score is outside 0 to 1"
    if (columns["found"] > max(Found)).any():
        return "found has an unknown value"
    if (frame < 0).any() or (track < -1).any():
        return "frame or track is negative"
    if len(frame) == len(track) and (np.lexsort((track, frame)) != np.arange(len(frame))).any():
        return "rows are not sorted by frame and track"
    return None


def concatenate(sets: Iterable[Faceset]) -> Faceset:
    """All faces of `sets` in the order given; none of them gives an empty faceset."""
    columns = {
        "frame": Growing((), np.int32),
        "track": Growing((), np.int32),
        "landmarks": Growing((LANDMARK_COUNT, 3), np.float32),
        "score": Growing((), np.float32),
        "found": Growing((), np.uint8),
        "light": Growing((2,), np.float32),
    }
    for each in sets:
        for name, column in columns.items():
            column.add(getattr(each, name))
    return Faceset(**{name: column.whole() for name, column in columns.items()})


def face_sizes(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """How large faces are, pixels: the geometric mean of width and height of landmarks (..., 478, 2 or 3)."""
    if landmarks.ndim == 3:
        sizes = np.empty(len(landmarks))
        for some in stretches(len(landmarks), landmarks):
            sizes[some] = _sizes(landmarks[some])
        return sizes
    return np.asarray(_sizes(landmarks), np.float64)


def _sizes(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    extent = np.ptp(landmarks[..., :2], axis=-2)
    return np.asarray(np.sqrt(np.prod(extent, axis=-1)))


def face_size(points: npt.NDArray[np.floating[Any]]) -> float:
    """How large one face is, as `face_sizes`."""
    return float(face_sizes(points))
