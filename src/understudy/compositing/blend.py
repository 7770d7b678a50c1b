"""Putting a face into the plate: three ways, all in floating point and all exact outside the matte."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import spsolve

from understudy.compositing.passes import added_inside, difference, mixed, with_band

Floats = npt.NDArray[np.float32]
BlendName = Literal["multiband", "poisson", "feather"]

_COARSEST = 40
"""Pixels that are left of the shorter side when colour dissolves over its full width."""


def feather(plate: Floats, rgb: Floats, matte: Floats) -> Floats:
    """The plain mix: plate + matte * (rgb - plate). Shapes (H, W, 3), (H, W, 3), (H, W)."""
    return mixed(plate, rgb, matte)


def multiband(plate: Floats, rgb: Floats, matte: Floats) -> Floats:
    """Mix each octave of detail over its own width (Burt and Adelson, "A multiresolution spline", 1983).

    Coarse differences of colour dissolve over a wide band, inwards from the matte's edge; fine detail changes
    over as the matte does.
    """
    levels = max(1, min(4, int(np.log2(max(2, min(matte.shape) / _COARSEST)))))
    whole, weight = difference(plate, rgb, matte), matte
    inner = matte
    bands = []
    for _ in range(levels):
        smaller = cv2.pyrDown(whole)
        bands.append((whole, smaller, inner))
        whole, weight = smaller, cv2.pyrDown(weight)
        # a blurred matte reaches past the matte: what exceeds a half of it does not
        inner = np.clip(2.0 * cv2.GaussianBlur(weight, (0, 0), 1.0) - 1.0, 0.0, 1.0)
    change: Floats = whole * inner[..., None]
    for fine, smaller, inner in reversed(bands):
        size = fine.shape[1::-1]
        change = with_band(cv2.pyrUp(change, dstsize=size), fine, cv2.pyrUp(smaller, dstsize=size), inner)
    # the bands' own kernels still reach a little past it
    return added_inside(plate, change, matte, 8.0)


def poisson(plate: Floats, rgb: Floats, matte: Floats) -> Floats:
    """Keep the likeness's gradients and the plate's values on the border (Perez et al., SIGGRAPH 2003).

    The correction rgb needs is the membrane that equals plate - rgb on the border; it is smooth, so it is
    solved on a small grid. The matte still dissolves the last step.
    """
    height, width = matte.shape
    step = max(1.0, max(height, width) / 96)
    size = (max(3, round(width / step)), max(3, round(height / step)))
    wanted, known = _shrunk_where(plate - rgb, matte > 0, size)
    inside = cv2.resize(matte, size, interpolation=cv2.INTER_AREA) > 0.5
    # the membrane hangs on the outermost cells where there is a likeness to compare with
    inside &= cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    inside[0] = inside[-1] = inside[:, 0] = inside[:, -1] = False
    if not inside.any():
        return feather(plate, rgb, matte)
    membrane = _membrane(wanted, inside)
    membrane = cv2.resize(membrane, (width, height), interpolation=cv2.INTER_LINEAR)
    return feather(plate, rgb + membrane, matte)


def _shrunk_where(
    values: Floats, where: npt.NDArray[np.bool_], size: tuple[int, int]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The mean of `values` over those pixels of each cell that count, and in which cells any does.

    Cells beside them take over their values, so that enlarging the result again invents no step.
    """
    share = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(where[..., None], values, 0), size, interpolation=cv2.INTER_AREA)
    known = share > 0
    near_share, near_total = cv2.blur(share, (3, 3)), cv2.blur(total, (3, 3))
    share, total = np.where(known, share, near_share), np.where(known[..., None], total, near_total)
    return total / np.maximum(share, 1e-6)[..., None], known


def _membrane(values: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Solve Laplace's equation inside the mask, `values` given outside; the mask must not touch the rim."""
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(inside.sum())
    ys, xs = np.nonzero(inside)
    rows, columns = [], []
    border = np.zeros((len(ys), values.shape[2]))
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        neighbour = number[ys + dy, xs + dx]
        free = neighbour >= 0
        rows.append(np.arange(len(ys))[free])
        columns.append(neighbour[free])
        border[~free] += values[ys + dy, xs + dx][~free]
    ij = (np.concatenate(rows), np.concatenate(columns))
    links = csr_matrix((np.ones(len(ij[0])), ij), shape=(len(ys), len(ys)))
    solved = spsolve((diags(np.full(len(ys), 4.0)) - links).tocsc(), border)
    membrane = values.copy()
    membrane[ys, xs] = solved.reshape(len(ys), -1)
    return membrane


BLENDS: dict[BlendName, Callable[[Floats, Floats, Floats], Floats]] = {
    "multiband": multiband,
    "poisson": poisson,
    "feather": feather,
}
