"""What is usual for a shot, so that what is not can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter, uniform_filter1d

Array = npt.NDArray[Any]

_ENOUGH, _PLENTY = 30, 90
_STEPS = 8
_HUBER = 1.5
_RIDGE = 1e-3
_DRIFT = 31


def departures(values: Array, circumstances: Array) -> Array:
    """Values (T,) of one shot less what is usual in the circumstances (T, K), NaN where either is unknown.

    Usual is the median; from 30 frames on a robust regression (Huber's weights) on the circumstances, and
    from 90 on their squares, too: landmarkers, light and sharpness all depend on where a head is turned.
    """
    away = values - _median(values)
    known = np.isfinite(values) & np.isfinite(circumstances).all(1)
    if known.sum() < _ENOUGH:
        return away
    some = circumstances[known]
    some = (some - some.mean(0)) / np.maximum(some.std(0), 1e-6)
    powers = [some, some**2] if len(some) >= _PLENTY else [some]
    basis = np.hstack([np.ones((len(some), 1)), *powers])
    residual = away[known]
    for _ in range(_STEPS):
        scale = max(spread(residual), 1e-9)
        weight = 1 / np.maximum(1, np.abs(residual) / (_HUBER * scale))
        normal = (basis * weight[:, None]).T @ basis / weight.sum() + _RIDGE * np.eye(basis.shape[1])
        fitted = basis @ np.linalg.solve(normal, (basis * weight[:, None]).T @ away[known] / weight.sum())
        residual = away[known] - fitted
    away = np.full(len(values), np.nan)
    away[known] = residual - np.median(residual)
    return away


def spread(values: Array) -> float:
    """Robust standard deviation: 1.4826 times the median distance from the median; 0 without a value."""
    known = values[np.isfinite(values)]
    return 1.4826 * float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0


def calmed(values: Array, window: int) -> Array:
    """Values (T,) calmed over `window` frames: a median over three, and for more than that then a mean.

    Unknown ones are left out of it as far as they can be, and left unknown.
    """
    known = np.isfinite(values)
    if window <= 1 or known.sum() < window:
        return values
    filled = np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
    calm = median_filter(filled, min(window, 3), mode="nearest")
    if window > 3:
        calm = uniform_filter1d(calm, window - 2, mode="nearest")
    return np.where(known, calm, np.nan)


def steadied(values: Array) -> Array:
    """Values (T,) of one shot less their median over the 31 frames around: what drifts is gone.

    So is what lasts longer than 15 frames.
    """
    known = np.isfinite(values)
    if known.sum() < _DRIFT // 2:
        return values
    filled = np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])
    return np.asarray(values - median_filter(filled, _DRIFT, mode="reflect"))


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
