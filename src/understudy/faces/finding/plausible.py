"""Whether landmarks can be those of a human face."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.geometry.align import fit_similarity
from understudy.geometry.mesh import STABLE, canonical_face

Floats = npt.NDArray[np.floating[Any]]

_STABLE = list(STABLE)


def shape_error(landmarks: Floats) -> npt.NDArray[np.float64]:
    """How far (..., 478, 3) landmarks are from the canonical face in any pose: RMS over stable points, in
    units of the canonical distance between the outer eye corners.
    """
    target = canonical_face()[_STABLE]
    points = np.asarray(landmarks)[..., _STABLE, :]
    fitted = fit_similarity(points, target).apply(points)
    return np.sqrt(((fitted - target) ** 2).sum(-1).mean(-1))


def is_face_shaped(landmarks: Floats) -> bool:
    """Whether (478, 3) landmarks in pixels are finite, large enough, and shaped like a face."""
    if not np.isfinite(landmarks).all():
        return False
    extent = np.ptp(landmarks[:, :2], axis=0)
    return bool(extent.min() >= 6 and extent.max() >= 12 and shape_error(landmarks) < 0.2)


def shape_distance(a: Floats, b: Floats) -> float:
    """RMS distance of two faces' (478, 3) stable points after the best similarity; eye distances of `b`."""
    target = np.asarray(b, np.float64)[_STABLE]
    fitted = fit_similarity(a[_STABLE], target).apply(a[_STABLE])
    unit = float(np.linalg.norm(b[33] - b[263]))
    return float(np.sqrt(((fitted - target) ** 2).sum(-1).mean()) / max(unit, 1e-6))
