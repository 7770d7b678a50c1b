"""Whether teeth and tongue are sharp."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.measures.picture import region_matte, weights
from understudy.measures.texture import band_energies
from understudy.measures.timing import lips
from understudy.pixels import Picture, luma

Array = npt.NDArray[np.float64]

OPEN = 0.06
"""Gap of the lips, as in `timing.lips`, from which on there is something to see between them."""

_NEIGHBOURS = 5
_LEAST_PIXELS = 20
_WITHIN = -0.01
"""Narrows the mouth by that part of the inter-ocular distance: the lips' own edge is no teeth."""


def mouth_detail(picture: Picture, landmarks: npt.NDArray[np.floating[Any]]) -> float:
    """Contrast of the detail between the lips of the face with `landmarks` (478, 3).

    Root of the energy of the two finest bands (`texture.band_energies`) inside the inner lips, over the mean
    luma of the face, so that exposure does not count. NaN for a mouth that is closed (`OPEN`) or too small to
    see into. It depends on the picture's scale: compare faces of one size.
    """
    if not lips(landmarks[None])[0] >= OPEN:
        return np.nan
    height, width = picture.shape[:2]
    inside = region_matte(landmarks, height, width, "inner mouth", grow=_WITHIN)
    if np.count_nonzero(inside) < _LEAST_PIXELS:
        return np.nan
    face = weights(region_matte(landmarks, height, width, "face"))
    brightness = float((luma(picture) * face).sum(dtype=np.float64) / face.sum(dtype=np.float64))
    detail = float(np.sqrt(band_energies(picture, inside)[:2].sum()))
    return detail / brightness if brightness > 0 else np.nan


def detail_over(details: Array, openings: Array, own: Array, own_openings: Array) -> Array:
    """Each mouth's detail over what the likeness's own mouth has when it is open as far, (T,). Target >= 0.8.

    `details` (T,) and `own` (N,) are from `mouth_detail`, at one size of face; the openings from
    `timing.lips`. The likeness counts by the median of its five nearest openings; NaN where either has
    nothing to show.
    """
    ratios = np.full(len(details), np.nan)
    seen = np.isfinite(own) & (own > 0)
    if not seen.any():
        return ratios
    for row in np.flatnonzero(np.isfinite(details)):
        nearest = np.argsort(np.abs(own_openings[seen] - openings[row]), kind="stable")[:_NEIGHBOURS]
        ratios[row] = details[row] / np.median(own[seen][nearest])
    return ratios
