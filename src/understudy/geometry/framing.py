"""Aligned squares: how much of a head a crop shows, and the matrix that cuts it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity

Array = npt.NDArray[np.float64]

UNIT = 1.296
"""Side of the square that framings are multiples of, on the canonical face: from brow end to brow end."""
_UNIT_CENTRE = (0.0, 0.385)
_SIDES = ((168, 234, 454), (6, 93, 323), (4, 132, 361))
"""Points on the bridge of the nose, and on the right and left edge of the face beside them."""


class Framing(StrEnum):
    """How much of a head an aligned crop shows.

    FACE is what engines take unless they have reason not to: forehead and chin with room around them, also
    when the jaw drops or the head is turned. The others are DeepFaceLab's face types, with its sides
    (1 + 2 sqrt(2) p of the unit square, p = 0, 0.0675, 0.2109375, 0.40, 0.70) and shifts.
    """

    FACE = "face"
    HALF = "half"
    MID_FULL = "mid-full"
    FULL = "full"
    WHOLE = "whole"
    HEAD = "head"


@dataclass(frozen=True)
class _Square:
    """Side, and how far the centre is moved up the face, in units; `follows`: and to the back of the head."""

    side: float
    rise: float = 0.0
    follows: bool = False


_SQUARES = {
    Framing.FACE: _Square(1.75),
    Framing.HALF: _Square(1.0),
    Framing.MID_FULL: _Square(1.191),
    Framing.FULL: _Square(1.597),
    Framing.WHOLE: _Square(2.131, rise=0.07),
    Framing.HEAD: _Square(2.980, rise=0.50, follows=True),
}


def aligned_matrix(
    landmarks: npt.NDArray[np.floating[Any]], size: int, framing: Framing = Framing.FACE
) -> Array:
    """The (..., 2, 3) matrices that take frame pixels to a `size` x `size` crop of faces (..., 478, 2 or 3).

    A least-squares similarity takes the points that expression moves least to their places on the canonical
    face: a crop is as steady as its landmarks, and a mouth that opens does not move it.
    """
    points = np.asarray(landmarks, np.float64)[..., :2]
    stable = list(mesh.STABLE)
    upright = fit_similarity(points[..., stable, :], mesh.canonical_face()[stable, :2])
    square = _SQUARES[framing]
    pixels = size / (square.side * UNIT)  # crop pixels a unit of the canonical face
    centre = np.array(_UNIT_CENTRE) - (0.0, square.rise * UNIT)
    linear = pixels * upright.scale[..., None, None] * upright.rotation
    shift = pixels * (upright.translation - centre) + (size - 1) / 2
    if square.follows:
        shift[..., 0] += pixels * UNIT * _lean(upright.apply(points) / UNIT)
    return np.concatenate([linear, shift[..., None]], axis=-1)


def _lean(points: Array) -> Array:
    """How far to the picture's right a turned head is to be moved, (...): its back is on the other side.

    yaw |tanh(2 yaw)| / 2, where yaw is the mean difference of the distances from the nose to both edges of
    the face, in units; positive where the performer turns to the picture's right.
    """
    yaw = np.zeros(points.shape[:-2])
    for nose, right, left in _SIDES:
        to_right = np.linalg.norm(points[..., nose, :] - points[..., right, :], axis=-1)
        to_left = np.linalg.norm(points[..., nose, :] - points[..., left, :], axis=-1)
        yaw += (to_right - to_left) / len(_SIDES)
    return np.asarray(yaw * np.abs(np.tanh(2.0 * yaw)) / 2.0, np.float64)
