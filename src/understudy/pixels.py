"""What the numbers of a picture mean: full scale, depth, luma."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[Any]
"""(H, W, 3 or 4) RGB(A): uint8 or uint16 on the full scale, or float in [0, 1]."""
Floats = npt.NDArray[np.float32]

_LUMA_WEIGHTS = np.array([[0.2126, 0.7152, 0.0722]], np.float32)


def to_float(picture: Picture) -> Floats:
    """The picture as contiguous (H, W, 3) float32 in [0, 1]; alpha is left out."""
    rgb = picture[..., :3]
    floats: Floats = np.ascontiguousarray(rgb, np.float32)
    return floats * np.float32(1.0 / np.iinfo(rgb.dtype).max) if rgb.dtype.kind == "u" else floats


def to_bytes(picture: Picture) -> npt.NDArray[np.uint8]:
    """An integer picture as (H, W, 3) uint8; alpha is left out."""
    rgb = picture[..., :3]
    return (rgb >> 8).astype(np.uint8) if rgb.dtype == np.uint16 else rgb.astype(np.uint8, copy=False)


def luma(picture: Picture) -> Floats:
    """Y' in [0, 1], (H, W) float32: Rec. ITU-R BT.709 weights on display-referred values."""
    weighted: Floats = cv2.transform(to_float(picture), _LUMA_WEIGHTS)
    return weighted
