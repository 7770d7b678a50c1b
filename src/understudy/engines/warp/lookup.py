"""Pictures looked up between their pixels, added up where they are wanted and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]

_SHARPNESS = np.float32(-0.75)
"""The free parameter of the cubic kernel, as OpenCV has it."""


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _cubic(t):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Weights of the four samples around a place that lies `t` in [0, 1) past the second."""
    a, one = _SHARPNESS, np.float32(1)
    ahead, back = t + one, one - t
    first = ((a * ahead - np.float32(5) * a) * ahead + np.float32(8) * a) * ahead - np.float32(4) * a
    second = ((a + np.float32(2)) * t - (a + np.float32(3))) * t * t + one
    third = ((a + np.float32(2)) * back - (a + np.float32(3))) * back * back + one
    return first, second, third, one - first - second - third


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _around(place, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The four samples around a place, the outermost ones repeated; unsigned, which spares a test each."""
    last = size - 1
    return (
        np.uintp(min(max(place - 1, 0), last)),
        np.uintp(min(max(place, 0), last)),
        np.uintp(min(max(place + 1, 0), last)),
        np.uintp(min(max(place + 2, 0), last)),
    )


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _add(picture, where, share, gain, total):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width = picture.shape[:2]
    # far outside is as good as just outside, and fits an integer
    low, high = np.float32(-4), np.float32(max(height, width) + 4)
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            weight = share[y, x]
            if weight == 0:
                continue
            px = min(max(where[y, x, 0], low), high)
            py = min(max(where[y, x, 1], low), high)
            column, row = int(np.floor(px)), int(np.floor(py))
            a0, a1, a2, a3 = _cubic(px - np.float32(column))
            b0, b1, b2, b3 = _cubic(py - np.float32(row))
            x0, x1, x2, x3 = _around(column, width)
            y0, y1, y2, y3 = _around(row, height)
            p = picture
            for c in range(3):
                r0 = a0 * p[y0, x0, c] + a1 * p[y0, x1, c] + a2 * p[y0, x2, c] + a3 * p[y0, x3, c]
                r1 = a0 * p[y1, x0, c] + a1 * p[y1, x1, c] + a2 * p[y1, x2, c] + a3 * p[y1, x3, c]
                r2 = a0 * p[y2, x0, c] + a1 * p[y2, x1, c] + a2 * p[y2, x2, c] + a3 * p[y2, x3, c]
                r3 = a0 * p[y3, x0, c] + a1 * p[y3, x1, c] + a2 * p[y3, x2, c] + a3 * p[y3, x3, c]
                total[y, x, c] += weight * gain[c] * (b0 * r0 + b1 * r1 + b2 * r2 + b3 * r3)


EVEN = np.ones(3, np.float32)
"""No gain in any channel."""


def add_looked_up(
    picture: Floats, where: Floats, share: Floats, total: Floats, gain: npt.NDArray[Any] = EVEN
) -> None:
    """Add `share` times `gain` times `picture`, looked up at `where`, to `total`.

    picture (h, w, 3); where (H, W, 2), x and y in pixels of `picture`, beyond which its rim goes on; share
    (H, W), where 0 nothing is looked up; gain (3,) by channel; total (H, W, 3).

    The lookup is cubic (Keys, "Cubic convolution interpolation for digital image processing", 1981) at the
    exact place: OpenCV's remap takes twice as long and rounds to a 32nd of a pixel. It may overshoot [0, 1].
    """
    _add(picture, where, share, gain.astype(np.float32, copy=False), total)
