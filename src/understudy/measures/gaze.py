"""Where the eyes look, from the irises."""

from __future__ import annotations

import numpy as np

from understudy.geometry import mesh
from understudy.measures.performance import Array, Landmarks, without_pose

EYE_RADIUS_MM = 12.0
EYE_WIDTH_MM = 30.0
"""From corner to corner; the adult mean, and what turns landmarks into millimetres."""

CLOSED = 0.12
"""Opening in parts of the eye's width under which the iris is hidden and a landmarker invents it."""

_EYES = (
    (mesh.RIGHT_IRIS, mesh.RIGHT_EYE_CORNERS, mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
    (mesh.LEFT_IRIS, mesh.LEFT_EYE_CORNERS, mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
)


def eye_opening(landmarks: Landmarks) -> Array:
    """Opening of the right and the left eye in parts of the eye's width, (T, 2).

    Mean of the three middle pairs of lid points over the distance of the corners. The eye aspect ratio of
    Soukupová, Čech 2016, with the pose taken out first so that looking down does not blink.
    """
    face = without_pose(landmarks)
    openings = []
    for _, corners, upper, lower in _EYES:
        width = np.linalg.norm(face[:, corners[0]] - face[:, corners[1]], axis=-1)
        gap = face[:, lower[3:6], 1] - face[:, upper[3:6], 1]
        openings.append(gap.mean(-1) / width)
    return np.stack(openings, axis=-1)


def gaze(landmarks: Landmarks) -> Array:
    """Direction of the right and the left eye against the head in degrees, (T, 2 eyes, 2): right, down.

    Iris centre against the middle of the eye's corners, pose taken out, in millimetres of a 30 mm wide eye
    (median width over the clip), as the sine on an eyeball of 12 mm radius (limited to 60 degrees). NaN where
    the eye is closed.
    Trap: straight ahead is not exactly 0, since no eye is centred between its corners; differences are what
    counts.
    """
    face = without_pose(landmarks)
    opening = eye_opening(landmarks)
    directions = np.full((len(face), 2, 2), np.nan)
    for eye, (iris, corners, _, _) in enumerate(_EYES):
        ends = face[:, list(corners), :2]
        width = np.median(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1)) if len(face) else 1.0
        offset = (face[:, iris[0], :2] - ends.mean(1)) * (EYE_WIDTH_MM / width)
        limit = np.sin(np.radians(60))
        directions[:, eye] = np.degrees(np.arcsin(np.clip(offset / EYE_RADIUS_MM, -limit, limit)))
    directions[opening < CLOSED] = np.nan
    return directions


def gaze_error(result: Landmarks, plate: Landmarks, same_person: bool = False) -> Array:
    """Angle between result's and plate's gaze in degrees, mean of both eyes, (T,).

    Target: median <= 2, 95th percentile <= 5. NaN where an eye is closed in either. Unless `same_person`, the
    median difference over the clip, which is mostly how the irises sit in the two faces, is taken out;
    `gaze_offset` tells it.
    Trap: one look of a landmarker has an iris to about 1.5 degrees, the mean of four to 0.5 (found by
    changing nothing but exposure and grain): near the target. Compare with `gaze_reach`.
    """
    difference = gaze(result) - gaze(plate)
    if not same_person:
        difference -= _median(difference)
    return np.linalg.norm(difference, axis=-1).mean(-1)


def gaze_reach(plate: Landmarks) -> float:
    """Median `gaze_error`, in degrees, of a result whose eyes rest all the time."""
    directions = gaze(plate)
    return float(np.nanmedian(np.linalg.norm(directions - _median(directions), axis=-1)))


def gaze_offset(result: Landmarks, plate: Landmarks) -> Array:
    """Median gaze of the result minus the plate's, both eyes, (2,): degrees to the picture's right, and down.

    Anatomy gives a few degrees; more means that the result looks past where the plate looks all the time.
    """
    return _median(gaze(result) - gaze(plate)).mean(0)


def _median(difference: Array) -> Array:
    open_ = difference[~np.isnan(difference).any((1, 2))]
    return np.median(open_, axis=0) if len(open_) else np.full((2, 2), np.nan)
