"""Polygons drawn with soft edges: how much of every pixel they cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_LINES = 8
"""Lines that are drawn in each row of pixels."""


def coverage(points: npt.NDArray[np.floating[Any]], height: int, width: int) -> npt.NDArray[np.float32]:
    """How much of each pixel a closed polygon (N, 2) covers: (height, width) in [0, 1].

    Pixel centres lie at integers. What the outline goes round twice is outside (even-odd rule). Eight lines
    are drawn in each row, exact along their length: of a level edge an eighth of a pixel is told apart.
    """
    corners = np.asarray(points, np.float64)
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    top = int(np.clip(np.floor(y0.min() + 0.5), 0, height))
    bottom = int(np.clip(np.ceil(y0.max() + 0.5), top, height))
    out = np.zeros((height, width), np.float32)
    edges = np.arange(width) + 0.5  # right edge of each pixel
    for row in range(top, bottom):
        lines = row - 0.5 + (np.arange(_LINES) + 0.5) / _LINES
        crossed = (y0 <= lines[:, None]) != (y1 <= lines[:, None])
        if not crossed.any():
            continue
        run = np.where(y1 == y0, 1.0, y1 - y0)
        where = x0 + (lines[:, None] - y0) * ((x1 - x0) / run)
        where = np.sort(np.where(crossed, where, np.inf), axis=1)[:, : int(crossed.sum(1).max())]
        # Right of a crossing that enters everything is covered, until one that leaves.
        side = np.where(np.arange(where.shape[1]) % 2, -1.0, 1.0)
        right_of = np.clip(edges[None, None] - where[:, :, None], 0.0, 1.0)
        out[row] = np.einsum("k,lkw->w", side, right_of) / _LINES
    return np.clip(out, 0.0, 1.0)
