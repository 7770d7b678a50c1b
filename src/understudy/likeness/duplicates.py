"""Faces that show what another one shows better already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.likeness.gallery import Gallery
from understudy.likeness.looks import SMALL
from understudy.likeness.order import principal

Rows = npt.NDArray[np.int64]

ALIKE = 3.0
"""Root mean square difference of two small pictures, of 255, below which they show the same."""
_DIMENSIONS = 8


def duplicates(gallery: Gallery, rows: Rows, alike: float = ALIKE) -> Rows:
    """Those of `rows` that another one of them stands for, ascending.

    Of faces whose small pictures differ by less than `alike` the sharpest stays: sharpest first, each face
    that is still there takes those around it away. What is left differs from each other by `alike` or more.
    An index gives each face's surroundings, so that not all pairs are compared; it is exact, since it looks
    in a projection, in which nothing is farther away than it is.
    """
    from scipy.spatial import cKDTree

    if len(rows) < 2 or alike <= 0:
        return np.zeros(0, np.int64)
    pictures = gallery.looks.small[rows].reshape(len(rows), -1).astype(np.float32)
    flat = principal(pictures, _DIMENSIONS)
    reach = alike * SMALL  # of the sum over SMALL * SMALL pixels
    tree = cKDTree(flat)
    best = np.argsort(-gallery.looks.sharpness[rows], kind="stable")
    gone = np.zeros(len(rows), np.bool_)
    for row in best:
        if gone[row]:
            continue
        around = np.array(tree.query_ball_point(flat[row], reach), np.int64)
        around = around[~gone[around] & (around != row)]
        if len(around):
            apart = np.linalg.norm(pictures[around] - pictures[row], axis=1)
            gone[around[apart < reach]] = True
    return np.sort(rows[gone])
