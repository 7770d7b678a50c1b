"""What faces look like: sharpness, blur, brightness, colour, and a picture small enough to be compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.sampling import sample_square
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import aligned_matrix
from understudy.measures.picture import region_matte
from understudy.media.frame import Image
from understudy.pixels import luma

Floats = npt.NDArray[np.float32]

SIDE = 192
"""Of the aligned square that faces are looked at in: what a face has beyond it does not make it sharper."""
SMALL = 16
BINS = 16
_BLACK = 3
_REACH = 9
"""Taps of the blur that a picture is compared with itself under (Crété et al.)."""


@dataclass(frozen=True)
class Looks:
    """N faces, each in an aligned square of `SIDE` pixels.

    sharpness    (N,) 0 blurred .. 1: one minus the mean of the blur along four directions
    motion_blur  (N,) 0 .. 1: by how much the blur along its worst direction is above that along its best
    brightness   (N,) mean luma of the face, 0 .. 1
    hue          (N,) hue of the face's mean colour, degrees: 0 red, 60 yellow
    black        (N,) share of the square that is black or beyond the frame's edge
    detail       (N,) root mean square of the luma's gradient (Sobel) on the face: what there is to be seen
    histogram    (N, 3, 16) uint8: square roots of the shares of the face's R, G and B values, 255 is 1
    small        (N, 16, 16) uint8: luma, its mean moved to 128
    """

    sharpness: Floats
    motion_blur: Floats
    brightness: Floats
    hue: Floats
    black: Floats
    detail: Floats
    histogram: npt.NDArray[np.uint8]
    small: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.sharpness)


COLUMNS = tuple(field.name for field in fields(Looks))

Look = dict[str, npt.NDArray[Any]]


def look(image: Image, landmarks: npt.NDArray[np.floating[Any]]) -> Look:
    """One row of every column, for the face with landmarks (478, 3) in a frame (H, W, 3 or 4)."""
    to_square = aligned_matrix(landmarks, SIDE)
    square = sample_square(image, to_square, SIDE)
    matte = region_matte(apply_affine(to_square, landmarks), SIDE, SIDE) > 0.5
    matte &= ~_beyond(image, to_square)
    if not matte.any():
        matte[:] = True
    shade = luma(square)
    blurs = directional_blur(shade, matte)
    mean = square[matte].mean(0)
    numbers = {
        "sharpness": 1 - blurs.mean(),
        "motion_blur": blurs.max() - blurs.min(),
        "brightness": shade[matte].mean(),
        "hue": _hue(mean),
        "black": (_beyond(image, to_square) | (square.max(-1) < _BLACK)).mean(),
        "detail": np.sqrt(_gradient(shade)[matte].mean()),
    }
    found = {name: np.asarray(value, np.float32) for name, value in numbers.items()}
    return found | {"histogram": _histogram(square[matte]), "small": _small(shade)}


def stacked(rows: list[Look]) -> dict[str, npt.NDArray[Any]]:
    """Columns of some rows; of none of them, empty columns."""
    if not rows:
        empty = np.zeros(0, np.float32)
        return dict.fromkeys(COLUMNS[:6], empty) | {
            "histogram": np.zeros((0, 3, BINS), np.uint8),
            "small": np.zeros((0, SMALL, SMALL), np.uint8),
        }
    return {name: np.stack([row[name] for row in rows]) for name in COLUMNS}


def _gradient(shade: Floats) -> Floats:
    """Squared length of the gradient, (H, W)."""
    x, y = (cv2.Sobel(shade, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.asarray(x**2 + y**2, np.float32)


def directional_blur(shade: Floats, matte: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """How blurred a luma picture (H, W) is along x, y and both diagonals inside a matte, (4,), 0 .. 1.

    By how little the differences between neighbours shrink under a further blur along the same line: Crété,
    Dolmiere, Ladret, Nicolas, "The blur effect", SPIE 2007, there along x and y. 1 where nothing is to be
    seen.
    """
    found = []
    for step, kernel in _LINES:
        softer = cv2.filter2D(shade, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        own, after = (np.abs(each - _shifted(each, step))[matte] for each in (shade, softer))
        total = float(own.sum())
        found.append(1.0 if total < 1e-6 else 1.0 - float(np.maximum(own - after, 0).sum()) / total)
    return np.array(found)


def _lines() -> tuple[tuple[tuple[int, int], Floats], ...]:
    level = np.zeros((_REACH, _REACH), np.float32)
    level[_REACH // 2] = 1 / _REACH
    slope = np.eye(_REACH, dtype=np.float32) / _REACH
    falling, rising = slope, np.ascontiguousarray(slope[:, ::-1])
    return (((1, 0), level), ((0, 1), level.T.copy()), ((1, 1), falling), ((-1, 1), rising))


_LINES = _lines()


def _shifted(picture: Floats, step: tuple[int, int]) -> Floats:
    return np.roll(picture, step, axis=(1, 0))


def _beyond(image: Image, to_square: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where the square shows what is outside the frame, (SIDE, SIDE)."""
    height, width = image.shape[:2]
    inside = np.zeros((SIDE, SIDE), np.uint8)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) - 0.5
    corners = np.clip(apply_affine(to_square, corners), -8 * SIDE, 8 * SIDE)
    cv2.fillConvexPoly(inside, np.round(corners * 16).astype(np.int32), 1, cv2.LINE_8, 4)
    return np.asarray(inside == 0)


def _hue(colour: npt.NDArray[np.floating[Any]]) -> float:
    red, green, blue = (float(value) for value in colour)
    return float(np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)) % 360)


def _histogram(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    counts = np.stack([np.bincount(pixels[:, c] * BINS // 256, minlength=BINS) for c in range(3)])
    return np.round(255 * np.sqrt(counts / len(pixels))).astype(np.uint8)


def _small(shade: Floats) -> npt.NDArray[np.uint8]:
    small = cv2.resize(shade, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    return np.clip(np.round(128 + 255 * (small - small.mean())), 0, 255).astype(np.uint8)
