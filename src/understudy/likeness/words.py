"""Numbers of faces in plain words: directions, ranges, frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LIT = 0.15
_STEP = 5


def degrees(values: Array, step: int = _STEP) -> str:
    """The bulk of some angles, as "35-50°"; rounded to steps."""
    low, high = (step * round(float(np.percentile(np.abs(values), q)) / step) for q in (5, 95))
    return f"{low}°" if low == high else f"{low}-{high}°"


def lit_from(x: Array, y: Array) -> str:
    """Where the light comes from, on the whole: "lit from camera-left and above", or "lit evenly"."""
    mean_x, mean_y = float(np.mean(x)), float(np.mean(y))
    sides = []
    if abs(mean_x) > _LIT:
        sides.append("camera-right" if mean_x > 0 else "camera-left")
    if abs(mean_y) > 2 * _LIT:
        sides.append("below" if mean_y > 0 else "above")
    return f"lit from {' and '.join(sides)}" if sides else "lit evenly"


def percent(share: float) -> str:
    """A share of the plate, as "12 %"."""
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def ranges(frames: npt.NDArray[np.integer[Any]], gap: int = 5, most: int = 3) -> str:
    """Frames in words, the longest stretches first named: "frames 12-60, 88-91 and 3 more stretches".

    Gaps of up to `gap` frames do not part a stretch.
    """
    numbers = np.unique(frames)
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > gap) + 1)
    longest = sorted(sorted(parts, key=lambda part: -len(part))[:most], key=lambda part: int(part[0]))
    words = [str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in longest]
    text = ", ".join(words)
    if len(parts) > most:
        text += f" and {len(parts) - most} more"
    return f"frame {text}" if len(numbers) == 1 else f"frames {text}"


def joined(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
