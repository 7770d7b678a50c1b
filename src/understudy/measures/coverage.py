"""What was replaced, what should have been, and what must not have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.measures.picture import Matte
from understudy.pixels import Picture


def matte_iou(found: Matte, truth: Matte) -> float:
    """Intersection over union of two mattes, both cut at 0.5; 1 where both are empty.

    Target for occluders >= 0.95.
    """
    a, b = found > 0.5, truth > 0.5
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def painted_over(matte: Matte, occluder: Matte) -> float:
    """Part of a true occluder's pixels (matte above 0.5) that were replaced, 0..1; 0 without one.

    Target <= 0.01. Only the occluder's part before the face should be given, or a hand in the air dilutes the
    figure.
    """
    hidden = occluder > 0.5
    total = np.count_nonzero(hidden)
    return np.count_nonzero(hidden & (matte > 0.5)) / total if total else 0.0


def missed_frames(
    expected: npt.NDArray[np.integer[Any]], found: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.int64]:
    """Frame numbers that are in `expected` and not in `found`, ascending, each once."""
    return np.setdiff1d(expected, found).astype(np.int64)


@dataclass(frozen=True)
class OutsideChange:
    """Change where nothing was to be replaced: its peak in 8-bit code values, and the part of the pixels."""

    largest: float
    part: float


def outside_change(result: Picture, plate: Picture, matte: Matte) -> OutsideChange:
    """How far the result differs from the plate where the matte is exactly 0.

    Before encoding both figures must be 0, bit for bit; after it they are the codec's.
    """
    if result.dtype != plate.dtype:
        raise ValueError(f"result and plate differ in type: {result.dtype} and {plate.dtype}")
    outside = matte == 0
    count = np.count_nonzero(outside)
    if not count:
        return OutsideChange(0.0, 0.0)
    low, high = np.minimum(result, plate)[outside], np.maximum(result, plate)[outside]
    apart = (high - low).max(-1)
    scale = 255 / (np.iinfo(apart.dtype).max if apart.dtype.kind == "u" else 1)
    return OutsideChange(float(apart.max()) * scale, np.count_nonzero(apart) / count)
