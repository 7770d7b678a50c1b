"""The CIEDE2000 colour difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def ciede2000(
    one: npt.NDArray[np.floating[Any]], other: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float64]:
    """Delta E 2000 of two L*a*b* arrays (..., 3): (...). 1 is about what an eye just sees.

    Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data
    and mathematical observations", Color Research & Application 2005; names and equation numbers follow it.
    k_L, k_C and k_H are 1.
    """
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(x, np.float64), -1, 0) for x in (one, other))
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(_saturation(mean_chroma)))  # (4)
    c1, h1 = _polar((1 + g) * a1, b1)
    c2, h2 = _polar((1 + g) * a2, b2)

    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)  # (10)
    # Half a turn apart is +180 in the paper, whichever way round.
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))  # (8) (9) (11)

    lightness, c = (l1 + l2) / 2, (c1 + c2) / 2
    far = np.abs(h1 - h2) > 180
    h = np.where(grey, h1 + h2, (h1 + h2 + np.where(far, np.where(h1 + h2 < 360, 360, -360), 0)) / 2)  # (14)
    t = (
        1
        - 0.17 * np.cos(np.radians(h - 30))
        + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6))
        - 0.20 * np.cos(np.radians(4 * h - 63))
    )  # (15)
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c = 1 + 0.045 * c
    s_h = 1 + 0.015 * c * t
    rotation = 30 * np.exp(-(((h - 275) / 25) ** 2))
    r_t = -np.sin(np.radians(2 * rotation)) * 2 * np.sqrt(_saturation(c))
    x, y, z = dl / s_l, dc / s_c, dh / s_h
    return np.asarray(np.sqrt(np.maximum(x**2 + y**2 + z**2 + r_t * y * z, 0)))


def _saturation(chroma: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(chroma**7 / (chroma**7 + 25.0**7))


def _polar(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
