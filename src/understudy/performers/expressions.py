"""What the muscles do: one displacement field per expression, and how far each vertex follows the jaw."""

from __future__ import annotations

import numpy as np
from numba import njit

from understudy.geometry import mesh
from understudy.performers.cage import EYES, LIPS, MIRROR, Array, Cage, smoothstep
from understudy.performers.deform import Bender, Handles

JAW_HINGE = np.array([0.0, -0.6, -3.2])
JAW_OPEN = 0.42
"""Radians at full opening."""

SMILE: Handles = {
    61: (-0.55, 0.55, -0.35), 78: (-0.50, 0.50, -0.30), 40: (-0.30, 0.22, -0.10), 37: (-0.10, 0.07, -0.10),
    0: (0.0, 0.04, -0.10), 13: (0.0, 0.06, -0.10), 17: (0.0, 0.02, -0.12), 84: (-0.12, 0.03, -0.10),
    181: (-0.25, 0.10, -0.12), 91: (-0.40, 0.30, -0.20), 205: (-0.22, 0.35, 0.22), 50: (-0.12, 0.32, 0.25),
    187: (-0.25, 0.30, 0.15), 118: (0.0, 0.18, 0.12), 101: (-0.03, 0.25, 0.20), 206: (-0.30, 0.35, 0.10),
    207: (-0.30, 0.25, 0.10), 212: (-0.40, 0.30, -0.05), 129: (-0.12, 0.08, -0.02), 14: (0.0, 0.0, -0.10),
}  # fmt: skip
PUCKER: Handles = {
    61: (0.55, 0.0, 0.25), 78: (0.50, 0.0, 0.30), 0: (0.0, 0.08, 0.45), 13: (0.0, 0.05, 0.40),
    17: (0.0, -0.08, 0.40), 14: (0.0, -0.05, 0.40), 37: (0.10, 0.08, 0.45), 84: (0.10, -0.08, 0.42),
    40: (0.35, 0.06, 0.40), 91: (0.38, -0.06, 0.38), 39: (0.20, 0.08, 0.45), 181: (0.20, -0.08, 0.40),
    205: (0.10, -0.03, 0.0),
}  # fmt: skip
STRETCH: Handles = {
    61: (-0.30, -0.25, -0.10), 78: (-0.30, -0.20, -0.10), 91: (-0.20, -0.20, 0.0), 17: (0.0, -0.15, 0.0),
}  # fmt: skip
BROW_RAISE: Handles = {
    105: (0.0, 0.55, 0.03), 63: (0.0, 0.55, 0.0), 66: (0.0, 0.50, 0.05), 107: (0.0, 0.40, 0.05),
    70: (0.0, 0.42, 0.0), 52: (0.0, 0.42, 0.02), 53: (0.0, 0.42, 0.0), 65: (0.0, 0.35, 0.03),
    55: (0.0, 0.30, 0.03), 46: (0.0, 0.35, 0.0), 69: (0.0, 0.25, 0.0), 104: (0.0, 0.25, 0.0),
    108: (0.0, 0.22, 0.0), 151: (0.0, 0.15, 0.0),
}  # fmt: skip
BROW_LOWER: Handles = {
    107: (0.18, -0.32, 0.10), 55: (0.18, -0.28, 0.10), 66: (0.10, -0.25, 0.08), 65: (0.10, -0.22, 0.05),
    105: (0.03, -0.15, 0.03), 9: (0.0, -0.10, 0.10), 8: (0.0, -0.08, 0.08),
}  # fmt: skip

_MIDLINE = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2)
_JAWLINE = (152, 148, 176, 149, 150, 136, 172, 58, 132)
_SIDES = (152, 175, 234, 454, 127, 356, 93, 323)

# The jaw: these follow it wholly, not at all, or in part.
_LOWER = (
    17, 84, 181, 91, 314, 405, 321, 18, 83, 313, 200, 199, 175, 152, 148, 377, 176, 400, 149, 378, 201, 421,
    208, 428, 171, 396, 140, 369, 32, 262, 194, 418, 182, 406,
)  # fmt: skip
_UPPER = (
    0, 37, 267, 39, 269, 2, 164, 393, 167, 1, 4, 5, 6, 98, 327, 129, 358, 168, 10, 151, 9, 234, 454, 127, 356,
    162, 389, 33, 133, 263, 362, 205, 425, 50, 280, 117, 346, 118, 347, 119, 348,
)  # fmt: skip
_PARTLY = {
    61: 0.42, 78: 0.42, 172: 0.75, 136: 0.85, 150: 0.95, 58: 0.4, 132: 0.12, 185: 0.2, 40: 0.06, 146: 0.7,
    91: 0.92, 187: 0.2, 147: 0.15, 214: 0.45,
}  # fmt: skip


def jaw_weights(bender: Bender, cage: Cage) -> Array:
    """How far each cage vertex follows the jaw's rotation, (N,) in [0, 1]."""
    values = dict.fromkeys(range(cage.skull.start + 2 * len(mesh.FACE_OVAL), cage.count), 0.0)
    values |= dict.fromkeys((*_UPPER, *(int(i) for rim in cage.rims for i in rim)), 0.0)
    values |= dict.fromkeys(_LOWER, 1.0)
    for index, value in _PARTLY.items():
        values |= {index: value, int(MIRROR[index]): value}
    for ring in (LIPS, *cage.mouth):
        values |= dict.fromkeys(ring[1:10].tolist(), 0.0) | dict.fromkeys(ring[11:].tolist(), 1.0)
    for ring in cage.mouth:
        values |= {int(ring[0]): 0.45, int(ring[10]): 0.45}
    values[cage.throat] = 0.5
    return bender.blend(values)


def expression_fields(bender: Bender, cage: Cage) -> dict[str, Array]:
    """Displacements (N, 3) at full strength, by the names of `moment.Expression`."""
    far = [*range(cage.skull.start, cage.count)]
    eyes = [int(i) for ring in (*EYES, *cage.rims) for i in ring]
    brows = [*mesh.RIGHT_BROW, *mesh.LEFT_BROW]
    still = [*far, *eyes, *_MIDLINE, *_SIDES]
    mouth_only = [*still, *_JAWLINE, *(int(MIRROR[i]) for i in _JAWLINE)]
    low_face = [*far, *eyes, 6, 197, 5, 1, 61, 291, 50, 280, 152, 234, 454, 127, 356]
    fields = {
        "smile": bender.displace(SMILE, [*mouth_only, *brows]),
        "pucker": bender.displace(PUCKER, [*mouth_only, 50, 280]),
        "stretch": bender.displace(STRETCH, [*mouth_only, 50, 280]),
        "brow_raise": bender.displace(BROW_RAISE, [*low_face, 10, 168]),
        "brow_lower": bender.displace(BROW_LOWER, [*low_face, 10, 70, 300, 46, 276]),
    }
    for displacement in fields.values():
        for ring, share in zip(cage.mouth, (1.0, 0.75, 0.3), strict=True):
            displacement[ring] = displacement[LIPS] * share
        for ring, rim in zip(EYES, cage.rims, strict=True):
            displacement[rim] = displacement[ring]
    return fields


def open_jaw(points: Array, weights: Array | float, opening: float) -> Array:
    """Turn (N, 3) points about the jaw's hinge, each by its weight."""
    angle = np.asarray(weights) * (opening * JAW_OPEN)
    y, z = points[:, 1] - JAW_HINGE[1], points[:, 2] - JAW_HINGE[2]
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = (points[:, 0], JAW_HINGE[1] + y * cosine - z * sine, JAW_HINGE[2] + z * cosine + y * sine)
    return np.stack(turned, 1)


def head_weights(points: Array) -> Array:
    """How far stage-space points (N, 3) at rest follow the head: 1 on the skull, 0 on the shoulders."""
    return smoothstep(-18.0, -8.5, points[:, 1] - 0.25 * np.maximum(points[:, 2] + 2.0, 0.0))


NECK_PIVOT = np.array([0.0, -7.5, -6.0])


def move_head(points: Array, weights: Array | float, rotation: Array, place: Array) -> Array:
    """Turn points (N, 3) about the neck by their weights (Rodrigues' formula) and carry them along."""
    angle = np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0))
    skew = rotation - rotation.T
    sine = 2.0 * np.sin(angle)
    still = angle < 1e-7
    axis = np.zeros(3) if still else np.array([skew[2, 1], skew[0, 2], skew[1, 0]]) / sine
    out = np.empty((len(points), 3))
    shares = np.ascontiguousarray(np.broadcast_to(np.asarray(weights, np.float64), len(points)))
    _swing(np.asarray(points, np.float64), shares, 0.0 if still else angle, axis, place, NECK_PIVOT, out)
    return out


@njit(cache=True, nogil=True)
def _swing(points, weights, angle, axis, place, pivot, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    cosine, sine, last = np.cos(angle), np.sin(angle), 1.0
    for i in range(points.shape[0]):
        weight = weights[i]
        if weight != last:
            cosine, sine, last = np.cos(angle * weight), np.sin(angle * weight), weight
        x, y, z = points[i, 0] - pivot[0], points[i, 1] - pivot[1], points[i, 2] - pivot[2]
        kept = (x * axis[0] + y * axis[1] + z * axis[2]) * (1.0 - cosine)
        share = 0.3 + 0.7 * weight
        out[i, 0] = (
            x * cosine + (axis[1] * z - axis[2] * y) * sine + axis[0] * kept + pivot[0] + place[0] * share
        )
        out[i, 1] = (
            y * cosine + (axis[2] * x - axis[0] * z) * sine + axis[1] * kept + pivot[1] + place[1] * share
        )
        out[i, 2] = (
            z * cosine + (axis[0] * y - axis[1] * x) * sine + axis[2] * kept + pivot[2] + place[2] * share
        )
