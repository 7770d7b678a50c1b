"""Where to look for a face: a turned square in a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.geometry.mesh import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS

Floats = npt.NDArray[np.floating[Any]]

_MARGIN = 1.5


@dataclass(frozen=True)
class Square:
    """A square region of a frame.

    x, y   its centre in frame pixels (pixel centres at integers)
    size   its side in frame pixels
    angle  radians by which it is turned clockwise in the picture: a face with this roll stands upright in it
    """

    x: float
    y: float
    size: float
    angle: float

    def to_crop(self, pixels: int) -> npt.NDArray[np.float64]:
        """The (2, 3) matrix from frame pixels to a crop of (pixels, pixels) that shows just this square."""
        scale = pixels / self.size
        cos, sin = scale * np.cos(self.angle), scale * np.sin(self.angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        shift = (pixels - 1) / 2 - turn @ (self.x, self.y)
        return np.hstack([turn, shift[:, None]])

    def changed(self, right: float, down: float, grown: float, turned: float) -> Square:
        """This square moved by parts of its size, grown by a factor and turned by radians."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x = self.x + self.size * (right * cos - down * sin)
        y = self.y + self.size * (right * sin + down * cos)
        return Square(x, y, self.size * grown, self.angle + turned)


def around_landmarks(landmarks: Floats) -> Square:
    """The square that the landmarker wants for a face with these (478, 2 or 3) landmarks.

    As MediaPipe's FaceLandmarkLandmarksToRoi: level with the eyes, 1.5 times the longer side of the upright
    box.
    """
    points = np.asarray(landmarks[:, :2], np.float64)
    right = points[list(RIGHT_EYE_CORNERS)].mean(0)
    left = points[list(LEFT_EYE_CORNERS)].mean(0)
    return around_points(points, float(np.arctan2(left[1] - right[1], left[0] - right[0])))


def around_points(points: Floats, angle: float, margin: float = _MARGIN) -> Square:
    """The square turned by `angle` that holds (N, 2) points with `margin` times their longer extent."""
    cos, sin = np.cos(angle), np.sin(angle)
    level = points @ np.array([[cos, -sin], [sin, cos]])
    low, high = level.min(0), level.max(0)
    x, y = np.array([[cos, -sin], [sin, cos]]) @ ((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * margin, angle)
