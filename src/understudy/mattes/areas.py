"""Where on a face's square it matters whether the matte is right."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry.matte import face_matte

_WIDER = 0.06
"""Share of the square by which a face is widened: a composite's matte is feathered."""


def face_area(points: npt.NDArray[np.floating[Any]], size: int) -> npt.NDArray[np.uint8]:
    """(size, size): 255 on the face of landmarks (478, 3), crop pixels, and a little beyond; 0 elsewhere."""
    seen = (face_matte(points, size, size) > 0.5).astype(np.uint8) * 255
    reach = max(1, round(_WIDER * size))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(seen, disc), np.uint8)
