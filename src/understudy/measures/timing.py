"""Do lids and lips open when the plate's do, and as far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from understudy.geometry import mesh
from understudy.measures.gaze import eye_opening
from understudy.measures.performance import Array, Landmarks, without_pose

LONGEST_LAG = 10
_LEAST_REACH = 0.04
_LEAST_FRAMES = 2 * LONGEST_LAG + 5


@dataclass(frozen=True)
class Timing:
    """How one opening curve follows another.

    error  mean absolute difference in % of the range, after each curve's own range is stretched to 0..1;
    target <= 5
    lag    frames by which the result comes late (below 0: early), to a tenth; target 0
    reach  the result's range over the plate's; 1 opens as far
    along  (T,) the difference frame by frame, whose mean the error is; empty where there is none
    """

    error: float
    lag: float
    reach: float
    along: Array = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)


def lids(landmarks: Landmarks) -> Array:
    """The curve of the lids: mean opening of both eyes in parts of the eye's width, (T,)."""
    return eye_opening(landmarks).mean(-1)


def lips(landmarks: Landmarks) -> Array:
    """The curve of the lips: gap between the inner lips in parts of the inter-ocular distance, (T,).

    Mean of the five middle pairs, pose taken out. Not divided by the mouth's width, which a smile changes.
    """
    face = without_pose(landmarks)
    upper, lower = (list(edge[3:8]) for edge in (mesh.LIP_UPPER_INNER, mesh.LIP_LOWER_INNER))
    return (face[:, lower, 1] - face[:, upper, 1]).mean(-1)


def timing(result: Array, plate: Array) -> Timing:
    """Compare two curves (T,) of consecutive frames from `lids` or `lips`.

    The range runs from the minimum (a blink is short) to the 95th percentile. NaN everywhere for a plate that
    does not move (range under 0.04) or under 25 frames: there is nothing to follow. A result that does not
    move has reach near 0, and no lag.
    """
    low, high = _range(plate)
    reach = high - low
    if len(plate) < _LEAST_FRAMES or not reach >= _LEAST_REACH:
        return Timing(np.nan, np.nan, np.nan)
    our_low, our_high = _range(result)
    ours = (result - our_low) / max(our_high - our_low, _LEAST_REACH)
    theirs = (plate - low) / reach
    along = np.asarray(100 * np.abs(ours - theirs), np.float64)
    moves = our_high - our_low >= _LEAST_REACH
    lag = _lag(ours, theirs) if moves else np.nan
    return Timing(float(along.mean()), lag, (our_high - our_low) / reach, along)


def _range(curve: Array) -> tuple[float, float]:
    return float(curve.min()), float(np.percentile(curve, 95))


def _lag(ours: Array, theirs: Array) -> float:
    """The shift with the highest correlation, refined by a parabola through its neighbours."""
    shifts = np.arange(-LONGEST_LAG, LONGEST_LAG + 1)
    match = np.array([_correlation(ours, theirs, int(shift)) for shift in shifts])
    best = int(match.argmax())
    if not 0 < best < len(shifts) - 1:
        return float(shifts[best])
    before, peak, after = match[best - 1 : best + 2]
    bend = before - 2 * peak + after
    return round(float(shifts[best] + (0.5 * (before - after) / bend if bend < 0 else 0)), 1)


def _correlation(ours: Array, theirs: Array, shift: int) -> float:
    a = ours[shift:] if shift >= 0 else ours[:shift]
    b = theirs[: len(theirs) - shift] if shift >= 0 else theirs[-shift:]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-12))
