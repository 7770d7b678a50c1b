"""The mesh as the warp engine draws it, and what each vertex belongs to."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import Raster

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

RIM = 0.18
"""How far the rim reaches outside the face oval, as a share of the distance from the middle of the face."""


@cache
def rimmed_triangles() -> npt.NDArray[np.int32]:
    """The face without holes and a rim of quads around its oval; rim vertices follow the 478 others."""
    oval = np.array(mesh.FACE_OVAL, np.int32)
    rim = np.arange(len(oval), dtype=np.int32) + mesh.VERTEX_COUNT
    after = np.roll(np.arange(len(oval)), -1)
    quads = [
        np.stack([oval, rim, rim[after]], axis=1),
        np.stack([oval, rim[after], oval[after]], axis=1),
    ]
    return np.concatenate([mesh.face_triangles(), *quads])


@cache
def eye_span() -> tuple[int, int]:
    """First and last-plus-one triangle of `rimmed_triangles` that lies between lids."""
    start = len(mesh.skin_triangles()) + len(mesh.mouth_triangles())
    return start, start + len(mesh.eye_triangles())


@cache
def mouth_span() -> tuple[int, int]:
    """First and last-plus-one triangle of `rimmed_triangles` that lies between the inner lips."""
    start = len(mesh.skin_triangles())
    return start, start + len(mesh.mouth_triangles())


def with_rim(points: npt.NDArray[np.floating[Any]]) -> Array:
    """(..., 478, D) points with a rim around the oval, (..., 514, D): maps go on past the face's edge."""
    oval = points[..., list(mesh.FACE_OVAL), :]
    middle = oval.mean(-2, keepdims=True)
    rim = oval + RIM * (oval - middle)
    if points.shape[-1] == 3:
        rim[..., 2] += RIM * np.abs(oval[..., 0] - middle[..., 0])
    return np.concatenate([points, rim], axis=-2)


def _near(vertices: tuple[int, ...], inner: float, outer: float) -> Array:
    """1 within `inner` of the vertices on the canonical face, 0 past `outer`, smooth between."""
    face = mesh.canonical_face()[:, :2]
    distance = np.linalg.norm(face[:, None] - face[None, list(vertices)], axis=-1).min(1)
    ramp = np.clip((outer - distance) / (outer - inner), 0.0, 1.0)
    return ramp * ramp * (3 - 2 * ramp)


@cache
def vertex_shares() -> Floats:
    """(514, 3) per vertex: share of the mouth layer, share of the eye layer, depth inside the oval.

    Depth is the distance to the oval on the canonical face, in eye distances; 0 on the rim.
    """
    mouth = _near(mesh.LIPS_OUTER + mesh.LIPS_INNER, 0.06, 0.17)
    eyes = _near(mesh.RIGHT_EYE + mesh.LEFT_EYE + mesh.RIGHT_IRIS + mesh.LEFT_IRIS, 0.05, 0.14)
    face = mesh.canonical_face()
    oval = face[list(mesh.FACE_OVAL)]
    depth = np.linalg.norm(face[:, None] - oval[None], axis=-1).min(1)
    shares = np.zeros((mesh.VERTEX_COUNT + len(mesh.FACE_OVAL), 3), np.float32)
    shares[: mesh.VERTEX_COUNT] = np.stack([mouth, eyes, depth], axis=1)
    return shares


class Grid:
    """A raster of one target face on a grid coarser than the crop; what it carries is resized to the crop.

    The mesh has about 500 vertices over the face, so a map sampled every few pixels loses nothing, costs a
    fraction, and has its kinks at triangle edges smoothed away.
    """

    def __init__(
        self, target: npt.NDArray[np.floating[Any]], height: int, width: int, finest: int = 288
    ) -> None:
        self.height, self.width = height, width
        self.step = max(1.0, max(height, width) / finest)
        grid_height = int(np.ceil(height / self.step))
        grid_width = int(np.ceil(width / self.step))
        self._scale = np.array([grid_width / width, grid_height / height])
        points = np.array(target, np.float64, copy=True)
        points[:, :2] = (points[:, :2] + 0.5) * self._scale - 0.5
        self.raster = Raster(points, rimmed_triangles(), grid_height, grid_width)

    def carry(self, attributes: npt.NDArray[np.floating[Any]], fill: float = 0.0) -> Floats:
        """Per-vertex (514, C) values on the crop's pixels, (H, W, C)."""
        return self.enlarge(self.raster.interpolate(attributes, fill))

    def enlarge(self, grid: npt.NDArray[np.floating[Any]]) -> Floats:
        """Resize a picture of the grid to the crop."""
        if grid.shape[:2] == (self.height, self.width):
            return grid.astype(np.float32)
        size = (self.width, self.height)
        fours = _in_fours(grid.astype(np.float32))
        planes = [cv2.resize(p, size, interpolation=cv2.INTER_LINEAR) for p in fours]
        planes = [p[..., None] if p.ndim == 2 else p for p in planes]
        out: Floats = np.concatenate(planes, axis=2) if grid.ndim == 3 else planes[0][..., 0]
        return out

    def between(self, span: tuple[int, int]) -> Floats:
        """(H, W) in [0, 1]: where triangles span[0]..span[1]-1 are seen."""
        owner = self.raster.owner
        return self.enlarge(((owner >= span[0]) & (owner < span[1])).astype(np.float32))


def _in_fours(grid: Floats) -> list[Floats]:
    """cv2.resize takes at most four channels at a time."""
    if grid.ndim == 2:
        return [grid]
    return [np.ascontiguousarray(grid[..., i : i + 4]) for i in range(0, grid.shape[2], 4)]
