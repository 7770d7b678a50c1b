"""Hair on the forehead: a fringe belongs to a head, not to a face."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.light import Shading
from understudy.pixels import luma

Floats = npt.NDArray[np.float32]

_SIZE = 240
"""Foreheads are compared on pictures of at most this size."""
_FLOOR = 0.04
_BELIEVED, _CERTAIN = 0.32, 0.55
"""Differences of the logarithm of brightness: skin in one light differs by less, hair from skin by more."""


def foreign_hair(plate: Floats, lit: Floats, matte: Floats, shading: Shading) -> Floats | None:
    """Where one of the two foreheads has hair and the other has not, (H, W) in [0, 1]; None where nowhere.

    plate, lit   (H, W, 3) in [0, 1]: the plate, and the likeness in its light
    The plate is to be shown there: a lock of the likeness's hair has nothing to hang on, and a lock of the
    plate's has to stay.
    """
    height, width = matte.shape
    zone = cv2.resize(shading.forehead, (width, height), interpolation=cv2.INTER_LINEAR)
    x, y, w, h = cv2.boundingRect(((zone > 0.05) & (matte > 0)).astype(np.uint8))
    if w < 4 or h < 4:
        return None
    part = np.s_[y : y + h, x : x + w]
    step = max(1.0, max(height, width) / _SIZE)
    size = (max(2, round(w / step)), max(2, round(h / step)))
    dark = [
        np.log(np.maximum(cv2.resize(luma(picture[part]), size, interpolation=cv2.INTER_AREA), 0) + _FLOOR)
        for picture in (plate, lit)
    ]
    apart = cv2.GaussianBlur(np.abs(dark[0] - dark[1]), (0, 0), 1.0)
    hair = np.clip((apart - _BELIEVED) / (_CERTAIN - _BELIEVED), 0.0, 1.0).astype(np.float32)
    if not hair.any():
        return None
    reach = max(3, 2 * round(0.02 * _SIZE) + 1)
    hair = cv2.dilate(hair, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    hair = cv2.GaussianBlur(hair, (0, 0), 0.3 * reach)
    strands = np.zeros((height, width), np.float32)
    strands[part] = np.clip(cv2.resize(hair, (w, h), interpolation=cv2.INTER_LINEAR) * zone[part], 0.0, 1.0)
    return strands
