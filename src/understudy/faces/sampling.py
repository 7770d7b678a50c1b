"""Small aligned pictures of a face, cut out of a frame without aliasing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry.align import invert_affine
from understudy.media.frame import Image
from understudy.pixels import to_bytes

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def sample_square(image: Image, to_square: npt.NDArray[np.floating[Any]], size: int) -> Bytes:
    """The (size, size, 3) uint8 RGB picture that `to_square` (2, 3) takes the frame to.

    Only the part of the frame under the square is touched. Where the square is the coarser of the two, the
    frame is averaged down first. Outside the frame the nearest pixel is repeated. 16-bit frames are reduced
    to 8 bits.
    """
    to_frame = invert_affine(to_square)
    corners = np.array([(0, 0), (size, 0), (0, size), (size, size)], np.float64) - 0.5
    corners = corners @ to_frame[:, :2].T + to_frame[:, 2]
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - 1, 0, (width - 1, height - 1))
    x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + 2, (x0 + 1, y0 + 1), (width, height))
    # Averaging by a whole factor is several times faster than by a broken one.
    shrink = max(1, int(np.sqrt(abs(np.linalg.det(to_frame[:, :2]))) + 0.25))
    shrink = min(shrink, x1 - x0, y1 - y0)
    x1, y1 = x1 - (x1 - x0) % shrink, y1 - (y1 - y0) % shrink
    part = image[y0:y1, x0:x1, :3]
    if shrink > 1:
        part = cv2.resize(part, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    # Pixel centres lie at integers: coarse pixel i covers fine ones around x0 + shrink * (i + 0.5) - 0.5.
    to_square = np.array(to_square, np.float64)
    to_square[:, 2] += to_square[:, :2] @ (np.array([x0, y0]) + (shrink - 1) / 2)
    to_square[:, :2] *= shrink
    square = cv2.warpAffine(
        to_bytes(part), to_square, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(square, np.uint8)


def sample_sharply(image: Image, to_square: npt.NDArray[np.floating[Any]], size: int) -> Bytes:
    """As `sample_square`, for pictures that are to be learned from: slower, and neither soft nor aliased.

    The frame is averaged down to just the scale of the square, and bicubic where it is turned.
    """
    part, to_square = _scaled_part(image, to_square, size)
    square = cv2.warpAffine(
        to_bytes(part), to_square, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(square, np.uint8)


def sample_floats(image: Floats, to_square: npt.NDArray[np.floating[Any]], size: int) -> Floats:
    """As `sample_sharply`, of a float32 picture (H, W, 3) in [0, 1]: (size, size, 3), also in [0, 1]."""
    part, to_square = _scaled_part(image, to_square, size)
    square = cv2.warpAffine(
        part, to_square, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(square, 0.0, 1.0)


def _scaled_part(
    image: npt.NDArray[Any], to_square: npt.NDArray[np.floating[Any]], size: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """What of an image lies under the square, averaged down to its scale; and the matrix from there."""
    to_frame = invert_affine(to_square)
    corners = np.array([(0, 0), (size, 0), (0, size), (size, size)], np.float64) - 0.5
    corners = corners @ to_frame[:, :2].T + to_frame[:, 2]
    height, width = image.shape[:2]
    shrink = max(1.0, float(np.sqrt(abs(np.linalg.det(to_frame[:, :2])))))
    room = int(np.ceil(3 * shrink))
    x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - room, 0, (width - 1, height - 1))
    x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + room, (x0 + 1, y0 + 1), (width, height))
    part = image[y0:y1, x0:x1, :3]
    small = (max(1, round((x1 - x0) / shrink)), max(1, round((y1 - y0) / shrink)))
    scale = np.array([(x1 - x0) / small[0], (y1 - y0) / small[1]])  # pixels of the frame a pixel of the part
    if small != (x1 - x0, y1 - y0):
        part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    from_part = np.array(to_square, np.float64)
    from_part[:, 2] += from_part[:, :2] @ (np.array([x0, y0]) + (scale - 1) / 2)
    from_part[:, :2] *= scale
    return part, from_part
