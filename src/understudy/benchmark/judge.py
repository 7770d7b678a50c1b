"""The judge's own eyes: landmarks of single pictures, without smoothing or memory.

They are the models that Understudy itself finds faces with. An error that both make alike does not show.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import LANDMARK_COUNT
from understudy.faces.finding.detect import MediaPipeDetector
from understudy.faces.finding.landmarks import MediaPipeLandmarker
from understudy.faces.finding.square import Square, around_landmarks
from understudy.measures.picture import interocular

Array = npt.NDArray[Any]
LOOKS = ((0.02, 0.01, 1.0, 0.03), (-0.02, 0.01, 1.03, -0.03), (0.0, -0.02, 0.97, 0.0))
"""Moved, scaled and turned looks at each face (see `Square.changed`), averaged: less noise than one."""
_SURE = 0.5

NOTHING = np.full((LANDMARK_COUNT, 3), np.nan, np.float32)
NOTHING.setflags(write=False)


class Judge:
    """Finds the face in a picture. Close it after use, or use it in a `with` statement."""

    def __init__(self) -> None:
        self._detector, self._landmarker = MediaPipeDetector(), MediaPipeLandmarker()

    def locate(self, image: Array) -> Square | None:
        """Where the largest face of the RGB `image` is; None where there is none."""
        small = (image[..., :3] >> 8).astype(np.uint8) if image.dtype == np.uint16 else image[..., :3]
        detections = self._detector.find(np.ascontiguousarray(small))
        faces = [self._landmarker.find(image, detection.square()) for detection in detections]
        sure = [face.points for face in faces if face.score >= _SURE]
        return around_landmarks(max(sure, key=_size)) if sure else None

    def look(self, image: Array, square: Square) -> npt.NDArray[np.float32]:
        """The (478, 3) landmarks, in pixels of `image`, of the face in the square; NaN where there is none.

        A plate and its result are looked at in one square, so that the model errs on both alike.
        """
        squares = [square, *(square.changed(*change) for change in LOOKS)]
        looks = [self._landmarker.find(image, each) for each in squares]
        if np.median([look.score for look in looks]) < _SURE:
            return NOTHING
        return np.mean([look.points for look in looks], axis=0, dtype=np.float32)

    def close(self) -> None:
        """Free the models."""
        self._detector.close()
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _size(landmarks: Array) -> float:
    return float(interocular(landmarks))
