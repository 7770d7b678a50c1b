"""Hands before a face: where they are, and the outline they cover."""

from __future__ import annotations

from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.finding.quiet import quiet_start

Floats = npt.NDArray[np.floating[Any]]
Hands = npt.NDArray[np.float32]

HAND_COUNT = 2
HAND_POINTS = 21
"""MediaPipe's hand: wrist, then thumb and fingers in order, four points each from base to tip."""

_WRIST = 0
_PALM = (0, 1, 5, 9, 13, 17)
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_KNUCKLES = (5, 9, 13, 17)

# Half the breadth of a finger as a part of the breadth over the knuckles, from base to tip.
_FINGER_RADIUS = 0.15
_TIP_RADIUS = 0.11


class HandFinder:
    """MediaPipe's palm detector and hand landmarker on single pictures (about 15 to 30 ms CPU each).

    Pictures are taken one by one, without memory of the last one, so that a result depends on the picture
    alone.
    """

    def __init__(self, confidence: float = 0.5) -> None:
        from mediapipe.python.solutions.hands import Hands as MediaPipeHands

        with quiet_start():
            self._model = MediaPipeHands(
                static_image_mode=True,
                max_num_hands=HAND_COUNT,
                model_complexity=0,
                min_detection_confidence=confidence,
            )
            # It starts in other threads, and is ready when the first picture has gone through.
            self._model.process(np.zeros((16, 16, 3), np.uint8))

    def find(self, picture: npt.NDArray[np.uint8]) -> Hands:
        """Hands in an RGB picture (H, W, 3): (2, 21, 2) in its pixels, NaN where there are fewer."""
        hands = no_hands()
        found = self._model.process(np.ascontiguousarray(picture)).multi_hand_landmarks or ()
        height, width = picture.shape[:2]
        for slot, hand in zip(hands, found, strict=False):
            slot[:] = [(point.x * width - 0.5, point.y * height - 0.5) for point in hand.landmark]
        return hands

    def close(self) -> None:
        """Release the model. Closing twice is fine."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def no_hands() -> Hands:
    """What `HandFinder.find` returns for a picture without hands."""
    return np.full((HAND_COUNT, HAND_POINTS, 2), np.nan, np.float32)


def is_hand_before_face(hand: Floats, outline: Floats) -> bool:
    """Whether a found hand (21, 2) can be a hand that covers part of the face with the outline (K, 2).

    The model sees hands in faces now and then: such a hand lies within the face, wrist and all. A real one
    comes from outside, reaches into the outline, and is neither tiny nor huge beside the face.
    """
    if not np.isfinite(hand).all():
        return False
    contour = np.ascontiguousarray(outline, np.float32).reshape(-1, 1, 2)
    depth = np.array([cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in hand])
    face = np.sqrt(cv2.contourArea(contour))
    reach = knuckle_breadth(hand)
    comes_from_outside = depth[_WRIST] < -0.02 * face and (depth < 0).sum() >= 4
    reaches_in = depth.max() > -reach * _FINGER_RADIUS
    return bool(comes_from_outside and reaches_in and 0.12 * face < reach < 1.2 * face)


def knuckle_breadth(hand: Floats) -> float:
    """Breadth over the knuckles of a hand (21, 2), robust to a hand seen from its edge."""
    across = float(np.linalg.norm(hand[_KNUCKLES[0]] - hand[_KNUCKLES[-1]]))
    along = float(np.linalg.norm(hand[9] - hand[_WRIST]))
    return max(across, 0.7 * along)


def silhouette(hand: Floats, size: int) -> npt.NDArray[np.uint8]:
    """What a hand (21, 2), in pixels of a (size, size) picture, covers: 255 inside, 0 outside.

    The hull of the palm, and tapering capsules along the fingers.
    """
    picture = np.zeros((size, size), np.uint8)
    breadth = knuckle_breadth(hand)
    at = np.round(np.clip(hand, -4 * size, 5 * size)).astype(np.int32)
    palm = cv2.convexHull(at[list(_PALM)])
    cv2.fillConvexPoly(picture, palm, 255)
    rim = max(1, round(breadth * _FINGER_RADIUS))
    cv2.polylines(picture, [palm], True, 255, 2 * rim)
    for finger in _FINGERS:
        radii = np.linspace(_FINGER_RADIUS, _TIP_RADIUS, len(finger)) * breadth
        for a, b, radius in zip(finger[:-1], finger[1:], radii, strict=False):
            cv2.line(picture, at[a].tolist(), at[b].tolist(), 255, max(1, round(2 * radius)))
        for joint, radius in zip(finger, radii, strict=True):
            cv2.circle(picture, at[joint].tolist(), max(1, round(radius)), 255, -1)
    return picture
