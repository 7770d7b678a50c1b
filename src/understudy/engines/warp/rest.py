"""What of a performer's calm look is acted after all, and what a landmarker gets wrong about it.

A clip may hardly show its performer at rest: brows stay raised, or it is one long laugh. Every head-space
shape is taken for rest + what is acted + how the landmarker errs on a head turned this far. The last two lie
in spaces of few dimensions that are much the same for everybody (`acting_fields`, `pose_fields`).

What a clip cannot tell is how much of a lasting expression is the performer's own face: brows that are high
all the time, say. How far such a level differs between people, and how far between clips of one person, says
what share of it to believe (`_BELIEVED`); the rest is taken for acting.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh

Array = npt.NDArray[np.float64]

ACTS = ("jaw", "smile", "pucker", "stretch", "brows", "lids", "gaze right", "gaze down")
"""What is acted, in the order of `acting_fields`."""

_BELIEVED = np.array([0.3, 0.3, 0.25, 0.4, 0.2, 0.2, 0.0, 0.2])
"""Share of an act in a calm look that is the performer's own.

About the variance between people over that plus the variance between clips of one of them, and about where
the error is least: of 24 clips of three real performers in eight moods, and of the digital performers, whose
rest is known. The error is flat around it.
"""

_AROUND_EYES = 0.5
"""Share of all that by which eyes follow: the best on the digital performers, while real ones bear more."""

_TURNING = 0.75
"""Share of `pose_fields` that is taken off: real faces show most of the digital ones' slopes, not all."""

_SELDOM_STRETCHED = 5.0
"""Weight of the prior that a face has the canonical one's width, length and depth, against all vertices."""

_FURTHEST = 0.9
"""Radians up to which the landmarker's errors were seen to grow."""

_DEPTH_COUNTS = 0.3
"""A landmarker's depth is a guess."""


@cache
def _fields() -> Array:
    """(10, 478, 3): `acting_fields` and `pose_fields`."""
    text = files(__package__).joinpath("rest_fields.csv").read_text()
    table = np.array([line.split(",") for line in text.split()], np.float64) / 1e4
    fields = table.reshape(mesh.VERTEX_COUNT, -1, 3).swapaxes(0, 1)
    fields.setflags(write=False)
    return fields


def acting_fields() -> Array:
    """(8, 478, 3) what an act at strength 1 (gaze: 1 radian) does to a shape in head space. Read-only.

    Found by regression on landmarks of the digital performers, whose every expression is known
    (`benchmarks/rest_fields.py`); mirror images of themselves.
    """
    return _fields()[: len(ACTS)]


def pose_fields() -> Array:
    """(2, 478, 3) the landmarker's error by radian of yaw (to the picture's right) and pitch (down)."""
    return _TURNING * _fields()[len(ACTS) :]


def turns(rotation: Array) -> Array:
    """Yaw and pitch of rotations (N, 3, 3), radians to the picture's right and down, (N, 2)."""
    ahead = -rotation[:, :, 2]
    yaw = np.arctan2(ahead[:, 0], -ahead[:, 2])
    pitch = np.arctan2(ahead[:, 1], np.hypot(ahead[:, 0], ahead[:, 2]))
    return np.clip(np.stack([yaw, pitch], axis=1), -_FURTHEST, _FURTHEST)


def levels(look: Array, turned: Array) -> Array:
    """How strongly a shape (478, 3) of a head turned by `turned` (2,) acts, (8,).

    Counted from the canonical face: what is the performer's own is still in it.
    """
    solve, offset, per_turn = _reading()
    return np.asarray(look.reshape(-1) @ solve - offset - turned @ per_turn)


@cache
def _reading() -> tuple[Array, Array, Array]:
    """Weighted least squares as matrices: (1434, 8), and what canonical face and turning read as.

    Faces also differ in width, length and depth (by some 5 %), which had better not be read as acting.
    """
    weights = np.outer(_inside(), (1.0, 1.0, _DEPTH_COUNTS)).reshape(-1) ** 2
    face = mesh.canonical_face()
    causes = np.concatenate([acting_fields(), face * np.eye(3)[:, None]]).reshape(-1, face.size)
    normal = (causes * weights) @ causes.T
    normal += np.diag(np.append(1e-3 * np.diag(normal)[: len(ACTS)], [_SELDOM_STRETCHED] * 3))
    solve = np.linalg.solve(normal, causes * weights)[: len(ACTS)].T
    return solve, face.reshape(-1) @ solve, pose_fields().reshape(2, -1) @ solve


def _inside() -> Array:
    """(478,) weights: the face's outline slides on the head; the irises are few."""
    face = mesh.canonical_face()
    oval = face[list(mesh.FACE_OVAL)]
    gap = np.linalg.norm(face[:, None, :2] - oval[None, :, :2], axis=-1).min(1)
    weights = np.clip(gap / 0.12, 0.0, 1.0)
    weights[[mesh.RIGHT_IRIS[0], mesh.LEFT_IRIS[0]]] = 3.0
    return weights


def without_acting(look: Array, turned: Array) -> Array:
    """A calm look (478, 3), seen on heads turned by `turned` (2,) on average, without what is acted in it."""
    acted = (1.0 - _BELIEVED) * levels(look, turned)
    excess = np.einsum("k,kvd->vd", acted, acting_fields()) + np.einsum("k,kvd->vd", turned, pose_fields())
    for iris in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
        excess[list(iris)] = excess[iris[0]]  # it keeps its size
    return np.asarray(look - (1.0 - (1.0 - _AROUND_EYES) * _near_eyes()) * excess)


@cache
def _near_eyes() -> Array:
    """(478, 1): 1 on lids and irises, falling to 0 around them."""
    way = mesh.skin_distance()[:, list(mesh.RIGHT_EYE + mesh.LEFT_EYE)].min(1)
    near = np.exp(-0.5 * (way / 0.05) ** 2)
    near[list(mesh.RIGHT_IRIS + mesh.LEFT_IRIS)] = 1.0
    return np.asarray(near[:, None])
