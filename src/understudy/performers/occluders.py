"""Things that pass before the face: a hand and a microphone, as parts that follow nothing."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from understudy.geometry.raster import vertex_normals
from understudy.performers.cage import Array, Ints, along, turned
from understudy.performers.moment import Occluder, rotation
from understudy.performers.parts import ATTRIBUTES, Material, columns, grid
from understudy.performers.sampling import Floats

_CELL = 0.22
"""Size of the lattice on which the hand's surface is found, cm."""
# each bone: from, to, radius at both ends, all in cm; fingers up, palm towards the face
_FINGERS = ((-2.95, 5.6, 0.80), (-1.0, 6.8, 0.86), (0.95, 6.3, 0.84), (2.85, 4.8, 0.74))
_PALM = (
    ((-2.1, -6.6, -0.2), (-2.45, -0.9, 0.0), 1.25, 0.98),
    ((-0.75, -6.8, -0.1), (-0.85, -0.7, 0.1), 1.30, 1.00),
    ((0.75, -6.8, -0.1), (0.8, -0.8, 0.1), 1.30, 0.98),
    ((1.9, -6.4, -0.2), (2.35, -1.2, 0.0), 1.20, 0.90),
    ((-2.0, -6.0, 0.3), (-4.0, -3.2, 0.8), 1.25, 0.98),
    ((-4.0, -3.2, 0.8), (-4.9, -1.4, 0.9), 0.92, 0.82),
    ((-4.9, -1.4, 0.9), (-5.3, 0.4, 0.7), 0.84, 0.66),
    ((0.0, -7.0, -0.2), (0.3, -26.0, -2.0), 2.3, 3.0),
)


def _bones() -> list[tuple[Array, Array, float, float]]:
    bones = [(np.array(a), np.array(b), r, s) for a, b, r, s in _PALM]
    for x, length, radius in _FINGERS:
        joints = [(0.94 * x, -1.0, 0.0), (1.08 * x, 0.46 * length, 0.45), (1.14 * x, 0.75 * length, 0.30)]
        joints.append((1.18 * x, length, 0.0))
        for k, (a, b) in enumerate(pairwise(joints)):
            bones.append((np.array(a), np.array(b), radius * (1.04 - 0.10 * k), radius * (0.96 - 0.11 * k)))
    return bones


def _field(points: Array) -> Array:
    """Signed distance to the hand, bones blended into each other like flesh, (N,)."""
    sharpness = 5.5
    total = np.zeros(len(points))
    for start, end, first, last in _bones():
        bone = end - start
        t = np.clip(along(points - start, bone) / (bone**2).sum(), 0, 1)
        apart = np.linalg.norm(points - start - t[:, None] * bone, axis=1) - (first + (last - first) * t)
        total += np.exp(-sharpness * np.minimum(apart, 8.0))
    return np.asarray(-np.log(total) / sharpness)


def surface_net(values: Array, origin: Array, cell: float) -> tuple[Array, Ints]:
    """The zero surface of a lattice (X, Y, Z) of signed distances: one point a cell, as Gibson's surface
    nets.

    Gibson, "Constrained elastic surface nets", 1998. Triangles are counter-clockwise from outside (positive).
    """
    inside = values < 0
    corners = [np.array((i, j, k)) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    size = np.array(values.shape) - 1
    total, crossings = np.zeros((*size, 3)), np.zeros(size)

    def view(grid_: Array, corner: Ints) -> Array:
        return grid_[tuple(slice(c, c + n) for c, n in zip(corner, size, strict=True))]

    for a in corners:
        for axis in range(3):
            if a[axis]:
                continue
            b = a + np.eye(3, dtype=int)[axis]
            low, high = view(values, a), view(values, b)
            crossed = (low < 0) != (high < 0)
            t = np.where(crossed, low / np.where(crossed, low - high, 1.0), 0.0)
            total += crossed[..., None] * (a + t[..., None] * (b - a))
            crossings += crossed
    used = crossings > 0
    index = np.full(size, -1)
    index[used] = np.arange(used.sum())
    points = origin + cell * (np.argwhere(used) + total[used] / crossings[used][:, None])
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3, dtype=int)
        following = np.roll(inside, -1, axis)
        for crossed, reverse in ((inside & ~following, False), (~inside & following, True)):
            edges = np.argwhere(crossed)
            edges = edges[((edges > 0) & (edges < size)).all(1)]
            quad = [index[tuple((edges - o).T)] for o in (step[u] + step[v], step[v], 0 * step[0], step[u])]
            p, q, r, s = quad[::-1] if reverse else quad
            faces += [np.stack([p, q, r], 1), np.stack([p, r, s], 1)]
    return points, np.concatenate(faces)


@cache
def hand() -> tuple[Array, Ints]:
    """A right hand held up with its back to the camera, wrist below: points in cm and triangles."""
    low, high = np.array((-7.2, -27.0, -4.6)), np.array((5.4, 8.4, 3.4))
    axes = [np.arange(a, b, _CELL) for a, b in zip(low, high, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    values = _field(lattice.reshape(-1, 3)).reshape(lattice.shape[:3])
    return surface_net(values, low, _CELL)


@cache
def microphone() -> tuple[Array, Ints]:
    """A stage microphone, its head at the origin and its grip below."""
    profile = np.array(
        [(0.02, 2.45), (1.0, 2.25), (1.9, 1.5), (2.3, 0.4), (2.3, -0.5), (2.45, -0.6), (2.45, -1.1),
         (2.2, -1.2),
         (1.9, -2.4), (1.35, -4.2), (1.2, -6.0), (1.15, -18.0), (1.1, -30.0)]
    )  # fmt: skip
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius, height = profile[:, :1], profile[:, 1:]
    points = np.stack([radius * np.cos(turn), height + 0 * turn, radius * np.sin(turn)], -1)
    return points.reshape(-1, 3), grid(len(profile), len(turn), closed=True)[:, ::-1]


def posed(occluder: Occluder, cheek: Array) -> tuple[Floats, Ints, Material]:
    """An occluder's attributes (n, 14), triangles and material.

    A hand takes its colour from around `cheek`, (2,) texture coordinates.
    """
    is_hand = occluder.kind == "hand"
    points, triangles = hand() if is_hand else microphone()
    turn = rotation(0.0, -10.0 if is_hand else 14.0, occluder.angle)
    table = columns(len(points), c5=-1.0, c6=-1.0, c7=1.0)
    if is_hand:
        # a patch of cheek, wrapped so that pores and mottling go on over the whole hand
        wrapped = 0.022 * np.sin(points[:, :2] * (0.55, 0.33))
        table[:, :2] = cheek + wrapped
    place = turned(points, turn) + np.array(occluder.place)
    normals = vertex_normals(place, triangles[:, ::-1].astype(np.int32))
    attributes = np.empty((len(points), 6 + ATTRIBUTES), np.float32)
    attributes[:, :3], attributes[:, 3:6], attributes[:, 6:] = place, normals, table
    return attributes, triangles.astype(np.int32), Material.HAND if is_hand else Material.MICROPHONE
