"""Faces as columns: one row a face in one frame."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError

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
    """

    frame: npt.NDArray[np.int32]
    track: npt.NDArray[np.int32]
    landmarks: npt.NDArray[np.float32]
    score: npt.NDArray[np.float32]
    found: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        n = len(self.frame)
        if self.landmarks.shape != (n, LANDMARK_COUNT, 3):
            raise ValueError(f"landmarks must be ({n}, {LANDMARK_COUNT}, 3), got {self.landmarks.shape}")
        for name in ("track", "score", "found"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name} must be ({n},), got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.frame)

    def select(self, rows: npt.NDArray[Any]) -> Faceset:
        """The faces of `rows` (boolean mask or indices)."""
        return Faceset(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def of_track(self, track: int) -> Faceset:
        """The faces of one track."""
        return self.select(self.track == track)

    def with_landmarks(self, landmarks: npt.NDArray[np.float32]) -> Faceset:
        """The same faces with other landmarks, (N, 478, 3)."""
        return replace(self, landmarks=landmarks.astype(np.float32, copy=False))

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(file, **{f.name: getattr(self, f.name) for f in fields(self)})
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Faceset:
        """Read what `save` wrote. Raises BadInputError for anything else; pickles are never loaded."""
        try:
            with np.load(path, allow_pickle=False) as columns:
                return cls(**{f.name: columns[f.name] for f in fields(cls)})
        except (OSError, KeyError, ValueError) as error:
            raise BadInputError(f"{path} is not a faceset: {error}. Delete it and run again.") from error


def concatenate(sets: list[Faceset]) -> Faceset:
    """All faces of `sets` in the order given; an empty list gives an empty faceset."""
    if not sets:
        return Faceset(
            frame=np.zeros(0, np.int32),
            track=np.zeros(0, np.int32),
            landmarks=np.zeros((0, LANDMARK_COUNT, 3), np.float32),
            score=np.zeros(0, np.float32),
            found=np.zeros(0, np.uint8),
        )
    return Faceset(**{f.name: np.concatenate([getattr(s, f.name) for s in sets]) for f in fields(Faceset)})
