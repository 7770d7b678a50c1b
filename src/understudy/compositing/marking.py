"""The mark across a face that nobody has agreed to show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.pixels import Floats

WORDS = "PREVIEW"
_WIDTH, _HEIGHT = 512, 160
"""Size of the band that carries the words, before it is laid onto a face."""
_SLANT = np.deg2rad(-20.0)
_LENGTH = 1.15
"""Length of the band, of the face's height."""
_STRENGTH = 0.8
_TEMPLES = (127, 356)


def mark(image: npt.NDArray[Any], faces: Sequence[npt.NDArray[np.floating[Any]]]) -> npt.NDArray[Any]:
    """`image` (H, W, 3 or 4; uint8 or uint16) with a slanting band of words across each face; a new array.

    `faces` are landmarks (478, 2 or 3) in the image's pixels. The band turns with the head and is as long as
    the face is high, so that it runs over eyes, nose and mouth whatever the head does.
    """
    out = image.copy()
    top = np.iinfo(image.dtype).max
    for landmarks in faces:
        rows, columns, matrix = _place(landmarks, image.shape[1], image.shape[0])
        region = out[rows, columns, :3]
        if not region.size:
            continue
        size = (region.shape[1], region.shape[0])
        ink, cover = (cv2.warpAffine(band, matrix, size, flags=cv2.INTER_AREA) for band in _band())
        strength = _STRENGTH * cover[..., None]
        mixed = region * (1 - strength) + top * ink[..., None] * strength
        region[:] = np.clip(mixed + 0.5, 0, top).astype(image.dtype)
    return out


@cache
def _band() -> tuple[Floats, Floats]:
    """The words, white on dark: how bright each pixel is, and how much of what is below it covers."""
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, 7
    (width, height), _ = cv2.getTextSize(WORDS, font, 1.0, thickness)
    scale = 0.92 * _WIDTH / width
    place = (int(0.04 * _WIDTH), int((_HEIGHT + scale * height) / 2))
    ink = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    cv2.putText(ink, WORDS, place, font, scale, 255, thickness, cv2.LINE_AA)
    letters = ink.astype(np.float32) / 255
    cover = np.maximum(np.full_like(letters, 0.45), letters)
    return letters, cover


def _place(
    landmarks: npt.NDArray[np.floating[Any]], width: int, height: int
) -> tuple[slice, slice, npt.NDArray[np.float64]]:
    """Rows and columns of the picture that the band lies in, and the 2x3 matrix from the band into them."""
    points = np.asarray(landmarks[:, :2], np.float64)
    low, high = points.min(0), points.max(0)
    right, left = (points[index] for index in _TEMPLES)
    turn = np.arctan2(*(left - right)[::-1]) + _SLANT
    scale = _LENGTH * float((high - low).max()) / _WIDTH
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    centre = (low + high) / 2
    reach = 0.5 * scale * float(np.hypot(_WIDTH, _HEIGHT)) + 1
    corner = np.clip(np.floor(centre - reach), 0, (width, height)).astype(int)
    end = np.clip(np.ceil(centre + reach), 0, (width, height)).astype(int)
    shift = centre - corner - rotation @ ((_WIDTH - 1) / 2, (_HEIGHT - 1) / 2)
    return slice(corner[1], end[1]), slice(corner[0], end[0]), np.column_stack([rotation, shift])
