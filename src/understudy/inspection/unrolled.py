"""A face's colours on a coarse grid that moves with its skin."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh

Bytes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.floating[Any]]

GRID = 24
"""Cells along each side of the unrolled face."""
_FACING = 0.25


@cache
def _cells() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of every cell that skin covers: a triangle's vertices (C, 3) and their weights (C, 3)."""
    uv, triangles = mesh.canonical_uv(), mesh.skin_triangles()
    corners = uv[triangles]
    centre = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(centre, centre)
    points = np.stack([x.ravel(), y.ravel()], -1)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = _cross(b - a, c - a)
    weights = (
        np.stack(
            [
                _cross(b[None] - points[:, None], c[None] - points[:, None]),
                _cross(c[None] - points[:, None], a[None] - points[:, None]),
                _cross(a[None] - points[:, None], b[None] - points[:, None]),
            ],
            -1,
        )
        / np.where(area == 0, np.inf, area)[None, :, None]
    )
    inside = (weights >= 0).all(-1)
    covered = np.flatnonzero(inside.any(1))
    which = inside[covered].argmax(1)
    return triangles[which].astype(np.int64), weights[covered, which]


def cell_count() -> int:
    """How many cells skin covers."""
    return len(_cells()[0])


def unroll(picture: Bytes, points: Points) -> Bytes:
    """The colour of every cell (C, 3) in an aligned picture with landmarks (478, 3)."""
    vertices, weights = _cells()
    places = (np.asarray(points, np.float64)[:, :2][vertices] * weights[..., None]).sum(1)
    at = places.astype(np.float32)[None]
    blur = cv2.blur(picture, (5, 5))
    return np.asarray(
        cv2.remap(blur, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0], np.uint8
    )


def facing_camera(points: Points) -> npt.NDArray[np.bool_]:
    """Which cells of a face with landmarks (478, 3) face the camera, (C,)."""
    vertices, _ = _cells()
    flat = np.asarray(points, np.float64)[:, :2]
    a, b, c = (flat[vertices[:, k]] for k in range(3))
    size = float(np.linalg.norm(np.ptp(flat, axis=0)))
    still = mesh.canonical_face()[:, :2]
    p, q, r = (still[vertices[:, k]] for k in range(3))
    usual = _cross(q - p, r - p) * (size / float(np.linalg.norm(np.ptp(still, axis=0)))) ** 2
    return np.asarray(_cross(b - a, c - a) > _FACING * usual)


def _cross(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])
