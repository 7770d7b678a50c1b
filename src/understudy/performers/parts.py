"""The pieces a head is made of besides skin: eyeballs, teeth, tongue, ears, lashes and spectacles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.performers.cage import EYES, Array, Ints, settled, smoothstep, turned, unit
from understudy.performers.head import Head

ATTRIBUTES = 8
"""Columns that a material may use, after place and normal (see `shading`).

skin: u, v, wetness, lid rim, open sky, scalp, cloth, face
eyes: direction from the eyeball's centre (3), -, open sky, light that the lids let in
mouth: crown, gum, light let in, -, open sky
hair: along, random, edge, layer, open sky, grey; the normal holds the strand's direction
"""
OPEN_SKY = 4


class Material(IntEnum):
    """What a triangle is made of."""

    SKIN = 0
    EYES = 1
    MOUTH = 2
    HAIR = 3
    BEARD = 4
    LASHES = 5
    FRAME = 6
    HAND = 7
    MICROPHONE = 8


SMOOTH = np.array([m in (Material.SKIN, Material.HAND, Material.MICROPHONE) for m in Material], np.int32)
"""Materials for which one sample a pixel is enough away from edges."""


class Follows(IntEnum):
    """What carries a part along."""

    HEAD = 0
    JAW = 1
    NECK = 2
    SKIN = 3


@dataclass(frozen=True)
class Part:
    """A piece of geometry at rest in stage space: points (n, 3), triangles (m, 3), attributes (n,
    ATTRIBUTES).

    `directions` (n, 3) are strands' and take the normals' place; `anchors` (n,) are the skin vertices that
    carry a part which follows the skin.
    """

    name: str
    points: Array
    triangles: Ints
    material: Material
    attributes: Array
    follows: Follows = Follows.HEAD
    directions: Array | None = None
    anchors: Ints | None = None


def grid(rows: int, columns: int, *, closed: bool = False) -> Ints:
    """Triangles of a lattice of rows x columns points; `closed` joins the last column to the first."""
    index = np.arange(rows * columns).reshape(rows, columns)
    index = np.hstack([index, index[:, :1]]) if closed else index
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def columns(count: int, **values: npt.ArrayLike) -> Array:
    """An attribute table (count, ATTRIBUTES): `c3=...` fills column 3, open sky is 1 unless given."""
    table = np.zeros((count, ATTRIBUTES))
    table[:, OPEN_SKY] = 1.0
    for name, value in values.items():
        table[:, int(name[1:])] = value
    return table


def eyeball(radius: float) -> tuple[Array, Ints]:
    """The front of an eyeball around +z with the cornea's bulge, (n, 3) and triangles."""
    rows, around = 22, 48
    polar, turn = np.meshgrid(
        np.linspace(0, 2.0, rows), np.linspace(0, 2 * np.pi, around, endpoint=False), indexing="ij"
    )
    r = radius * (1 + 0.055 * np.exp(-((polar / 0.42) ** 4)))
    points = np.stack(
        [r * np.sin(polar) * np.cos(turn), r * np.sin(polar) * np.sin(turn), r * np.cos(polar)], -1
    )
    return points.reshape(-1, 3), grid(rows, around, closed=True)


def _arch(lips: Array, *, lower: bool) -> Part:
    """One row of teeth with its gum."""
    rows, steps = 8, 97
    turn = np.linspace(-1.25, 1.25, steps)
    down = np.linspace(0, 1, rows)[:, None]
    # eight teeth: a gap wherever the sine is small
    tooth = np.abs(np.sin(turn / 1.25 * 4.0 * np.pi)) ** 0.35
    width, depth = (2.0, 2.75) if lower else (2.25, 3.0)
    z = lips[2] - depth - 0.75 - 0.2 * lower + depth * np.cos(turn)
    z = z + 0.12 * tooth * np.sin(np.pi * np.clip(1.05 * down, 0, 1)) ** 0.5 - 0.10 * (down - 0.4) ** 2
    shortened = down * (1 - 0.07 * (1 - tooth))
    y = lips[1] - 1.05 + 0.84 * shortened if lower else lips[1] + 0.62 - 0.98 * shortened
    x = width * np.sin(turn) + 0 * down
    points = np.stack([x, np.broadcast_to(y, x.shape), z], -1).reshape(-1, 3)
    crown = (np.clip(0.45 + 0.55 * tooth, 0, 1) + 0 * down).ravel()
    gum = (1 - smoothstep(0.16, 0.24, down + 0.06 * (1 - tooth))).ravel()
    reached = (0.18 + 0.72 * np.clip((points[:, 2] - 1.0) / 3.6, 0, 1)) * (0.75 if lower else 0.95)
    triangles = grid(rows, steps)
    attributes = columns(len(points), c0=crown, c1=gum, c2=reached)
    follows = Follows.JAW if lower else Follows.HEAD
    name = "lower teeth" if lower else "upper teeth"
    return Part(name, points, triangles[:, ::-1] if lower else triangles, Material.MOUTH, attributes, follows)


def _tongue(lips: Array) -> Part:
    rows, around = 14, 20
    polar, turn = np.meshgrid(
        np.linspace(0.02, np.pi - 0.02, rows),
        np.linspace(0, 2 * np.pi, around, endpoint=False),
        indexing="ij",
    )
    across = np.sin(polar) * np.cos(turn)
    height = 0.62 * np.sin(polar) * np.sin(turn) - 0.12 * np.exp(-((across / 0.25) ** 2)) * (np.sin(turn) > 0)
    points = np.stack([1.7 * across, height, 2.0 * np.cos(polar)], -1).reshape(-1, 3)
    points += (0.0, lips[1] - 0.72, lips[2] - 3.0)
    attributes = columns(len(points), c0=1.0, c1=1.0, c2=0.45)
    return Part("tongue", points, grid(rows, around, closed=True), Material.MOUTH, attributes, Follows.JAW)


def mouth_parts(head: Head) -> list[Part]:
    """Both rows of teeth and the tongue."""
    lips = head.neutral[[13, 14]].mean(0)
    return [_arch(lips, lower=False), _arch(lips, lower=True), _tongue(lips)]


def ears(head: Head, size: float, cheek: Array) -> list[Part]:
    """Two auricles: a disc with helix, antihelix, concha, tragus and lobe as relief.

    `cheek` (2,) are the texture coordinates whose colour they take.
    """
    rings, around = 14, 40
    out, turn = np.meshgrid(
        np.linspace(0, 1, rings), np.linspace(0, 2 * np.pi, around, endpoint=False), indexing="ij"
    )
    swell = np.sin(np.minimum(out / 0.9, 1) * np.pi / 2)
    back = np.cos(turn) * (1.75 + 0.25 * np.cos(turn - 0.6) + 0.1 * np.cos(2 * turn)) * swell
    back = back * np.where(np.sin(turn) < -0.4, 1 - 0.35 * smoothstep(0.4, 1, -np.sin(turn)), 1)
    up = np.sin(turn) * (3.1 + 0.25 * np.sin(turn)) * swell
    lobe, front = smoothstep(0.25, 0.95, -np.sin(turn)), smoothstep(0.55, 0.98, -np.cos(turn))
    helix = 0.75 * np.exp(-(((out - 0.86) / 0.09) ** 2)) * (1 - 0.8 * lobe)
    antihelix = 0.55 * np.exp(-(((out - 0.58) / 0.10) ** 2)) * (1 - lobe) * (1 - front)
    concha, tragus = (
        -0.75 * np.exp(-((out / 0.36) ** 2)),
        0.55 * np.exp(-(((out - 0.42) / 0.16) ** 2)) * front,
    )
    rise = 0.55 + helix + antihelix + concha + tragus + 0.25 * lobe * np.exp(-(((out - 0.7) / 0.3) ** 2))
    rise += -1.5 * smoothstep(0.9, 1, out) + 0.385 * np.cos(turn) * out
    local = np.stack([back, up, rise], -1).reshape(-1, 3) * (0.80 * size)
    triangles = grid(rings, around, closed=True)
    parts = []
    for side, (low, high) in ((1.0, (323, 454)), (-1.0, (93, 234))):
        anchor = 0.4 * head.neutral[low] + 0.6 * head.neutral[high] + (-0.38 * side, 0.75, -2.1)
        axes = np.array([(0.218 * side, -0.12, -0.976), (0.0, 1.0, -0.18), (0.976 * side, 0.0, 0.218)])
        # relief in the texture keeps the ear from looking like plastic
        u, v = cheek[0] + 0.006 * local[:, 0], cheek[1] + 0.006 * local[:, 1]
        attributes = columns(len(local), c0=u, c1=v, c5=-1.0, c6=-1.0)
        facing = triangles if side > 0 else triangles[:, ::-1]
        parts.append(Part("ear", anchor + turned(local, axes.T), facing, Material.SKIN, attributes))
    return parts


def ribbons(paths: Array, widths: Array, sides: Array) -> tuple[Array, Ints, Array]:
    """Flat strips along paths (n, k, 3), `widths` (n, k) wide along `sides` (n, k, 3).

    Returns points (n k 2, 3), triangles, and the direction of the path at every point.
    """
    count, steps, _ = paths.shape
    along = unit(np.gradient(paths, axis=1))
    half = sides * widths[..., None] / 2
    points = np.stack([paths - half, paths + half], 2).reshape(-1, 3)
    index = np.arange(count * steps * 2).reshape(count, steps, 2)
    a, b, c, d = index[:, :-1, 0], index[:, :-1, 1], index[:, 1:, 0], index[:, 1:, 1]
    triangles = np.concatenate(
        [np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
    )
    return points, triangles, settled(np.repeat(along[:, :, None], 2, 2).reshape(-1, 3))


def lashes(face: Array, centres: Array, length: float) -> tuple[Array, Ints]:
    """Lashes of a posed face (n, 3) whose eyeballs are at `centres`; always the same number of points."""
    clumps = []
    for eye in (0, 1):
        ring = EYES[eye]
        for upper, lid, reach, count in (
            (True, ring[:9], 1.0, 52),
            (False, np.r_[ring[8:], ring[0]], 0.55, 26),
        ):
            rng = np.random.default_rng(11 + 2 * eye + upper)
            edge = face[lid]
            where = np.linspace(0.02, 0.98, count) + rng.uniform(-0.5, 0.5, count) / count
            where = np.clip(where, 0.0, 1.0) * (len(lid) - 1)
            first = np.minimum(where.astype(int), len(lid) - 2)
            root = edge[first] + (where - first)[:, None] * (edge[first + 1] - edge[first])
            share = where / (len(lid) - 1)
            outer = (1 - share if upper else share)[:, None]
            sideways = np.array([-0.45 if eye == 0 else 0.45, 0.0, 0.0]) * outer
            way = unit(root - centres[eye]) + np.array((0.0, 0.18 if upper else -0.5, 0.0)) + sideways
            way = unit(way + rng.normal(0, 0.07, (count, 3)))
            size = (
                reach * length * np.sin(np.pi * (0.8 * share + 0.12)) ** 0.6 * rng.uniform(0.75, 1.1, count)
            )
            t = np.linspace(0, 1, 4)[None, :, None]
            bend = np.array([0.0, 0.32 if upper else -0.1, 0.0]) * t**2
            paths = root[:, None] + size[:, None, None] * (way[:, None] * t + bend)
            taper = np.broadcast_to(0.06 * (1 - 0.75 * t[..., 0]), paths.shape[:2])
            side = np.repeat(unit(edge[first + 1] - edge[first])[:, None], 4, 1)
            clumps.append(ribbons(paths, taper, side)[:2])
    offsets = np.cumsum([0, *(len(points) for points, _ in clumps)])
    triangles = [t + offset for (_, t), offset in zip(clumps, offsets, strict=False)]
    return np.concatenate([points for points, _ in clumps]), np.concatenate(triangles)


def tube(path: Array, radius: float, around: int = 8, *, closed: bool = False) -> tuple[Array, Ints]:
    """A round tube along `path` (k, 3)."""
    spine = np.vstack([path, path[:1]]) if closed else path
    along = unit(np.gradient(spine, axis=0))
    if closed:
        along[0] = along[-1] = unit(spine[1] - spine[-2])
    side = unit(np.cross(along, (0.0, 0.25, 1.0)))
    other = np.cross(along, side)
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)[None, :, None]
    points = spine[:, None] + radius * (side[:, None] * np.cos(turn) + other[:, None] * np.sin(turn))
    return points.reshape(-1, 3), grid(len(spine), around, closed=True)


def spectacles(head: Head) -> list[Part]:
    """A frame: two rims, a bridge and two temples that reach to the ears."""
    face, turn = head.neutral, np.linspace(0, 2 * np.pi, 48, endpoint=False)
    reach = face[168, 2] + 0.30
    pieces, hinges, inner = [], [], []
    for side, eye in zip((-1.0, 1.0), head.centres, strict=True):
        x = 2.75 * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75
        y = 2.1 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.75
        rim = np.stack(
            [eye[0] + 0.12 * side + x, eye[1] - 0.15 + y, reach - 0.11 * (side * x + 2.0) ** 1.0], 1
        )
        pieces.append(tube(rim, 0.13, closed=True))
        hinges.append(rim[np.argmax(side * rim[:, 0] + 0.6 * rim[:, 1])])
        inner.append(rim[np.argmin(side * rim[:, 0] - 0.4 * rim[:, 1])])
    arc = np.linspace(0, 1, 9)[:, None]
    bridge = inner[0] * (1 - arc) + inner[1] * arc + (0.0, 0.35, 0.25) * np.sin(np.pi * arc)
    pieces.append(tube(bridge, 0.14))
    for hinge, low, high in ((hinges[0], 93, 234), (hinges[1], 323, 454)):
        side = np.sign(hinge[0])
        ear = 0.3 * face[low] + 0.7 * face[high] + (0.55 * side, 2.3, -3.2)
        corner = np.array([ear[0] * 1.01, hinge[1], hinge[2] - 1.6])
        pieces.append(
            tube(np.vstack([hinge, corner, (corner + ear) / 2, ear, ear + np.array((0, -1.2, -1.4))]), 0.12)
        )
    return [
        Part("spectacles", points, triangles, Material.FRAME, columns(len(points)))
        for points, triangles in pieces
    ]


def landmarks_of_iris(centre: Array, rotation: Array, radius: float, eye: int) -> Array:
    """The iris's centre and its four rim landmarks (5, 3), on the eyeball's surface."""
    canon = mesh.canonical_face()[list(mesh.RIGHT_IRIS if eye == 0 else mesh.LEFT_IRIS)]
    spread = unit((canon - canon[0]) * (1.0, -1.0, 0.0))
    spread[0] = 0.0
    from_axis = np.where(np.arange(5) == 0, 0.0, 0.5)[:, None]
    local = radius * (np.sin(from_axis) * spread + np.cos(from_axis) * np.array([0.0, 0.0, 1.0]))
    return np.asarray(centre + turned(local, rotation))
