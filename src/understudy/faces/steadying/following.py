"""Points that stay near a place and move as they are told, by least squares over a whole track: no lag."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.stretches import Column, windows

Array = npt.NDArray[np.float64]

_WINDOW = 2048
_MARGIN = 256
"""Faces that are solved for at a time, and how many more on either side are taken into account.

What a face is told by another at a distance d falls off as q^d or faster, q = (sqrt(c) - 1) / (sqrt(c) + 1)
with the condition number c <= 1 + 4 k of the equations (Demko, Moss, Smith, "Decay rates for inverses of band
matrices", Mathematics of Computation 1984). For weights k up to 60 that is 0.88^d: over the margin, 4e-15."""
_TOGETHER = 64
"""Points that are solved for at a time: what is worked on takes six times the room of what comes out."""


def track_windows(count: int, points: int, *columns: Column) -> Iterator[tuple[slice, slice, slice, slice]]:
    """What `follow` can be done for at a time, of `count` faces with `points` points each: the faces wanted,
    those that have to be seen for it, where in these the wanted ones are, and some of the points.
    """
    for wanted, seen, inner in windows(count, _MARGIN, *columns, length=_WINDOW):
        for begin in range(0, points, _TOGETHER):
            yield wanted, seen, inner, slice(begin, begin + _TOGETHER)


def follow(
    places: npt.NDArray[np.floating[Any]], steps: npt.NDArray[np.floating[Any]], weight: Array
) -> Array:
    """Points (N, V, C) that minimise sum |x_t - place_t|^2 + sum weight_t |x_t+1 - x_t - step_t|^2.

    places  (N, V, C);  steps (N - 1, V, C);  weight (N - 1, V)
    Every point by itself: the tridiagonal equations of all of them at once, by the Thomas algorithm.
    """
    count = len(places)
    diagonal = np.ones(places.shape[:2])
    diagonal[:-1] += weight
    diagonal[1:] += weight
    right = np.array(places, np.float64)
    right[:-1] -= weight[..., None] * steps
    right[1:] += weight[..., None] * steps
    upper = np.zeros_like(diagonal)
    if count > 1:
        upper[0] = -weight[0] / diagonal[0]
    right[0] /= diagonal[0][:, None]
    for t in range(1, count):
        pivot = diagonal[t] + weight[t - 1] * upper[t - 1]
        if t < count - 1:
            upper[t] = -weight[t] / pivot
        right[t] = (right[t] + weight[t - 1][:, None] * right[t - 1]) / pivot[:, None]
    for t in range(count - 2, -1, -1):
        right[t] -= upper[t][:, None] * right[t + 1]
    return right
