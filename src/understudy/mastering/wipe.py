"""A wipe from plate to result, to be watched."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]

PERIOD = 4.0
"""Seconds that the line takes across the picture and back."""


def wipe_position(seconds: float) -> float:
    """Where the line stands, in [0, 1] of the width: from a quarter to three quarters and back, smoothly."""
    return 0.5 - 0.25 * float(np.cos(2 * np.pi * seconds / PERIOD))


def wipe(plate: Image, result: Image, position: float) -> Image:
    """The plate left of the line and the result right of it, (H, W, 3); both of one shape and type."""
    if plate.shape != result.shape or plate.dtype != result.dtype:
        raise ValueError(f"{plate.shape} {plate.dtype} and {result.shape} {result.dtype} cannot be compared")
    width = plate.shape[1]
    line = round(np.clip(position, 0.0, 1.0) * width)
    mixed = result.copy()
    mixed[:, :line] = plate[:, :line]
    thickness = max(1, width // 640)
    mixed[:, max(0, line - thickness) : line + thickness] = np.iinfo(plate.dtype).max
    return mixed
