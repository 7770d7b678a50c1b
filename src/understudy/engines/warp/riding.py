"""The target mesh in step with the plate's skin.

A vertex of the target has the plate's vertex of the same name to follow, but seldom lies on it: a likeness's
mouth corner may lie on the plate's cheek, which moves otherwise in every word. Light, grain and whatever else
stays of the plate move with the cheek, and what slides over them looks unsteady. So from one frame to the
next a vertex moves as the plate does where it lies, and in the long run it goes where it belongs. Lips move
as the plate's own. Lids and irises are left alone: a likeness's larger eye has farther to close.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset
from understudy.faces.steadying.by_flow import eye_distance
from understudy.faces.steadying.following import follow, track_windows
from understudy.faces.stretches import empty
from understudy.geometry import mesh

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_ON_SKIN = 60.0
_ON_LIPS = 20.0
"""How much a step of the plate counts against a place."""
_LEAST = 80.0
"""Pixels between the eyes below which nothing rides: skin slides by less than landmarks tremble."""
_LIPS = [*mesh.LIPS_OUTER, *mesh.LIPS_INNER]
_EYES = [*mesh.RIGHT_EYE, *mesh.LEFT_EYE, *mesh.RIGHT_IRIS, *mesh.LEFT_IRIS]


def ride(target: Floats, plate: Faceset, where: tuple[Array, Array]) -> Floats:
    """The target (N, 478, 3), frame pixels, in step with the faces of a plate.

    where   shapes (478, 3) of plate and target in one space, by which it is told what lies upon what
    Minimises sum |x_t - target_t|^2 + k sum |x_t+1 - x_t - step_t|^2, where step_t is the plate's motion at
    the place of a vertex; k is 0 where the next face is of another track, or not of the next frame.
    """
    if eye_distance(plate.landmarks) < _LEAST:
        return target
    corners, shares = lying_on(*where)
    corners[_LIPS] = np.array(_LIPS)[:, None]  # an upper lip on the plate's lower one stays an upper lip
    stiffness = np.full(mesh.VERTEX_COUNT, _ON_SKIN)
    stiffness[_LIPS], stiffness[_EYES] = _ON_LIPS, 0.0
    goes_on = (plate.track[1:] == plate.track[:-1]) & (plate.frame[1:] == plate.frame[:-1] + 1)
    riding = empty(target.shape, np.float32)
    columns = (target, plate.landmarks, riding)
    for wanted, seen, inner, some in track_windows(len(target), mesh.VERTEX_COUNT, *columns):
        there = plate.landmarks[seen][:, corners[some], :2]
        moved = np.einsum("tvkc,vk->tvc", np.diff(there, axis=0), shares[some])
        weight = goes_on[seen.start : seen.stop - 1, None] * stiffness[some]
        riding[wanted, some, :2] = follow(target[seen, some, :2], moved, weight)[inner]
        riding[wanted, some, 2] = target[wanted, some, 2]
    return riding


def lying_on(plate: Array, target: Array) -> tuple[npt.NDArray[np.int32], Array]:
    """The triangle of the plate's mesh that each vertex of the target lies in, or is nearest to: its corners
    (478, 3), and their shares in the place (478, 3), which add up to 1. Both shapes (478, 2 or more).
    """
    triangles = mesh.face_triangles()
    a, b, c = (plate[triangles[:, k], :2] for k in range(3))
    ab, ac, to = b - a, c - a, target[:, None, :2] - a
    area = ab[:, 0] * ac[:, 1] - ac[:, 0] * ab[:, 1]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    second = (to[..., 0] * ac[:, 1] - ac[:, 0] * to[..., 1]) / area
    third = (ab[:, 0] * to[..., 1] - to[..., 0] * ab[:, 1]) / area
    shares = np.stack([1.0 - second - third, second, third], axis=-1)
    outside = np.maximum(-shares.min(-1), 0.0) * np.sqrt(np.abs(area))
    nearest = outside.argmin(1)
    held = np.clip(shares[np.arange(len(shares)), nearest], 0.0, 1.0)
    return triangles[nearest], held / held.sum(1, keepdims=True)
