"""The 478-point face mesh: triangles and named places on it.

The topology is MediaPipe's face mesh tessellation (Apache-2.0); points 468-477 are the two irises. Triangles
are wound so that one that faces the camera has a positive signed area in image coordinates (y down).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

VERTEX_COUNT = 478
SKIN_VERTEX_COUNT = 468
"""Vertices 0..467 are skin; the irises follow."""

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The mesh's outline, clockwise in the picture from the top of the forehead."""

LIPS_OUTER = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
)  # fmt: skip
LIP_UPPER_OUTER = LIPS_OUTER[:11]
LIP_LOWER_OUTER = (LIPS_OUTER[0], *LIPS_OUTER[:9:-1])
"""Outer lip edges, both from the right mouth corner to the left one, paired by index with the inner ones."""
LIP_UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Inner lip edges, both from the right mouth corner to the left one, paired by index."""
LIPS_PARTING = (LIP_UPPER_INNER[1:-1], LIP_LOWER_INNER[1:-1])
"""The upper and the lower one between the corners: what is apart when a mouth is open."""
LIPS_INNER = LIP_UPPER_INNER + LIP_LOWER_INNER[-2:0:-1]

RIGHT_LID_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LID_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_LID_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LEFT_LID_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
"""Lid edges, both from the outer to the inner corner, paired by index."""
RIGHT_EYE = RIGHT_LID_UPPER + RIGHT_LID_LOWER[-2:0:-1]
LEFT_EYE = LEFT_LID_UPPER + LEFT_LID_LOWER[-2:0:-1]
EYES = {"right": RIGHT_EYE, "left": LEFT_EYE}

RIGHT_IRIS = (468, 469, 470, 471, 472)
LEFT_IRIS = (473, 474, 475, 476, 477)
"""Iris centre first, then its rim."""

RIGHT_BROW = (46, 52, 53, 55, 63, 65, 66, 70, 105, 107)
LEFT_BROW = (276, 282, 283, 285, 293, 295, 296, 300, 334, 336)

STABLE = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 10, 151, 9, 8,
    127, 356, 234, 454, 93, 323, 98, 327, 2, 21, 251, 54, 284,
)  # fmt: skip
"""Points that expression moves least: they carry the head's rigid motion."""

RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (263, 362)


@cache
def skin_triangles() -> npt.NDArray[np.int32]:
    """The (852, 3) triangles of the skin, with holes for the eyes and the mouth. Read-only."""
    text = files(__package__).joinpath("face_mesh.csv").read_text()
    triangles = np.array([line.split(",") for line in text.split()], dtype=np.int32)
    triangles.setflags(write=False)
    return triangles


def _strip(upper: tuple[int, ...], lower: tuple[int, ...]) -> npt.NDArray[np.int32]:
    quads = zip(upper[:-1], upper[1:], lower[:-1], lower[1:], strict=True)
    triangles = [t for u0, u1, l0, l1 in quads for t in ((u0, u1, l1), (u0, l1, l0))]
    return np.array([t for t in triangles if len(set(t)) == 3], dtype=np.int32)


@cache
def mouth_triangles() -> npt.NDArray[np.int32]:
    """Triangles that fill the hole between the inner lips. Read-only."""
    triangles = _strip(LIP_UPPER_INNER, LIP_LOWER_INNER)
    triangles.setflags(write=False)
    return triangles


@cache
def eye_triangles() -> npt.NDArray[np.int32]:
    """Triangles that fill the holes between the lids. Read-only."""
    left = _strip(LEFT_LID_UPPER, LEFT_LID_LOWER)[:, ::-1]
    triangles = np.concatenate([_strip(RIGHT_LID_UPPER, RIGHT_LID_LOWER), left])
    triangles.setflags(write=False)
    return triangles


@cache
def face_triangles() -> npt.NDArray[np.int32]:
    """Skin, mouth and eyes: a face without holes. Read-only."""
    triangles = np.concatenate([skin_triangles(), mouth_triangles(), eye_triangles()])
    triangles.setflags(write=False)
    return triangles


@cache
def canonical_face() -> npt.NDArray[np.float64]:
    """A symmetric, expressionless, frontal face, (478, 3), x right, y down, z into the picture. Read-only.

    The outer eye corners are 1 apart, their midpoint is the origin. Obtained by running the landmarker on a
    face drawn from ellipses and averaging it with its mirror image, so it is nobody's.
    """
    text = files(__package__).joinpath("canonical_face.csv").read_text()
    points = np.array([line.split(",") for line in text.split()], dtype=np.float64)
    points.setflags(write=False)
    return points


@cache
def skin_distance() -> npt.NDArray[np.float64]:
    """Length of the way between vertices along the skin of the canonical face, (478, 478). Read-only.

    Measured in the picture's plane along edges, so that one lip is as far from the other as the corner of the
    mouth makes it, however closed they are. The irises are not skin: infinitely far.
    """
    # Only now: machines that merely train have no SciPy.
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    triangles, points = skin_triangles(), canonical_face()[:, :2]
    start, end = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).T
    length = np.linalg.norm(points[start] - points[end], axis=1)
    edges = csr_matrix((length, (start, end)), shape=(VERTEX_COUNT, VERTEX_COUNT))
    distance: npt.NDArray[np.float64] = dijkstra(edges.maximum(edges.T))
    distance.setflags(write=False)
    return distance


@cache
def bare_skin() -> npt.NDArray[np.float32]:
    """How much each vertex tells of the light on a face, (478,) in [0, 1]. Read-only.

    1 on plain skin, 0 on eyes, brows, lips, nostrils, and towards the rim of the face. Where beards grow a
    vertex counts little: one performer's beard against the other's bare chin is not light.
    """
    face = canonical_face()

    def apart(vertices: tuple[int, ...], inner: float, outer: float) -> npt.NDArray[np.float64]:
        distance = np.linalg.norm(face[:, None] - face[None, list(vertices)], axis=-1).min(1)
        return np.clip((distance - inner) / (outer - inner), 0.0, 1.0)

    nostrils = (2, 97, 98, 326, 327, 64, 294)
    skin = np.minimum.reduce(
        [
            apart(RIGHT_EYE + LEFT_EYE, 0.05, 0.12),
            apart(RIGHT_BROW + LEFT_BROW, 0.06, 0.12),
            apart(LIPS_OUTER + LIPS_INNER, 0.05, 0.12),
            apart(nostrils, 0.03, 0.08),
            apart(FACE_OVAL, 0.02, 0.2),
        ]
    )
    beard = np.clip((face[:, 1] - 0.45) / 0.15, 0.0, 1.0)
    weight = (skin * (1.0 - 0.85 * beard)).astype(np.float32)
    weight.setflags(write=False)
    return weight


@cache
def mirror_index() -> npt.NDArray[np.int64]:
    """For every vertex the one on the other side of the face, (478,). Read-only."""
    points = canonical_face()
    mirrored = points * (-1.0, 1.0, 1.0)
    index = np.linalg.norm(mirrored[:, None] - points[None], axis=-1).argmin(1)
    index.setflags(write=False)
    return index


@cache
def canonical_uv() -> npt.NDArray[np.float64]:
    """Texture coordinates (478, 2) in [0, 1]: the canonical face unrolled from a cylinder. Read-only.

    The cylinder's axis stands upright behind the face so that cheeks and temples keep their area; u grows to
    the picture's right, v downwards; a margin of 2 % is left free on every side.
    """
    points = canonical_face()
    axis = points[:, 2].max() + 0.2
    angle = np.arctan2(points[:, 0], axis - points[:, 2])
    uv = np.stack([angle, points[:, 1]], axis=1)
    low, high = uv.min(0), uv.max(0)
    uv = 0.02 + 0.96 * (uv - low) / (high - low)
    uv.setflags(write=False)
    return uv
