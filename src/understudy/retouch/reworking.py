"""Operations that need no picture of their own: what a matte shows is made of the frame itself."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.pixels import Floats
from understudy.retouch.edits import Edit, Operation
from understudy.retouch.painting import exponential, logarithm


def reworked(region: Floats, edit: Edit, frame: int, unit: float) -> Floats:
    """A part of a frame (h, w, 3) in [0, 1] as the edit wants it all over; `unit`: eye distance in pixels."""
    match edit.operation:
        case Operation.COLOUR:
            shift = [edit.value(name, frame) for name in ("red", "green", "blue")]
            return exponential(logarithm(region) + np.array(shift, np.float32))
        case Operation.SHARPEN:
            blurred = _blurred(region, edit.value("radius", frame) * unit)
            return np.asarray(region + edit.value("amount", frame) * (region - blurred), np.float32)
        case Operation.BLUR:
            return _blurred(region, edit.value("radius", frame) * unit)
        case _:
            raise ValueError(f"{edit.operation} is not made of the frame alone")


def _blurred(region: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(region, (0, 0), max(0.3, sigma)), np.float32)
