"""The mesh as the warp engine draws it, and what each vertex belongs to."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import WHOLE, Raster

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Window = tuple[slice, slice]

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
    """A raster of one target face in cells of `step` x `step` pixels of the crop.

    The mesh has about 500 vertices over the face, so a map sampled every few pixels loses nothing, costs a
    fraction, and has its kinks at triangle edges smoothed away.

    Convention: a window is a pair of slices of cells, rows first.
    """

    def __init__(
        self, target: npt.NDArray[np.floating[Any]], height: int, width: int, finest: int = 320
    ) -> None:
        self.height, self.width = height, width
        self.step = max(1, -(-max(height, width) // finest))
        points = np.array(target, np.float64, copy=True)
        points[:, :2] = (points[:, :2] + 0.5) / self.step - 0.5
        self.raster = Raster(points, rimmed_triangles(), -(-height // self.step), -(-width // self.step))

    @property
    def whole(self) -> Window:
        """All cells."""
        height, width = self.raster.owner.shape
        return slice(0, height), slice(0, width)

    def window(self, share: Floats, threshold: float = 1e-3) -> Window | None:
        """The cells of a picture of the grid that exceed the threshold, and one more on every side."""
        x, y, w, h = cv2.boundingRect((share > threshold).astype(np.uint8))
        height, width = share.shape
        if w == 0:
            return None
        return slice(max(0, y - 1), min(height, y + h + 1)), slice(max(0, x - 1), min(width, x + w + 1))

    def pixels(self, window: Window) -> Window:
        """The pixels of the crop that a window covers."""
        rows, columns = window
        return (
            slice(rows.start * self.step, min(rows.stop * self.step, self.height)),
            slice(columns.start * self.step, min(columns.stop * self.step, self.width)),
        )

    def enlarge(self, cells: Floats, window: Window | None = None) -> Floats:
        """A picture of the cells of `window` (None: of all), (h, w) or (h, w, at most 4), on their pixels."""
        if self.step == 1:
            return cells
        rows, columns = self.pixels(window or self.whole)
        size = (cells.shape[1] * self.step, cells.shape[0] * self.step)
        large = cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)
        return large[: rows.stop - rows.start, : columns.stop - columns.start]

    def between(self, span: tuple[int, int], window: Window = WHOLE) -> Floats:
        """1 in the cells of `window` where triangles span[0]..span[1]-1 are seen, 0 elsewhere."""
        owner = self.raster.owner[window]
        return ((owner >= span[0]) & (owner < span[1])).astype(np.float32)
