"""Pictures of one moment side by side, each under its name, as one frame of a film."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.pixels import to_bytes

Image = npt.NDArray[Any]
BAND = 32
"""Height of the band that holds the names, pixels; even, since many codecs want even sides."""
_PAPER, _INK = 24, (225, 225, 225)


def beside(pictures: Mapping[str, Image]) -> npt.NDArray[np.uint8]:
    """The pictures (H, W, 3), uint8 or uint16 and all of one shape, as (H + BAND, n W, 3) uint8.

    Names are ASCII, for OpenCV's letters.
    """
    if len({picture.shape for picture in pictures.values()}) != 1:
        raise ValueError("pictures that stand side by side are of one shape")
    row = np.hstack([to_bytes(picture) for picture in pictures.values()])
    band = np.full((BAND, row.shape[1], 3), _PAPER, np.uint8)
    each = row.shape[1] // len(pictures)
    for place, name in enumerate(pictures):
        origin = (place * each + 10, BAND - 11)
        cv2.putText(band, name, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return np.vstack([band, row])
