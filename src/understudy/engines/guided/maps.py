"""Maps of what a face should show: drawn from its mesh, so that a network knows what is where."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.guided.eyes import IRISES, iris_of
from understudy.geometry import mesh
from understudy.geometry.raster import Raster, vertex_normals

Floats = npt.NDArray[np.float32]

COUNT = 10
COVER, MOUTH, EYES, LIGHT = 5, 6, 7, 9
"""Where the mesh is seen, the inside of the mouth, and the eyes between the lids; and how it is lit."""
SIDEWAYS = (0, 3)
"""What changes its sign in the mirror: normals to the right, and places on the unrolled face."""


def geometry_maps(
    points: npt.NDArray[np.floating[Any]], size: int, light: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """What the mesh `points` (478, 3), crop pixels, shows in a crop of `size`: (size, size, COUNT).

    -1 to 1 is stored as 0 to 255. In order: the normal (x, y, z), the place on the unrolled face (u, v), and
    how far the mesh, the mouth's inside, the eyes and the irises cover a pixel (-1: not at all), and `light`
    (size, size), which is stored likewise (see `lighting.light_map`).
    """
    skin, mouth = len(mesh.skin_triangles()), len(mesh.mouth_triangles())
    raster = Raster(points, mesh.face_triangles(), size, size)
    normals = vertex_normals(points, mesh.skin_triangles())
    surface = raster.interpolate(np.concatenate([normals, 2 * mesh.canonical_uv() - 1], axis=1))
    owner = raster.owner
    eyes = _soft(owner >= skin + mouth, size)
    masks = [
        raster.covered.astype(np.float32),
        _soft((owner >= skin) & (owner < skin + mouth), size),
        eyes,
        _irises(points, size) * eyes,
    ]
    values = np.dstack([surface, 2 * np.dstack(masks) - 1])
    return np.dstack([np.round(127.5 * (np.clip(values, -1, 1) + 1)).astype(np.uint8), light])


def feature_mask(shows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Where the eyes and the mouth of `geometry_maps` are, with some skin around, (size, size)."""
    size = shows.shape[0]
    mouth = cv2.dilate(shows[..., MOUTH], _square(size, 13))
    eyes = cv2.dilate(shows[..., EYES], _square(size, 17))
    return cv2.GaussianBlur(np.maximum(mouth, eyes), (0, 0), size / 128)


def lips_mask(points: npt.NDArray[np.floating[Any]], size: int) -> Floats:
    """Where the lips and what is between them are on the mesh `points`, softly, (size, size) in [0, 1]."""
    mask = np.zeros((size, size), np.uint8)
    outline = np.round(points[list(mesh.LIPS_OUTER), :2]).astype(np.int32)
    cv2.fillPoly(mask, [cv2.convexHull(outline)], 255)
    soft = cv2.GaussianBlur(cv2.dilate(mask, _square(size, 5)), (0, 0), 3 * size / 256)
    return soft.astype(np.float32) / 255


def face_mask(shows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Where the face is, but for the very rim, which is the background's, (size, size)."""
    return cv2.erode(shows[..., COVER], _square(shows.shape[0], 9))


def _square(size: int, side: int) -> npt.NDArray[np.uint8]:
    """A kernel `side` pixels wide at a size of 256."""
    odd = 2 * round(side * size / 512) + 1
    return np.ones((odd, odd), np.uint8)


def _soft(mask: npt.NDArray[np.bool_], size: int) -> Floats:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size / 256)


def _irises(points: npt.NDArray[np.floating[Any]], size: int) -> Floats:
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    discs = np.zeros((size, size), np.float32)
    for iris in IRISES.values():
        centre, radius = iris_of(points, iris)
        distance = np.hypot(xs - centre[0], ys - centre[1]) / radius
        discs = np.maximum(discs, np.clip((1.15 - distance) / 0.3, 0, 1))
    return discs
