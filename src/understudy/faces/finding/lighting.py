"""From where a face is lit, told from its own skin."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import vertex_normals
from understudy.media.frame import Image
from understudy.pixels import luma, to_float

Floats = npt.NDArray[np.float64]

_SIDE = 64
"""Skin is sampled from a picture of the face of this size: pores and hairs are not light."""
_LEAST_BRIGHTNESS = 0.01
_STIFFNESS = 0.05


def light_direction(image: Image, points: npt.NDArray[np.floating[Any]]) -> Floats:
    """How light falls onto a face with landmarks (478, 3) in a frame (H, W, 3 or 4): (right, down), (2,).

    By how much skin that faces right, or down, is brighter than skin that faces the camera, in parts of the
    mean: (-0.5, 0) is a face half again as bright on its picture-left. 0 where nothing can be told. A least
    squares fit of brightness by the mesh's normals, first-order harmonics (Basri & Jacobs, "Lambertian
    reflectance and linear subspaces", 2003) without their constant share.
    """
    brightness, inside = _brightness(image, points)
    weight = mesh.bare_skin() * inside
    normals = vertex_normals(points, mesh.skin_triangles())
    weight *= normals[:, 2] < -0.2
    total = float(weight.sum())
    mean = float(weight @ brightness) / total if total > 1.0 else 0.0
    if mean < _LEAST_BRIGHTNESS:
        return np.zeros(2)
    basis = np.column_stack([np.ones(len(normals)), normals[:, 0], normals[:, 1], 1.0 + normals[:, 2]])
    square = (basis * weight[:, None]).T @ basis / total + _STIFFNESS * np.diag([0.0, 0.1, 0.1, 1.0])
    fitted = np.linalg.solve(square, (basis * weight[:, None]).T @ (brightness / mean) / total)
    return np.asarray(np.clip(fitted[1:3], -2.0, 2.0))


def _brightness(image: Image, points: npt.NDArray[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Luma at each landmark, and 1 where it lies inside the frame, (478,) each."""
    height, width = image.shape[:2]
    low = np.maximum(np.floor(points[:, :2].min(0)), 0).astype(int)
    high = np.minimum(np.ceil(points[:, :2].max(0)) + 1, (width, height)).astype(int)
    if (high - low < 2).any():
        return np.zeros(len(points)), np.zeros(len(points))
    face = image[low[1] : high[1], low[0] : high[0], :3]
    scale = min(1.0, _SIDE / max(face.shape[:2]))
    size = np.maximum(np.round((high - low) * scale), 2).astype(int)
    small = luma(to_float(cv2.resize(face, tuple(size.tolist()), interpolation=cv2.INTER_AREA)))
    places = (points[:, :2] - low + 0.5) * (size / (high - low)) - 0.5
    inside = ((places > -0.5) & (places < size - 0.5)).all(1)
    at = places.astype(np.float32)[None]
    sampled = cv2.remap(small, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return sampled.astype(np.float64), inside.astype(np.float64)
