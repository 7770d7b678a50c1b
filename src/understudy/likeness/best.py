"""The best N faces, spread evenly over everything that the likeness does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.likeness.gallery import Gallery

Rows = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]

_CELL = {"yaw": 6.0, "pitch": 6.0, "lips": 0.06, "smile": 0.05, "lids": 0.35, "brows": 0.05}
"""What differs by so much differs visibly; cells are multiples of it."""
_ROUNDS = 40


def best(gallery: Gallery, rows: Rows, count: int) -> Rows:
    """`count` of `rows` with an even cover of pose and expression, ascending; all where there are no more.

    Pose and expression are cut into cells, as large as it takes for at most `count` of them to have a face.
    Each cell gives its best face; what is left of `count` goes round the cells again, second best first.
    Best is sharp, large, and surely found.
    """
    if count >= len(rows):
        return np.sort(rows)
    traits = np.stack([getattr(gallery.traits, name)[rows] / step for name, step in _CELL.items()], axis=1)
    cell = _cells(traits, count)
    order = np.lexsort((-_quality(gallery, rows), cell))
    rank = np.empty(len(rows), np.int64)
    begins = np.flatnonzero(np.diff(cell[order], prepend=-1))
    lengths = np.diff(begins, append=len(rows))
    rank[order] = np.arange(len(rows)) - np.repeat(begins, lengths)
    chosen = np.lexsort((-_quality(gallery, rows), rank))[:count]
    return np.sort(rows[chosen])


def _cells(points: Array, most: int) -> npt.NDArray[np.int64]:
    """Number of the cell of each of (N, D) points, for the finest cells of which at most `most` are taken."""
    low, high = 1e-3, 1e3
    for _ in range(_ROUNDS):
        middle = float(np.sqrt(low * high))
        taken = len(np.unique(_packed(points, middle)))
        low, high = (middle, high) if taken > most else (low, middle)
    return np.unique(_packed(points, high), return_inverse=True)[1].astype(np.int64)


def _packed(points: Array, size: float) -> npt.NDArray[np.float64]:
    """One number a cell: cells of one point are mixed by irrational steps, which do not meet by chance."""
    steps = np.sqrt(np.array([2, 3, 5, 7, 11, 13])[: points.shape[1]]) * 7919
    return np.round(np.floor(points / size + 0.5) @ steps, 3)


def _quality(gallery: Gallery, rows: Rows) -> Array:
    looks, traits = gallery.looks, gallery.traits
    large = np.minimum(traits.size[rows] / 256, 1.0) ** 0.5
    return np.asarray(looks.sharpness[rows] * large * np.clip(gallery.score[rows], 0.05, 1), np.float64)
