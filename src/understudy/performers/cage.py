"""The head's control mesh: the landmarker's face, with lid rims, a mouth, a skull, a neck and shoulders
added.

Stage space, used throughout this room: centimetres, x to the picture's right, y up, z towards the camera, the
head's resting place at the origin. Triangles are wound counter-clockwise as seen from outside.
Vertex i < 468 is landmark i of `understudy.geometry.mesh`, in the cage and in the fine mesh made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from understudy.geometry import mesh

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EYE_SPAN = 8.9
"""Distance between the outer eye corners, cm: an adult's."""
EYES = (np.array(mesh.RIGHT_EYE), np.array(mesh.LEFT_EYE))
LIPS = np.array(mesh.LIPS_INNER)
OVAL = np.array(mesh.FACE_OVAL)
MIRROR = mesh.mirror_index()

_SKULL_RINGS = 8
_SKULL_CENTRE = np.array([0.0, 3.3, -4.9])
_SKULL_RADII = np.array([7.75, 9.6, 9.4])
# y, half width, half depth, centre z of the rings from the neck down to the edge of the picture
_TORSO = (
    (-10.6, 5.3, 5.2, -6.9),
    (-12.8, 5.4, 5.3, -7.3),
    (-14.8, 6.6, 6.2, -7.6),
    (-16.6, 10.5, 7.6, -7.9),
    (-18.8, 16.0, 9.0, -8.0),
    (-23.0, 20.5, 10.0, -8.0),
    (-33.0, 22.0, 11.0, -8.0),
    (-48.0, 22.0, 11.0, -8.0),
)


def smoothstep(low: float, high: float, x: npt.ArrayLike) -> Array:
    """0 below `low`, 1 above `high`, a cubic in between; `low` > `high` turns it around."""
    t = np.clip((np.asarray(x, np.float64) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def unit(v: npt.NDArray[Any]) -> Array:
    """Vectors (..., 3) scaled to length one."""
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9), np.float64)


def along(vectors: npt.NDArray[Any], way: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Dot products of vectors (N, 3) with `way`, (N,).

    Written out, here and in `turned`: a BLAS may round differently from run to run, and pictures must be the
    same bit for bit.
    """
    return np.asarray(vectors[:, 0] * way[0] + vectors[:, 1] * way[1] + vectors[:, 2] * way[2])


def turned(vectors: npt.NDArray[Any], matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`matrix` (3, 3) applied to each of the vectors (N, 3)."""
    return np.stack([along(vectors, row) for row in matrix], 1)


def settled(values: npt.NDArray[Any]) -> Array:
    """Values rounded to 1e-6 (of a centimetre, mostly).

    Solvers and vector maths do not promise their last bits from run to run, so these are dropped before
    anything is drawn.
    """
    return np.asarray(np.round(values, 6), np.float64)


@dataclass(frozen=True)
class Cage:
    """The control mesh shared by all performers.

    vertices (N, 3), triangles (M, 3), `rims` the two rings inside the lids, `mouth` the rings behind the lips
    from front to back, `throat` the vertex that closes the mouth, `skull` and `torso` the rows of the two
    added parts.
    """

    vertices: Array
    triangles: Ints
    rims: tuple[Ints, Ints]
    mouth: tuple[Ints, ...]
    throat: int
    skull: slice
    torso: slice

    @property
    def count(self) -> int:
        """Number of vertices."""
        return len(self.vertices)


def _strip(ring: Ints, outer: Ints) -> Ints:
    after, outer_after = np.roll(ring, -1), np.roll(outer, -1)
    return np.concatenate([np.stack([ring, outer, outer_after], 1), np.stack([ring, outer_after, after], 1)])


class _Builder:
    def __init__(self, vertices: Array, triangles: Ints) -> None:
        self.vertices = [vertices]
        self.triangles = [triangles]
        self.count = len(vertices)

    def add(self, points: Array) -> Ints:
        index = np.arange(self.count, self.count + len(points))
        self.vertices.append(points)
        self.count += len(points)
        return index

    def ring(self, previous: Ints, points: Array, *, flip: bool) -> Ints:
        index = self.add(points)
        strip = _strip(previous, index)
        self.triangles.append(strip[:, ::-1] if flip else strip)
        return index


def _skull_points(oval: Array) -> list[Array]:
    """Rings from the face's outline over the skull (above) and under the jaw (below) to the neck."""
    centre = np.array([0.0, 1.5, -4.5])
    spoke = oval - centre
    around = np.arctan2(oval[:, 1] - 0.5, oval[:, 0] * 1.05)
    sine, cosine = np.sin(around), np.cos(around)
    neck = np.stack([5.3 * cosine, -7.6 + 2.6 * sine, -6.6 - 5.6 * sine], 1)
    spoke_length, neck_length = np.linalg.norm(spoke, axis=1), np.linalg.norm(neck - centre, axis=1)
    # polar angle about an axis that turns from straight back to straight down
    first = np.arccos(-unit(spoke)[:, 2])
    last = np.arccos(-unit(neck - centre)[:, 1])
    above = smoothstep(-0.75, 0.1, sine)[:, None]
    rings = []
    for k in range(1, _SKULL_RINGS):
        t = k / _SKULL_RINGS
        polar = first * (1 - t) + last * t
        x, y, z = np.sin(polar) * cosine, np.sin(polar) * sine, -np.cos(polar)
        turn = np.pi / 2 * t
        way = np.stack([x, y * np.cos(turn) + z * np.sin(turn), -y * np.sin(turn) + z * np.cos(turn)], 1)
        bulge = np.sin(np.pi * t) ** 0.35
        radius = (spoke_length * (1 - t) + neck_length * t) * (1 - bulge) + _skull_distance(
            centre, way
        ) * bulge
        over = centre + way * radius[:, None]
        slack = np.sin(np.pi * t) * np.stack(
            [-0.35 * cosine, np.full(len(oval), 0.5), np.zeros(len(oval))], 1
        )
        under = oval * (1 - t) + neck * t + slack
        rings.append(over * above + under * (1 - above))
    return [*rings, neck]


def _skull_distance(origin: Array, way: Array) -> Array:
    """How far from `origin` along `way` (N, 3) the skull's ellipsoid lies."""
    offset = (origin - _SKULL_CENTRE) / _SKULL_RADII
    slope = way / _SKULL_RADII
    a, b, c = (slope**2).sum(1), along(slope, offset), (offset**2).sum() - 1.0
    return np.asarray((-b + np.sqrt(np.maximum(b * b - a * c, 0.0))) / a)


@cache
def cage() -> Cage:
    """Build the control mesh."""
    face = mesh.canonical_face()[: mesh.SKIN_VERTEX_COUNT] * (EYE_SPAN, -EYE_SPAN, -EYE_SPAN) + (
        0.0,
        2.66,
        3.17,
    )
    build = _Builder(face, _one_winding(mesh.skin_triangles()[:, ::-1].astype(np.int64)))
    right, left = (
        build.ring(ring, face[ring] - (0.0, 0.0, 0.3), flip=flip)
        for ring, flip in zip(EYES, (False, True), strict=True)
    )
    lips = face[LIPS]
    rings: list[Ints] = []
    previous, middle = LIPS, lips.mean(0)
    # from the wet edge of the lips to the throat: how deep, how wide, how high
    for depth, width, height in ((0.5, 1.0, 0.22), (1.4, 1.0, 1.35), (3.8, 0.8, 1.2)):
        points = lips * (width, 1.0, 1.0)
        points[:, 1] += height * _upper_or_lower() * (1 - np.abs(lips[:, 0]) / 2.6)
        flat = lips[:, 2] if not rings else np.full(len(lips), middle[2] - 0.6)
        points[:, 2] = flat - depth - (0.35 * np.abs(lips[:, 0]) if len(rings) == 1 else 0.0)
        previous = build.ring(previous, points, flip=False)
        rings.append(previous)
    throat = int(build.add(build.vertices[-1].mean(0, keepdims=True) - (0.0, 0.0, 0.5))[0])
    build.triangles.append(np.stack([previous, np.full(len(previous), throat), np.roll(previous, -1)], 1))
    start = build.count
    previous = OVAL
    around = np.arctan2(face[OVAL, 1] - 0.5, face[OVAL, 0] * 1.05)
    for points in _skull_points(face[OVAL]):
        previous = build.ring(previous, points, flip=True)
    skull = slice(start, build.count)
    for y, width, depth, z in _TORSO:
        tilt = 1.2 * np.sin(around) if y > -20 else 0.0 * around
        points = np.stack([width * np.cos(around), y + tilt, z - depth * np.sin(around)], 1)
        previous = build.ring(previous, points, flip=True)
    vertices = np.concatenate(build.vertices)
    torso = slice(skull.stop, build.count)
    return Cage(vertices, np.concatenate(build.triangles), (right, left), tuple(rings), throat, skull, torso)


def _one_winding(triangles: Ints) -> Ints:
    """Turn round triangles that run against all three neighbours: those the canonical face folds over."""
    ends = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, which, uses = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    odd = (uses[which.ravel()].reshape(-1, 3) > 1).all(1)
    return np.where(odd[:, None], triangles[:, ::-1], triangles)


def _upper_or_lower() -> Array:
    """+1 for the inner upper lip, -1 for the lower, 0 for the corners, in the order of `LIPS`."""
    sign = np.zeros(len(LIPS))
    sign[1:10], sign[11:] = 1.0, -1.0
    return sign


def loop_subdivision(triangles: Ints, count: int) -> tuple[sparse.csr_matrix, Ints]:
    """One step of Loop's scheme over `count` vertices: the matrix (fine, coarse) and the fine triangles.

    Loop, "Smooth subdivision surfaces based on triangles", 1987. Vertices of the coarse mesh come first.
    """
    corners = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    opposite = triangles[:, [2, 0, 1]].ravel()
    edges, owner = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    owner = owner.ravel()
    uses = np.bincount(owner)
    border = uses == 1
    edge_rows = count + np.arange(len(edges))
    ends = np.where(border, 0.5, 0.375)
    inner = ~border[owner]
    rows = [edge_rows, edge_rows, count + owner[inner]]
    columns = [edges[:, 0], edges[:, 1], opposite[inner]]
    values = [ends, ends, np.full(inner.sum(), 0.125)]

    on_border = np.zeros(count, bool)
    on_border[edges[border]] = True
    both = np.concatenate([edges, edges[:, ::-1]])
    both_border = np.concatenate([border, border])
    degree = np.maximum(np.bincount(both[:, 0], minlength=count), 1)
    beta = (0.625 - (0.375 + np.cos(2 * np.pi / degree) / 4) ** 2) / degree
    link = np.where(on_border[both[:, 0]], np.where(both_border, 0.125, 0.0), beta[both[:, 0]])
    rows += [both[:, 0], np.arange(count)]
    columns += [both[:, 1], np.arange(count)]
    values += [link, np.where(on_border, 0.75, 1.0 - degree * beta)]
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    matrix = sparse.csr_matrix(entries, shape=(count + len(edges), count))

    middle = count + owner.reshape(-1, 3)
    a, b, c = triangles.T
    ab, bc, ca = middle.T
    fine = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return matrix, np.concatenate([np.stack(t, 1) for t in fine])
