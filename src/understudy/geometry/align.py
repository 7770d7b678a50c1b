"""Similarity transforms between point sets, in two and three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Similarity:
    """x -> scale * rotation @ x + translation, for one set of points or a stack of them.

    Shapes: scale (...), rotation (..., D, D), translation (..., D).
    """

    scale: Array
    rotation: Array
    translation: Array

    def apply(self, points: npt.NDArray[np.floating[Any]]) -> Array:
        """Transform (..., N, D) points."""
        turned = np.einsum("...ij,...nj->...ni", self.rotation, points)
        return self.scale[..., None, None] * turned + self.translation[..., None, :]

    def __getitem__(self, rows: slice | npt.NDArray[np.integer[Any]]) -> Similarity:
        """Some of a stack."""
        return Similarity(self.scale[rows], self.rotation[rows], self.translation[rows])

    def inverse(self) -> Similarity:
        """The transform that undoes this one."""
        rotation = np.swapaxes(self.rotation, -1, -2)
        scale = 1.0 / self.scale
        translation = -scale[..., None] * np.einsum("...ij,...j->...i", rotation, self.translation)
        return Similarity(scale, rotation, translation)


def fit_similarity(
    source: npt.NDArray[np.floating[Any]],
    target: npt.NDArray[np.floating[Any]],
    weights: npt.NDArray[np.floating[Any]] | None = None,
) -> Similarity:
    """The least-squares similarity that takes `source` to `target`, both (..., N, D).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991;
    `weights` (N,) counts points unequally. Reflections are excluded.
    """
    w = np.ones(source.shape[-2]) if weights is None else np.asarray(weights, np.float64)
    w = w / w.sum()
    source, target = np.broadcast_arrays(np.asarray(source, np.float64), np.asarray(target, np.float64))
    mean_source = np.einsum("n,...nd->...d", w, source)
    mean_target = np.einsum("n,...nd->...d", w, target)
    a = source - mean_source[..., None, :]
    b = target - mean_target[..., None, :]
    covariance = np.einsum("n,...ni,...nj->...ij", w, b, a)
    u, singular, vt = np.linalg.svd(covariance)
    sign = np.ones(singular.shape)
    sign[..., -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[..., None, :]) @ vt
    variance = np.einsum("n,...nd->...", w, a**2)
    scale = (singular * sign).sum(-1) / np.maximum(variance, 1e-12)
    translation = mean_target - scale[..., None] * np.einsum("...ij,...j->...i", rotation, mean_source)
    return Similarity(scale, rotation, translation)


def rotation_angle(a: npt.NDArray[np.floating[Any]], b: npt.NDArray[np.floating[Any]]) -> Array:
    """Angle in degrees between rotations (..., 3, 3)."""
    trace = np.einsum("...ij,...ij->...", a, b)
    return np.degrees(np.arccos(np.clip((trace - 1.0) / 2.0, -1.0, 1.0)))


def apply_affine(matrix: npt.NDArray[np.floating[Any]], points: npt.NDArray[np.floating[Any]]) -> Array:
    """Apply a 2x3 matrix to the first two coordinates of (..., 2 or 3) points.

    A third coordinate is scaled by the matrix's size factor, so that depth keeps its proportion.
    """
    out = np.array(points, np.float64, copy=True)
    out[..., :2] = points[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    if points.shape[-1] == 3:
        out[..., 2] *= np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    return out


def invert_affine(matrix: npt.NDArray[np.floating[Any]]) -> Array:
    """The 2x3 matrix that undoes `matrix`."""
    linear = np.linalg.inv(matrix[:, :2])
    return np.hstack([linear, -linear @ matrix[:, 2:]])
