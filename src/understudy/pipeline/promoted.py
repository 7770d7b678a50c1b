"""Repaired frames as lessons: found in the project, and cut out as the plate's faces are."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset
from understudy.geometry.align import apply_affine, invert_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.pose import head_angles
from understudy.retouch.promoting import Promoted
from understudy.training.faces import PromotedFaces, TrainingFaces

Bytes = npt.NDArray[np.uint8]


def aligned_promoted(some: list[Promoted], faces: Faceset, size: int, framing: Framing) -> PromotedFaces:
    """Promoted frames as aligned squares; those of faces that are not replaced any more are left out.

    faces   the plate's, which the rows of what comes back count in
    """
    rows = {(int(t), int(f)): row for row, (t, f) in enumerate(zip(faces.track, faces.frame, strict=True))}
    kept = sorted(
        ((rows[one.track, one.frame], one) for one in some if (one.track, one.frame) in rows),
        key=lambda pair: pair[0],
    )
    order = np.array([row for row, _ in kept], np.int64)
    landmarks = faces.landmarks[order]
    to_crop = np.array([aligned_matrix(each, size, framing) for each in landmarks]).reshape(-1, 2, 3)
    images = np.zeros((len(kept), size, size, 3), np.uint8)
    changed = np.zeros((len(kept), size, size), np.uint8)
    for place, (_, one) in enumerate(kept):
        images[place], changed[place] = _cut(one, to_crop[place], size)
    aligned = TrainingFaces(
        images=images,
        mattes=changed,
        landmarks=np.array(
            [apply_affine(matrix, face) for matrix, face in zip(to_crop, landmarks, strict=True)], np.float32
        ).reshape(-1, 478, 3),
        pose=head_angles(landmarks).astype(np.float32).reshape(-1, 3),
        to_crop=to_crop,
        row=order,
    )
    return PromotedFaces(aligned, np.array([one.weight for _, one in kept], np.float64))


def _cut(one: Promoted, to_crop: npt.NDArray[np.float64], size: int) -> tuple[Bytes, Bytes]:
    """Picture and change in an aligned square. Several samples a pixel where it is shrunk."""
    within = to_crop.copy()
    within[:, 2] += to_crop[:, :2] @ (one.x, one.y)
    lookup = invert_affine(within)
    shrunk = float(np.sqrt(abs(np.linalg.det(lookup[:, :2]))))
    fine = max(1, min(4, int(np.ceil(shrunk))))
    larger = lookup.copy()
    larger[:, :2] /= fine
    larger[:, 2] = lookup[:, 2] + lookup[:, :2] @ np.full(2, 0.5 / fine - 0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    parts = []
    for picture, border in ((one.picture, cv2.BORDER_REPLICATE), (one.changed, cv2.BORDER_CONSTANT)):
        drawn = cv2.warpAffine(picture, larger, (fine * size, fine * size), flags=flags, borderMode=border)
        parts.append(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA))
    return parts[0], parts[1]
