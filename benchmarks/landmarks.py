"""The judge's own eyes: landmarks of single pictures, frame by frame, without smoothing or memory.

It is the same MediaPipe model that Understudy finds faces with. An error that both make alike does not show.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.measures.picture import interocular

POINTS = 478
_LONGEST_SIDE = 1280
_MOST_FACES = 4
_NEAR = 0.6


class Landmarker:
    """Finds the 478 points of a face in a picture. Close it after use, or use it in a `with` statement."""

    def __init__(self) -> None:
        import mediapipe as mp

        self._mesh = mp.solutions.face_mesh.FaceMesh(
            static_image_mode=True,
            max_num_faces=_MOST_FACES,
            refine_landmarks=True,
            min_detection_confidence=0.3,
        )

    def find(
        self, image: npt.NDArray[Any], near: npt.NDArray[np.floating[Any]] | None = None
    ) -> npt.NDArray[np.float32]:
        """The face's (478, 3) landmarks in pixels of the RGB `image`; NaN where there is none.

        The largest face, or with `near` (478, 3) the one nearest to that, if its middle is within 0.6 of the
        inter-ocular distance.
        """
        faces = self._faces(image)
        if not len(faces):
            return np.full((POINTS, 3), np.nan, np.float32)
        if near is None or np.isnan(near).any():
            return faces[interocular(faces).argmax()]
        apart = np.linalg.norm(faces[..., :2].mean(1) - near[:, :2].mean(0), axis=-1)
        if apart.min() > _NEAR * interocular(near):
            return np.full((POINTS, 3), np.nan, np.float32)
        return faces[apart.argmin()]

    def _faces(self, image: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        picture = image[..., :3]
        if picture.dtype == np.uint16:
            picture = (picture >> 8).astype(np.uint8)
        height, width = picture.shape[:2]
        scale = _LONGEST_SIDE / max(height, width)
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._mesh.process(np.ascontiguousarray(picture)).multi_face_landmarks or []
        points = [[(p.x, p.y, p.z) for p in face.landmark] for face in found]
        # MediaPipe counts from the picture's corner; our pixel centres lie at integers. Depth is in widths.
        size = np.array((width, height, width), np.float32)
        return np.array(points, np.float32).reshape(-1, POINTS, 3) * size - np.float32((0.5, 0.5, 0))

    def close(self) -> None:
        """Free the model."""
        self._mesh.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
