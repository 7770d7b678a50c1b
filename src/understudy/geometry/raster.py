"""A small z-buffer rasteriser on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

WHOLE = (slice(None), slice(None))
"""All rows and columns."""


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _reciprocal(slope):  # type: ignore[no-untyped-def]  # pragma: no cover
    """1 / slope, kept finite: a weight that hardly changes along a row then bounds it beyond the picture."""
    if abs(slope) > 1e-9:
        return 1.0 / slope
    return 1e9 if slope > 0 else -1e9


@njit(cache=True, nogil=True, fastmath=True)
def _rasterise(vertices, triangles, owner, weights, depth):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width = owner.shape
    slack = 1e-4
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        bx, by, bz = vertices[b, 0], vertices[b, 1], vertices[b, 2]
        cx, cy, cz = vertices[c, 0], vertices[c, 1], vertices[c, 2]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        x0 = max(0, int(np.ceil(min(ax, bx, cx) - slack)))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx) + slack)))
        y0 = max(0, int(np.ceil(min(ay, by, cy) - slack)))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy) + slack)))
        if abs(area) < 1e-9 or x1 < x0 or y1 < y0:
            continue
        # barycentric weights are linear in x and y: bound each row to where none is negative
        slope_a, slope_b = (by - cy) / area, (cy - ay) / area
        slope_c = -slope_a - slope_b
        inverse_a, inverse_b, inverse_c = _reciprocal(slope_a), _reciprocal(slope_b), _reciprocal(slope_c)
        rise_a, rise_b = (cx - bx) / area, (ax - cx) / area
        first_a = ((bx - x0) * (cy - y0) - (cx - x0) * (by - y0)) / area
        first_b = ((cx - x0) * (ay - y0) - (ax - x0) * (cy - y0)) / area
        for y in range(y0, y1 + 1):
            start_a, start_b = first_a + (y - y0) * rise_a, first_b + (y - y0) * rise_b
            low, high = 0.0, float(x1 - x0)
            edge_a, edge_b = (-slack - start_a) * inverse_a, (-slack - start_b) * inverse_b
            edge_c = (start_a + start_b - 1.0 - slack) * inverse_c
            low = max(low, edge_a if slope_a > 0 else low)
            low = max(low, edge_b if slope_b > 0 else low)
            low = max(low, edge_c if slope_c > 0 else low)
            high = min(high, high if slope_a > 0 else edge_a)
            high = min(high, high if slope_b > 0 else edge_b)
            high = min(high, high if slope_c > 0 else edge_c)
            if low > high:
                continue
            for step in range(int(np.ceil(low)), int(high) + 1):
                wa, wb = start_a + step * slope_a, start_b + step * slope_b
                z = wa * az + wb * bz + (1.0 - wa - wb) * cz
                x = x0 + step
                if z < depth[y, x]:
                    depth[y, x] = z
                    owner[y, x] = k
                    weights[y, x, 0] = wa
                    weights[y, x, 1] = wb


@njit(cache=True, nogil=True, fastmath=True)
def _interpolate(attributes, triangles, owner, weights, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width = owner.shape
    channels = attributes.shape[1]
    for y in range(height):
        for x in range(width):
            k = owner[y, x]
            if k < 0:
                continue
            wa, wb = weights[y, x, 0], weights[y, x, 1]
            wc = 1.0 - wa - wb
            a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
            for i in range(channels):
                out[y, x, i] = wa * attributes[a, i] + wb * attributes[b, i] + wc * attributes[c, i]


class Raster:
    """Which triangle each pixel sees, ready to carry any per-vertex attribute to the picture.

    Convention: vertices are (V, 3) in pixels, pixel centres at integers, smaller z is nearer; both windings
    are drawn.

    `owner` is (H, W) int32, the index of the triangle or -1; `depth` (H, W) float32, +inf where nothing is.
    """

    def __init__(
        self, vertices: npt.NDArray[np.floating[Any]], triangles: Ints, height: int, width: int
    ) -> None:
        self.triangles = np.ascontiguousarray(triangles, np.int32)
        self.owner: Ints = np.full((height, width), -1, np.int32)
        self.depth: Floats = np.full((height, width), np.inf, np.float32)
        self._weights: Floats = np.zeros((height, width, 2), np.float32)
        points = np.ascontiguousarray(vertices, np.float32)
        _rasterise(points, self.triangles, self.owner, self._weights, self.depth)

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """(H, W): where the mesh is seen."""
        return self.owner >= 0

    def interpolate(
        self,
        attributes: npt.NDArray[np.floating[Any]],
        fill: float = 0.0,
        within: tuple[slice, slice] = WHOLE,
    ) -> Floats:
        """Per-vertex (V, C) values carried to pixels: (H, W, C) float32, `fill` where nothing is seen.

        Only the rows and columns `within` are made where that is given.
        """
        owner, weights = np.ascontiguousarray(self.owner[within]), np.ascontiguousarray(self._weights[within])
        out = np.full((*owner.shape, attributes.shape[1]), fill, np.float32)
        values = np.ascontiguousarray(attributes, np.float32)
        _interpolate(values, self.triangles, owner, weights, out)
        return out


@njit(cache=True, nogil=True)
def _add_normals(vertices, triangles, normals):  # type: ignore[no-untyped-def]  # pragma: no cover
    for k in range(triangles.shape[0]):
        a, b, c = vertices[triangles[k, 0]], vertices[triangles[k, 1]], vertices[triangles[k, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uz * vy - uy * vz, ux * vz - uz * vx, uy * vx - ux * vy
        for i in triangles[k]:
            normals[i, 0] += x
            normals[i, 1] += y
            normals[i, 2] += z


def vertex_normals(vertices: npt.NDArray[np.floating[Any]], triangles: Ints) -> Floats:
    """Unit normals (V, 3) of a mesh, averaged over triangles by area.

    They point towards the camera (z < 0) on triangles wound as `understudy.geometry.mesh` winds them.
    Vertices without a triangle get (0, 0, -1).
    """
    normals = np.zeros((len(vertices), 3))
    points = np.ascontiguousarray(vertices, np.float64)
    _add_normals(points, np.ascontiguousarray(triangles, np.int32), normals)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(length > 1e-12, normals / np.maximum(length, 1e-12), (0.0, 0.0, -1.0))
    return normals.astype(np.float32)
