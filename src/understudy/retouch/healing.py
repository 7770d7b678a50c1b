"""Healing: a flaw closed with the skin beside it.

The best of many places around is laid over the flaw, and the membrane that makes its rim meet the film's is
added (Perez et al., "Poisson image editing", SIGGRAPH 2003): grain and pores come from there, light from
here.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import spsolve

from understudy.errors import BadInputError
from understudy.pixels import Floats

_TURNS, _FAR = 24, (1.1, 1.5, 2.0)
_MOST = 160
"""Longer side, in pixels, of the grid that the membrane is solved on."""


def healed(film: Floats, matte: Floats, face: npt.NDArray[np.bool_]) -> Floats:
    """Part of a frame (h, w, 3) with what is in the matte (h, w) closed from around it.

    face   where there is a face: nothing is taken from elsewhere
    Raises BadInputError where there is no room beside the flaw: the part has to be larger than it.
    """
    hole = matte > 0.004
    rim = (cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0) & ~hole
    if not hole.any() or not rim.any():
        raise BadInputError("There is nothing around the stroke to heal it with: draw a smaller one.")
    y, x = _best_place(film, hole, rim, face)
    source = _shifted(film, y, x)
    membrane = _membrane(film - source, hole)
    mended = source + membrane
    return np.asarray(film + matte[..., None] * (mended - film), np.float32)


def _best_place(
    film: Floats, hole: npt.NDArray[np.bool_], rim: npt.NDArray[np.bool_], face: npt.NDArray[np.bool_]
) -> tuple[int, int]:
    """Offset, rows and columns, of the place whose surroundings look most like those of the flaw."""
    rows, columns = np.nonzero(hole)
    size = float(max(int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1, 6))
    both = np.argwhere(hole | rim)
    sample = both[:: max(1, len(both) // 4000)]
    is_rim = rim[sample[:, 0], sample[:, 1]]
    smooth = cv2.GaussianBlur(film, (0, 0), max(1.0, size / 8))
    best, found = np.inf, None
    for far in _FAR:
        for angle in np.arange(_TURNS) * (2 * np.pi / _TURNS):
            offset = np.round(far * size * np.array([np.sin(angle), np.cos(angle)])).astype(int)
            there = sample + offset
            if (there < 0).any() or (there >= film.shape[:2]).any():
                continue
            taken = tuple(there.T)
            if hole[taken].any() or not face[taken].all():
                continue
            apart = film[tuple(sample[is_rim].T)] - film[tuple(there[is_rim].T)]
            # The membrane takes out what differs evenly, so texture counts more than level.
            # What it brings along of light and shape is seen, too.
            shape = smooth[tuple(there[~is_rim].T)].std(0).mean()
            score = float((apart - apart.mean(0)).std() + 0.3 * np.abs(apart.mean(0)).mean() + 2 * shape)
            if score < best:
                best, found = score, (int(offset[0]), int(offset[1]))
    if found is None:
        raise BadInputError("There is no clear skin beside the stroke to heal it with: draw a smaller one.")
    return found


def _shifted(film: Floats, rows: int, columns: int) -> Floats:
    matrix = np.array([[1, 0, -columns], [0, 1, -rows]], np.float64)
    return np.asarray(
        cv2.warpAffine(
            film, matrix, film.shape[1::-1], flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
    )


def _membrane(apart: Floats, hole: npt.NDArray[np.bool_]) -> Floats:
    """What equals `apart` (h, w, 3) outside the hole and is as smooth as can be inside."""
    height, width = hole.shape
    step = max(1.0, max(height, width) / _MOST)
    size = (max(4, round(width / step)), max(4, round(height / step)))
    share = cv2.resize((~hole).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(
        np.where(hole[..., None], 0, apart).astype(np.float32), size, interpolation=cv2.INTER_AREA
    )
    known = total / np.maximum(share, 1e-6)[..., None]
    inside = share < 0.5
    inside[0] = inside[-1] = inside[:, 0] = inside[:, -1] = False
    solved = _solved(known, inside) if inside.any() else known
    smooth: Floats = cv2.resize(solved, (width, height), interpolation=cv2.INTER_LINEAR)
    return smooth


def _solved(values: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Laplace's equation inside, `values` given outside."""
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(int(inside.sum()))
    ys, xs = np.nonzero(inside)
    border = np.zeros((len(ys), values.shape[2]))
    rows, columns = [], []
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        beside = number[ys + dy, xs + dx]
        free = beside >= 0
        rows.append(np.flatnonzero(free))
        columns.append(beside[free])
        border[~free] += values[ys + dy, xs + dx][~free]
    at = (np.concatenate(rows), np.concatenate(columns))
    links = csr_matrix((np.ones(len(at[0])), at), shape=(len(ys), len(ys)))
    solved = values.copy()
    solved[ys, xs] = spsolve((diags(np.full(len(ys), 4.0)) - links).tocsc(), border).reshape(len(ys), -1)
    return solved
