"""Where a swap changed the plate, as far as that can be told from outside.

The judge does not ask the engine for its matte: so any tool's output can be scored.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.measures.picture import interocular, region_matte
from understudy.pixels import to_float

Array = npt.NDArray[Any]
_VISIBLE = 4 / 255
_NARROWER = -0.08
_WIDER = 0.35
_FEATHER = 0.1


def inner_matte(landmarks: Array, height: int, width: int) -> npt.NDArray[np.float32]:
    """The face well inside its outline: for flicker, colour, sharpness and grain."""
    return region_matte(landmarks, height, width, "face", grow=_NARROWER)


def visibly_changed(result: Array, plate: Array, eyes: float) -> npt.NDArray[np.bool_]:
    """Where the two differ by more than 4 code values after a blur of 1 % of the distance `eyes`.

    The blur takes off the codec's noise.
    """
    difference = cv2.GaussianBlur(to_float(result) - to_float(plate), (0, 0), max(1.0, 0.01 * eyes))
    return np.asarray(np.abs(difference).max(-1) > _VISIBLE)


def replaced_matte(result: Array, plate: Array, landmarks: Array) -> npt.NDArray[np.float32]:
    """Where the result visibly differs from the plate around the face, without holes: for edges.

    Differs: see `visibly_changed`. The inside of the face always belongs to it; nothing far from the face
    does. The matte rises from 0 to 1 over 10 % of the inter-ocular distance, since a composite is feathered
    and its visible rim is hardly replaced.
    """
    height, width = plate.shape[:2]
    around = region_matte(landmarks, height, width, "face", grow=_WIDER)
    inside = inner_matte(landmarks, height, width) > 0
    eyes = float(interocular(landmarks))
    changed = visibly_changed(result, plate, eyes) & (around > 0) | inside
    disc = _disc(eyes)
    joined = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, disc)
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros((height, width), np.uint8)
    if contours:
        cv2.drawContours(filled, [max(contours, key=cv2.contourArea)], -1, 1, cv2.FILLED)
    depth = cv2.distanceTransform(np.pad(filled, 1), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    return np.clip(depth / (_FEATHER * eyes), 0, 1)


def unchanged_part(result: Array, plate: Array, landmarks: Array) -> npt.NDArray[np.bool_]:
    """Where inside the face the plate was left as it is, without specks, the mouth left out."""
    height, width = plate.shape[:2]
    eyes = float(interocular(landmarks))
    left = before_face(landmarks, height, width) & ~visibly_changed(result, plate, eyes)
    return cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_OPEN, _disc(eyes)).astype(bool)


def before_face(landmarks: Array, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Where something can stand before the face: inside its outline, but not between the lips."""
    mouth = region_matte(landmarks, height, width, "inner mouth")
    return np.asarray((inner_matte(landmarks, height, width) > 0) & (mouth == 0))


def _disc(eyes: float) -> npt.NDArray[np.uint8]:
    radius = max(1, round(0.03 * eyes))
    return np.asarray(
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8
    )
