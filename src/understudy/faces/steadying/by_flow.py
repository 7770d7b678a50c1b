"""Steady landmarks of a plate: positions from the landmarker, motion from optical flow.

A landmarker looks at each frame alone and errs by a fraction of a pixel, differently every time; flow knows
the motion between two frames much better, but drifts. Both are put together by least squares over the whole
track, so there is no lag: blinks and consonants stay where and as deep as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.faces.steadying.following import follow, track_windows
from understudy.faces.stretches import empty, stretches
from understudy.geometry import mesh

Floats = npt.NDArray[np.float32]

_QUICK = (*mesh.RIGHT_EYE, *mesh.LEFT_EYE, *mesh.RIGHT_IRIS, *mesh.LEFT_IRIS)
_STIFFNESS = 60.0
_STIFFNESS_OF_LIDS = 8.0
"""Weight of a step of flow against one landmark: (landmark noise / flow noise) squared."""
_LOST = 0.01
"""Flow at a lid or an iris that differs from the landmarks' own step by this, in eye distances, is half way
to being left out. That is ten times the landmarker's noise: in a blink, flow loses the eye."""
_DEPTH_SIGMA = 2.0
_SHUT = 0.015
"""Lips that are less than this apart, in eye distances, are shut or nearly: landmarkers tell that well."""
_UPPER_LIP, _LOWER_LIP = (list(lip) for lip in mesh.LIPS_PARTING)


@dataclass(frozen=True)
class Motion:
    """Flow between successive faces of one track.

    displacement  (N - 1, 478, 2) float32, frame pixels
    trust         (N - 1, 478) float32 in [0, 1]; 0 across a gap
    """

    displacement: Floats = field(repr=False)
    trust: Floats = field(repr=False)


def steady(landmarks: npt.NDArray[np.floating[Any]], motion: Motion) -> Floats:
    """Landmarks (N, 478, 3) of one track, freed of jitter.

    Minimises sum |x_t - l_t|^2 + k sum trust_t |x_t+1 - x_t - flow_t|^2 for every point by itself; k is
    smaller for lids and irises, and smaller still where flow has lost them in a blink. Depth, which flow
    cannot see, is smoothed by a Gaussian. Lips that are shut are as far apart as the landmarker says.
    """
    steadied = empty(landmarks.shape, np.float32)
    if len(steadied) < 2:
        steadied[:] = landmarks
        return steadied
    stiffness = np.full(mesh.VERTEX_COUNT, _STIFFNESS)
    stiffness[list(_QUICK)] = _STIFFNESS_OF_LIDS
    # (1 + doubt |difference|^2)^-2 is Geman and McClure's weight
    doubt = np.zeros(mesh.VERTEX_COUNT)
    between_eyes = eye_distance(landmarks)
    doubt[list(_QUICK)] = (_LOST * between_eyes) ** -2
    columns = (landmarks, motion.displacement, motion.trust, steadied)
    for wanted, seen, inner, some in track_windows(len(landmarks), mesh.VERTEX_COUNT, *columns):
        steps = slice(seen.start, seen.stop - 1)
        points = np.asarray(landmarks[seen, some], np.float64)
        flow, trust = motion.displacement[steps, some], motion.trust[steps, some]
        apart = ((np.diff(points[..., :2], axis=0) - flow) ** 2).sum(-1) * doubt[some]
        weight = trust * stiffness[some] / (1.0 + apart) ** 2
        steadied[wanted, some, :2] = follow(points[..., :2], flow, weight)[inner]
        depth = gaussian_filter1d(points[..., 2], _DEPTH_SIGMA, axis=0, mode="nearest")
        steadied[wanted, some, 2] = depth[inner]
    for part in stretches(len(landmarks), landmarks, steadied):
        _shut(steadied[part], landmarks[part], _SHUT * between_eyes)
    return steadied


def _shut(steadied: Floats, landmarks: npt.NDArray[np.floating[Any]], near: float) -> None:
    """Shut lips of `steadied` faces (N, 478, 3), in place, where those of `landmarks` are within about `near`
    pixels of each other.

    When lips part or meet, flow does not know which of them it is that appears or is covered, and carries one
    along with the other: for many frames before and after they would stay apart.
    """
    seen, drawn = (
        np.asarray(each[:, _LOWER_LIP, :2] - each[:, _UPPER_LIP, :2], np.float64)
        for each in (landmarks, steadied)
    )
    apart = np.linalg.norm(seen, axis=-1).mean(1)
    change = np.exp(-((apart / near) ** 2))[:, None, None] * (seen - drawn)
    steadied[:, _UPPER_LIP, :2] -= change / 2
    steadied[:, _LOWER_LIP, :2] += change / 2


def eye_distance(landmarks: npt.NDArray[np.floating[Any]]) -> float:
    """Median distance between the outer corners of the eyes, pixels."""
    right, left = mesh.RIGHT_EYE_CORNERS[0], mesh.LEFT_EYE_CORNERS[0]
    apart = np.empty(len(landmarks), np.float32)
    for some in stretches(len(landmarks), landmarks):
        across = np.asarray(landmarks[some, left, :2], np.float32) - landmarks[some, right, :2]
        apart[some] = np.linalg.norm(across, axis=-1)
    return max(float(np.median(apart)), 1e-6)
