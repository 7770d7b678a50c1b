"""Canonical face space: where on a face a pixel is, whatever the head does.

The face mesh is unrolled (`geometry.mesh.canonical_uv`) and widened by a ring of skin beyond its outline, so
that a repair may reach across the jaw line. A place is (u, v) in [0, 1]: u to the picture's right, v down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import Raster, vertex_normals

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]
Points = npt.NDArray[np.floating[Any]]

_REACH = 0.35
"""How far the ring reaches beyond the outline, of the way from the face's middle."""
_BACK = 0.3
"""How far it lies behind it, in the same measure: what is beyond the outline never hides the face."""

_OPEN = 0.06
"""How far the mouth of the canonical face is opened, of its height: teeth want room, too."""

VERTEX_COUNT = mesh.VERTEX_COUNT + len(mesh.FACE_OVAL)


@dataclass(frozen=True)
class Area:
    """A rectangle of pixels: rows y0..y1-1, columns x0..x1-1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def within(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, counted."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def empty(self) -> bool:
        """Whether there is not even a row or column in it."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    def grown(self, margin: float, height: int, width: int) -> Area:
        """The area with a margin, cut at the frame's edges."""
        room = int(np.ceil(margin))
        return Area(
            max(0, self.x0 - room),
            max(0, self.y0 - room),
            min(width, self.x1 + room),
            min(height, self.y1 + room),
        )

    def joined(self, other: Area) -> Area:
        """The smallest area that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Area(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    @classmethod
    def of(cls, points: Points, margin: float, height: int, width: int) -> Area:
        """Around points (N, 2 or more), with a margin in pixels, inside the frame."""
        x0, y0 = np.floor(points[:, :2].min(0)).astype(int)
        x1, y1 = np.ceil(points[:, :2].max(0)).astype(int) + 1
        return cls(int(x0), int(y0), int(x1), int(y1)).grown(margin, height, width)


NOWHERE = Area(0, 0, 0, 0)


@cache
def triangles() -> npt.NDArray[np.int32]:
    """The face without holes, and the ring around it. Read-only."""
    oval = np.array(mesh.FACE_OVAL)
    ring = mesh.VERTEX_COUNT + np.arange(len(oval))
    there, ring_next = np.roll(oval, -1), np.roll(ring, -1)
    around = np.concatenate([np.stack([oval, ring, ring_next], 1), np.stack([oval, ring_next, there], 1)])
    found = np.concatenate([mesh.face_triangles(), around]).astype(np.int32)
    found.setflags(write=False)
    return found


def widened(landmarks: Points) -> Array:
    """Landmarks (478, 2 or 3) with the ring after them, (VERTEX_COUNT, the same)."""
    points = np.asarray(landmarks, np.float64)
    oval = points[list(mesh.FACE_OVAL)]
    out = oval - oval.mean(0)
    ring = oval + _REACH * out
    if points.shape[1] == 3:
        ring[:, 2] = oval[:, 2] + _BACK * float(np.linalg.norm(out[:, :2], axis=1).mean())
    return np.concatenate([points, ring])


@cache
def places() -> Array:
    """Where in canonical space every vertex lies, (VERTEX_COUNT, 2) in [0, 1]. Read-only."""
    flat = np.array(mesh.canonical_uv())
    flat[:, 1] += _OPEN * _opening()
    uv = widened(flat)
    low, high = uv.min(0), uv.max(0)
    uv = (uv - low) / (high - low)
    uv.setflags(write=False)
    return uv


def _opening() -> Array:
    """How far each vertex goes along when the lower lip is drawn down, (478,): 1 in its middle, 0 above.

    In between it is harmonic on the mesh: every vertex the mean of its neighbours.
    """
    # Only now: machines that merely train have no SciPy.
    from scipy.sparse import csr_matrix, diags
    from scipy.sparse.linalg import spsolve

    edges = np.concatenate([mesh.skin_triangles()[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    links = csr_matrix((np.ones(len(edges)), edges.T), shape=(mesh.VERTEX_COUNT,) * 2)
    links = ((links + links.T) > 0).astype(float)
    fixed = np.full(mesh.VERTEX_COUNT, np.nan)
    fixed[mesh.SKIN_VERTEX_COUNT :] = 0.0
    fixed[mesh.canonical_face()[:, 1] < mesh.canonical_face()[list(mesh.LIP_UPPER_INNER), 1].min() - 0.1] = (
        0.0
    )
    fixed[[*mesh.FACE_OVAL, *mesh.LIP_UPPER_INNER]] = 0.0
    fixed[list(mesh.LIP_UPPER_OUTER)] = 0.0
    for lip in (mesh.LIP_LOWER_INNER, mesh.LIP_LOWER_OUTER):
        fixed[list(lip)] = np.sin(np.linspace(0, np.pi, len(lip))) ** 2
    free = np.isnan(fixed)
    degree = np.asarray(links.sum(1)).ravel()
    within = diags(degree[free]) - links[free][:, free]
    opening = np.nan_to_num(fixed)
    opening[free] = spsolve(within.tocsc(), links[free][:, ~free] @ fixed[~free])
    return opening


def eye_distance(landmarks: Points) -> float:
    """Pixels between the outer corners of the eyes, in the picture: the unit of lengths on a face.

    A turned head narrows it, so it is never less than a third of the face's height.
    """
    points = np.asarray(landmarks, np.float64)
    apart = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    return max(apart, float(np.ptp(points[:468, 1])) / 3.0, 1e-6)


@dataclass(frozen=True)
class Chart:
    """What part of the canonical face each pixel of an area sees.

    place    (h, w, 2) float32 (u, v); -1 where there is no face
    facing   (h, w) float32: cosine between the skin's normal and the view, 1 seen straight on, 0 edge-on
    density  (h, w) float32: canonical space in a pixel over what is usual on this face: well below 1 where
             the mesh is torn open, as between parting lips, far above it where it is folded
    """

    area: Area
    place: Floats = field(repr=False)
    facing: Floats = field(repr=False)
    density: Floats = field(repr=False)

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """(h, w): where there is a face."""
        return self.place[..., 0] >= 0


def chart(landmarks: Points, area: Area) -> Chart:
    """The chart of a face (478, 3), frame pixels, over an area of the frame."""
    raster, points = _raster(landmarks, area)
    normals = vertex_normals(points, triangles())
    carried = raster.interpolate(np.column_stack([places(), -normals[:, 2:3]]), -1.0)
    place = np.ascontiguousarray(carried[..., :2])
    return Chart(area, place, np.clip(carried[..., 2], 0.0, 1.0), _density(raster, points))


def _density(raster: Raster, points: Array) -> Floats:
    corners = triangles()
    usual = np.sqrt(_areas(places()[corners]) / np.maximum(_areas(points[corners][..., :2]), 1e-3))
    relative = np.append(usual * texels_for(points[: mesh.VERTEX_COUNT], 1.0), 0.0)
    return relative[raster.owner].astype(np.float32)  # the last one where nothing is seen


def carried(landmarks: Points, area: Area, values: Points) -> Floats:
    """Values of every vertex (VERTEX_COUNT, C) carried to an area's pixels, (h, w, C); 0 off the face."""
    return _raster(landmarks, area)[0].interpolate(values)


def _raster(landmarks: Points, area: Area) -> tuple[Raster, Array]:
    points = widened(landmarks)
    points[:, :2] -= (area.x0, area.y0)
    return Raster(points, triangles(), *area.shape), points


@dataclass(frozen=True)
class Sheet:
    """A rectangle of canonical space as texels: column x, row y lies at u = (x0 + x + 0.5) / size.

    size   texels along each side of the whole canonical face
    """

    size: int
    x0: int
    y0: int
    width: int
    height: int

    def texels(self, place: Floats) -> Floats:
        """Places (..., 2) as columns and rows of this sheet, pixel centres at integers."""
        at = place * np.float32(self.size) - np.float32(0.5)
        at[..., 0] -= self.x0
        at[..., 1] -= self.y0
        return np.asarray(at, np.float32)

    def frame_map(self, landmarks: Points) -> Floats:
        """Where each texel lies in the frame of a face, (height, width, 2); -1e6 where nowhere."""
        flat = np.zeros((VERTEX_COUNT, 3))
        flat[:, :2] = places() * self.size - 0.5 - (self.x0, self.y0)
        raster = Raster(flat, triangles(), self.height, self.width)
        return raster.interpolate(widened(landmarks)[:, :2], -1e6)

    @property
    def corners(self) -> Array:
        """(4, 2): its corners as places."""
        x, y = (self.x0, self.x0 + self.width), (self.y0, self.y0 + self.height)
        return np.array([(a, b) for a in x for b in y], np.float64) / self.size

    def area_in(self, landmarks: Points, margin: float, height: int, width: int) -> Area:
        """The area of a frame, (height, width), in which what is on this sheet is seen."""
        at = places() * self.size - 0.5 - (self.x0, self.y0)
        corners = at[triangles()]
        low, high = corners.min(1), corners.max(1)
        hit = ((high >= 0) & (low <= (self.width - 1, self.height - 1))).all(1)
        if not hit.any():
            return NOWHERE
        return _bounds(self, landmarks, hit, margin, height, width)


def _bounds(
    sheet: Sheet, landmarks: Points, hit: npt.NDArray[np.bool_], margin: float, height: int, width: int
) -> Area:
    """Of the triangles that the sheet touches, the part that lies on it: clipped one by one."""
    at = (places() * sheet.size - 0.5 - (sheet.x0, sheet.y0)).astype(np.float32)
    points = widened(landmarks)[:, :2]
    rectangle = np.array(
        [
            [-0.5, -0.5],
            [sheet.width - 0.5, -0.5],
            [sheet.width - 0.5, sheet.height - 0.5],
            [-0.5, sheet.height - 0.5],
        ],
        np.float32,
    )
    found = []
    for corners in triangles()[hit]:
        flat = at[corners]
        area, common = cv2.intersectConvexConvex(np.ascontiguousarray(flat), rectangle)
        if area <= 0 or common is None:
            continue
        to_frame = cv2.getAffineTransform(flat, points[corners].astype(np.float32))
        common = common[:, 0]
        found.append(common @ to_frame[:, :2].T + to_frame[:, 2])
    if not found:
        return NOWHERE
    return Area.of(np.concatenate(found), margin, height, width)


def texels_for(landmarks: Points, finer: float = 1.5) -> int:
    """How many texels along each side hold a face (478, 3) at `finer` texels a pixel, at most 4096."""
    points, flat = widened(landmarks)[:, :2], places()
    corners = mesh.skin_triangles()
    seen, unrolled = _areas(points[corners]), _areas(flat[corners])
    shown = seen > 1e-3
    # Skin seen straight on decides: there a texel is smallest on the screen.
    densities = np.sqrt(seen[shown] / np.maximum(unrolled[shown], 1e-9))
    return int(np.clip(finer * np.quantile(densities, 0.9) if len(densities) else 256, 64, 4096))


def _areas(corners: Array) -> Array:
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
