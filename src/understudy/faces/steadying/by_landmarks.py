"""Steady landmarks of a likeness, from the landmarks alone.

A head moves slowly beside the jitter of landmarks; lids and lips do not. So each track is taken apart into
the head's rigid motion and the rest, the expression in the head's own space. Both are smoothed symmetrically
in time, each as much as it bears, and put together again. What stands out of the noise, such as a blink, is
kept as it was.

A face that is drawn on these would still shiver a little; that of a plate is steadied by flow, see `by_flow`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.faces.faceset import Faceset
from understudy.faces.stretches import empty, part_of, stretches, windows
from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating[Any]]

_STABLE = list(mesh.STABLE)

_MOST = 1536
_MARGIN = 64
"""Frames of a run that are smoothed together at most, and how many on either side are looked at for them."""

# Standard deviations in frames of the Gaussians in time.
_POSE_SIGMA = 2.5
_EXPRESSION_SIGMA = 2.0
_QUICK_SIGMA = 1.0

# What differs from the smoothed course by more than this many times the noise is no noise.
_SIGNIFICANT = 2.5
# Least noise that is assumed, in distances between the outer eye corners: less is below a tenth of a pixel.
_LEAST_NOISE = 0.0004

_QUICK = (
    [*mesh.RIGHT_EYE], [*mesh.LEFT_EYE], [*mesh.RIGHT_IRIS], [*mesh.LEFT_IRIS],
    [*mesh.LIPS_INNER, *mesh.LIPS_OUTER],
)  # fmt: skip
"""Parts of the face that move by themselves, and fast."""

# A frame is an outlier where its head is this many times farther from the middle of its neighbours than these
# are from each other, and by this part of the distance between the outer eye corners.
_OUTLIER_RATIO = 4.0
_OUTLIER_DISTANCE = 0.04


def smooth_faces(faces: Faceset) -> Faceset:
    """All tracks of a faceset, each smoothed by itself."""
    landmarks = empty(faces.landmarks.shape, np.float32)
    for _, rows in faces.by_track():
        smoothed = smooth(part_of(faces.landmarks, rows), faces.frame[rows])
        for some in stretches(len(rows), smoothed, landmarks):
            landmarks[rows[some]] = smoothed[some]
    return faces.with_landmarks(landmarks)


def smooth(landmarks: Floats, frames: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float32]:
    """The landmarks (T, 478, 3) of one track at `frames` (T,), ascending, without jitter and without lag.

    Nothing is carried over frames in which the face is missing. Longer runs than `_MOST` frames are gone
    through in parts, each with what is usual in it and around it.
    """
    breaks = [0, *(np.flatnonzero(np.diff(frames) > 1) + 1).tolist(), len(frames)]
    smoothed = empty(landmarks.shape, np.float32)
    for begin, end in pairwise(breaks):
        run = landmarks[begin:end]
        for wanted, seen, inner in windows(end - begin, _MARGIN, run, smoothed, length=_MOST):
            calm = np.asarray(run[seen], np.float64)
            if len(calm) >= 3:
                calm = _smooth_run(calm)
            smoothed[begin + wanted.start : begin + wanted.stop] = calm[inner]
    return smoothed


def _smooth_run(points: Array) -> Array:
    canonical = mesh.canonical_face()
    upright = fit_similarity(points[:, _STABLE], canonical[_STABLE]).apply(points)
    neutral = np.median(upright, axis=0)
    pose = fit_similarity(neutral[_STABLE], points[:, _STABLE])
    expression = pose.inverse().apply(points)
    anchors = pose.apply(neutral[_STABLE])
    unit = float(np.median(pose.scale))

    outliers = _outliers(anchors / unit)
    anchors = _bridged(anchors, outliers)
    expression = _bridged(expression, outliers)

    anchors = _calmed(anchors / unit, _POSE_SIGMA, _mean(_noise(anchors / unit))) * unit
    pose = fit_similarity(neutral[_STABLE], anchors)
    calm = _lowpassed(expression, _EXPRESSION_SIGMA)
    rest = np.setdiff1d(np.arange(points.shape[1]), np.concatenate(_QUICK))
    noise = _noise(expression)
    calm[:, rest] = _kept(expression[:, rest], calm[:, rest], noise[rest])
    for part in _QUICK:
        # Where a mouth never rests, its bends are speech: it is no noisier than the rest of the face.
        quick = min(_mean(noise[part]), float(np.median(noise[rest])))
        calm[:, part] = _calmed(expression[:, part], _QUICK_SIGMA, quick)
    return pose.apply(calm)


def _calmed(course: Array, sigma: float, noise: float) -> Array:
    """(T, K, 3) points that move together, smoothed but for what is significant."""
    return _kept(course, _lowpassed(course, sigma), np.array([noise]))


def _kept(course: Array, smoothed: Array, noise: Array) -> Array:
    """`smoothed`, with what is significant in `course` put back.

    `noise` is (K,) to judge each of the (T, K, 3) points by itself, or (1,) to judge them together.
    """
    rest = course - smoothed
    distance = np.linalg.norm(rest[..., :2], axis=-1)
    if len(noise) == 1:
        distance = np.sqrt((distance**2).mean(1, keepdims=True))
    # Next to nothing up to the noise itself, all from 1.5 times the limit.
    part = 1.0 - np.exp(-((distance / (_SIGNIFICANT * noise)) ** 4))
    return smoothed + part[..., None] * rest


def _noise(course: Array) -> Array:
    """Standard deviation of the jitter of (T, K, 3) points in x and y, (K,), from their second differences.

    These are free of steady motion; white noise of deviation s has second differences of deviation sqrt(6) s.
    The lower quartile is taken, for the moments of rest; that of a normal variable's magnitude is 0.3186
    deviations.
    """
    bends = np.abs(np.diff(course[..., :2], n=2, axis=0))
    spread = np.quantile(bends, 0.25, axis=0) / (0.3186 * np.sqrt(6.0))
    return np.maximum(np.linalg.norm(spread, axis=-1), _LEAST_NOISE)


def _mean(noise: Array) -> float:
    return float(np.sqrt((noise**2).mean()))


def _lowpassed(course: Array, sigma: float) -> Array:
    """A Gaussian along time that leaves steady motion as it is, at the ends too."""
    width = min(len(course) - 1, int(np.ceil(4 * sigma)))
    longer = np.pad(course, ((width, width), (0, 0), (0, 0)), mode="reflect", reflect_type="odd")
    filtered: Array = gaussian_filter1d(longer, sigma, axis=0, mode="nearest")
    return filtered[width : width + len(course)]


def _outliers(anchors: Array) -> npt.NDArray[np.bool_]:
    """(T,) single frames in which the head is elsewhere than right before and after."""
    before, now, after = anchors[:-2], anchors[1:-1], anchors[2:]
    away = np.linalg.norm((now - (before + after) / 2)[..., :2], axis=-1).mean(1)
    step = np.linalg.norm((after - before)[..., :2], axis=-1).mean(1)
    found = np.zeros(len(anchors), bool)
    found[1:-1] = (away > _OUTLIER_DISTANCE) & (away > _OUTLIER_RATIO * step)
    return found


def _bridged(course: Array, gaps: npt.NDArray[np.bool_]) -> Array:
    """(T, K, 3) with the frames of `gaps`, none of them next to another or at an end, put between their
    neighbours.
    """
    bridged = course.copy()
    at = np.flatnonzero(gaps)
    bridged[at] = (course[at - 1] + course[at + 1]) / 2
    return bridged
