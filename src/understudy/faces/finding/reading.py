"""Reading one frame: every face in it, from nothing but its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Found
from understudy.faces.finding.detect import Detection, Detector, MediaPipeDetector, box_overlap
from understudy.faces.finding.landmarks import Landmarker, Landmarks, MediaPipeLandmarker
from understudy.faces.finding.lighting import light_direction
from understudy.faces.finding.plausible import is_face_shaped
from understudy.faces.finding.square import Square, around_landmarks
from understudy.media.frame import Image
from understudy.pixels import to_bytes

Bytes = npt.NDArray[np.uint8]

DETECTION_SIDE = 192
"""Long side, in pixels, of the picture that the detector gets: the resolution of its model."""

# Two more looks with the face a little displaced, resized and turned, one to each side. With them landmarks
# jitter half as much as from the converged crop alone (0.08 against 0.15 % of the eye distance on a still
# face).
_OTHER_LOOKS = ((0.04, 0.02, 1.08, 0.06), (-0.04, -0.02, 0.94, -0.06))
_MIN_SCORE = 0.5

LIKELY = 0.5
"""Score of a detection that may begin a track. Weaker ones are believed only where a face is expected: the
landmarker is easily persuaded, and confirms faces in letters, hands and blobs."""

_SAME_FACE = 0.4


@dataclass(frozen=True)
class Face:
    """A face in a frame: its landmarks as in `Landmarks`, how it was found, and its light as in `Faceset`."""

    points: npt.NDArray[np.floating[Any]]
    score: float
    found: Found
    light: npt.NDArray[np.floating[Any]]

    @property
    def box(self) -> npt.NDArray[np.floating[Any]]:
        """Left, top, right, bottom of the landmarks, (4,)."""
        return box_of(self.points)


def box_of(points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Left, top, right, bottom of landmarks (478, 2 or 3), (4,)."""
    return np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])


class FaceReader:
    """Detects faces and places their landmarks. One instance serves one thread.

    Every answer is a function of the picture (and square) given and of nothing else, so it does not matter
    where an interrupted run took up again.
    """

    def __init__(self, detector: Detector | None = None, landmarker: Landmarker | None = None) -> None:
        self.detector = detector or MediaPipeDetector()
        self.landmarker = landmarker or MediaPipeLandmarker()

    def read(self, image: Image) -> list[Face]:
        """All faces that plain detection finds in a frame (H, W, 3 or 4), largest first."""
        return self.read_beside(image, *reduced(image, DETECTION_SIDE))

    def read_beside(self, image: Image, small: Bytes, scale: float) -> list[Face]:
        """As `read`, with what `reduced` makes of the frame for `DETECTION_SIDE`."""
        likely = [found for found in self.detector.find(small) if found.score >= LIKELY]
        return self.place(image, [found.enlarged(1 / scale) for found in likely], Found.DETECTED)

    def place(self, image: Image, detections: Sequence[Detection], found: Found) -> list[Face]:
        """The faces behind detections in frame pixels: those that the landmarker confirms, none twice."""
        faces = [self.settle(image, detection.square(), found) for detection in detections]
        return without_doubles([face for face in faces if face is not None])

    def settle(self, image: Image, square: Square, found: Found) -> Face | None:
        """The face in `square`, looked at until the crop fits it; None where there is none."""
        look = self.landmarker.find(image, square)
        if not _is_face(look):
            return None
        look = self.landmarker.find(image, around_landmarks(look.points))
        if not _is_face(look):
            return None
        square = around_landmarks(look.points)
        looks = [look, *(self.landmarker.find(image, square.changed(*change)) for change in _OTHER_LOOKS)]
        score = float(np.median([look.score for look in looks]))
        if score < _MIN_SCORE:
            return None
        points = np.mean([look.points for look in looks], axis=0)
        return Face(points, score, found, light_direction(image, points))

    def close(self) -> None:
        """Release the models. Closing twice is fine."""
        self.detector.close()
        self.landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reduced(image: Image, side: int) -> tuple[Bytes, float]:
    """An RGB uint8 copy of a frame whose long side is `side` at most, and by what it was scaled."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    picture = image[:, :, :3]
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return to_bytes(picture), scale


def without_doubles(faces: Sequence[Face]) -> list[Face]:
    """Largest first, leaving out what overlaps with a better-scored face."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(box_overlap(face.box, other.box) < _SAME_FACE for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda f: (-_area(f), f.box[0]))


def _area(face: Face) -> float:
    left, top, right, bottom = face.box
    return float((right - left) * (bottom - top))


def _is_face(look: Landmarks) -> bool:
    return look.score >= _MIN_SCORE and is_face_shaped(look.points)
