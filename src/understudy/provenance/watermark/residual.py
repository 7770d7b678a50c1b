"""What of a film may be mark: the fine, steady part of its pictures, the film itself taken out."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from understudy.provenance.watermark.base import Image

Floats = npt.NDArray[np.float32]

WORKING_SIZE = 640
"""Pixels along the longer side of the picture in which marks are looked for."""

_LUMA = np.array([[0.2126, 0.7152, 0.0722]], np.float32)


def mean_residual(pictures: Iterable[Image]) -> tuple[Floats, int]:
    """The mean of all pictures' whitened residuals, longer side WORKING_SIZE, and the number of pictures.

    The mark is the same in each picture while what the film shows moves on, so that it grows in the mean.
    Raises ValueError where there is no picture.
    """
    total: Floats | None = None
    count = 0
    for picture in pictures:
        residual = _whitened(_small_luma(picture))
        if total is None:
            total = np.zeros_like(residual)
        total += residual
        count += 1
    if total is None:
        raise ValueError("no picture to look for a mark in")
    mean = total / count
    mean -= mean.mean()
    # Running sums of cv2.blur may fall just below zero on plain areas.
    local = np.sqrt(np.maximum(cv2.blur(mean * mean, (25, 25)), 0))
    return mean / (local + np.float32(0.25 * mean.std() + 1e-9)), count


def _small_luma(picture: Image) -> Floats:
    """Luma in code values of 8 bits, shrunk or enlarged to the working size."""
    height, width = picture.shape[:2]
    scale = WORKING_SIZE / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(picture[..., :3]), size, interpolation=way).astype(np.float32)
    luma: Floats = cv2.transform(small, _LUMA)
    return luma / np.float32(257) if picture.dtype == np.uint16 else luma


def _whitened(luma: Floats) -> Floats:
    """Fine detail over its own local strength, so that an edge counts no more than a wall; clipped."""
    detail = luma - cv2.GaussianBlur(luma, (0, 0), 2.0)
    strength = np.sqrt(np.maximum(cv2.blur(detail * detail, (9, 9)), 0)) + np.float32(0.6)
    return np.clip(detail / strength, -2.0, 2.0)
