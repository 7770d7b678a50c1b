"""Does the result act as the plate does: landmarks, expression, head pose.

Rows of two landmark arrays belong to the same frames; frames in which either was missed are left out by the
caller. `same_person` says whether both faces have one shape (a truth, a self-swap). If not, each face's own
resting state, its median over the clip, is taken out first: what is compared is how it moves, and a constant
error does not show. Both want some ten frames with different expressions then, or the resting state is not
one.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from understudy.geometry import mesh
from understudy.geometry.align import Similarity, fit_similarity
from understudy.measures.picture import interocular

Landmarks = npt.NDArray[np.floating[Any]]
"""(T, 478, 3) as in a `Faceset`."""
Array = npt.NDArray[np.float64]
Part = Literal["mouth", "eyes", "brows"]

PARTS: dict[Part, tuple[int, ...]] = {
    "mouth": tuple(sorted({*mesh.LIPS_OUTER, *mesh.LIPS_INNER})),
    "eyes": tuple(sorted({*mesh.RIGHT_EYE, *mesh.LEFT_EYE})),
    "brows": tuple(sorted({*mesh.RIGHT_BROW, *mesh.LEFT_BROW})),
}


def landmark_error(result: Landmarks, truth: Landmarks) -> Array:
    """Mean distance of all points in the picture, in % of the truth's inter-ocular distance, (T,).

    Only for faces of one shape, in one frame: this is the error against a true swap.
    """
    apart = np.linalg.norm(np.asarray(result, np.float64)[..., :2] - truth[..., :2], axis=-1).mean(-1)
    return 100 * apart / interocular(truth)


def head_pose(landmarks: Landmarks) -> Similarity:
    """The similarity from the canonical face  to each face, by the points that expression moves least."""
    stable = list(mesh.STABLE)
    return fit_similarity(mesh.canonical_face()[stable], np.asarray(landmarks, np.float64)[:, stable])


def without_pose(landmarks: Landmarks) -> Array:
    """Faces turned to the front, at canonical size: outer eye corners about 1 apart, (T, 478, 3)."""
    return head_pose(landmarks).inverse().apply(landmarks)


def expression_error(result: Landmarks, plate: Landmarks, part: Part, same_person: bool = False) -> Array:
    """Mean distance of a part's points with pose and size taken out, in % of the inter-ocular distance, (T,).

    In the frontal plane only: a landmarker's depth is a guess. Compare with `expression_reach`: an error of 2
    % is small for a mouth that moves by 10 % and total for one that moves by 2 %.
    """
    points = list(PARTS[part])
    ours, theirs = (without_pose(face)[:, points, :2] for face in (result, plate))
    if not same_person:
        ours, theirs = (face - np.median(face, axis=0) for face in (ours, theirs))
    return 100 * np.linalg.norm(ours - theirs, axis=-1).mean(-1)


def expression_reach(plate: Landmarks, part: Part) -> float:
    """Mean `expression_error`, in %, of a result that keeps its resting face all the time."""
    points = without_pose(plate)[:, list(PARTS[part]), :2]
    return 100 * float(np.linalg.norm(points - np.median(points, axis=0), axis=-1).mean())


def pose_error(result: Landmarks, plate: Landmarks, same_person: bool = False) -> Array:
    """Angle between the two heads' rotations, in degrees, (T,).

    Unless `same_person`, the mean rotation between the two is taken out: a rounder face reads as a head
    tilted.
    """
    between = Rotation.from_matrix(
        np.swapaxes(head_pose(plate).rotation, -1, -2) @ head_pose(result).rotation
    )
    if not same_person:
        between = between * between.mean().inv()
    return np.degrees(between.magnitude())
