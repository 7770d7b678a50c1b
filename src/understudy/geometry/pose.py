"""How a head is turned, in degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity

Array = npt.NDArray[np.float64]


def head_angles(landmarks: npt.NDArray[np.floating[Any]]) -> Array:
    """Yaw, pitch and roll in degrees (..., 3) of heads (..., 478, 3), signed as `understudy.geometry` says.

    The canonical face is fitted to the points that expression moves least. Of its rotation, roll comes after
    pitch and pitch after yaw: R = R_z(roll) R_x(pitch) R_y(yaw).
    """
    stable = list(mesh.STABLE)
    turned = fit_similarity(mesh.canonical_face()[stable], np.asarray(landmarks)[..., stable, :]).rotation
    yaw = np.arctan2(turned[..., 2, 0], turned[..., 2, 2])
    pitch = np.arcsin(np.clip(turned[..., 2, 1], -1.0, 1.0))
    roll = np.arctan2(-turned[..., 0, 1], turned[..., 1, 1])
    return np.degrees(np.stack([yaw, pitch, roll], axis=-1))
