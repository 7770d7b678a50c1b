"""Where cloned colours come from: the same face in another picture, brought to where it is in this one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.pixels import Floats, to_bytes, to_float
from understudy.retouch.canvas import Area, carried, chart, eye_distance, widened
from understudy.retouch.registering import short_flow
from understudy.retouch.scene import Image

Points = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Brought:
    """A face of another picture as it lies in this one: colours (h, w, 3), and where there are any."""

    picture: Floats = field(repr=False)
    known: npt.NDArray[np.bool_] = field(repr=False)


def brought(other: Image, there: Points, landmarks: Points, area: Area, like: Image | None = None) -> Brought:
    """Another picture (H, W, 3) with the face `there` (478, 3), over an area of the frame with `landmarks`.

    like   the frame, where both show the same face: flow then mends what the mesh leaves
    """
    place = carried(landmarks, area, widened(there)[:, :2])
    seen = chart(landmarks, area)
    known = seen.covered & (seen.facing > 0.05)
    inside = (place >= 0).all(-1) & (place <= np.array(other.shape[1::-1], np.float32) - 1).all(-1)
    known &= inside
    place[~known] = -1e4
    if like is not None and min(area.shape) >= 16:
        drawn = _drawn(to_bytes(other), place)
        ours = to_bytes(like[area.within])
        way = short_flow(ours, np.where(known[..., None], drawn, ours), known, eye_distance(landmarks))
        y, x = np.indices(known.shape, np.float32)
        moved = cv2.remap(
            place, x + way[..., 0], y + way[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        core = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        place = np.where((core & (moved.min(-1) >= 0))[..., None], moved, place)
    return Brought(_drawn(to_float(other), place), known)


def _drawn(picture: npt.NDArray[Any], place: npt.NDArray[Any]) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = cv2.remap(
        picture, place.astype(np.float32), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return drawn


def in_the_light_of(picture: Floats, film: Floats, matte: Floats, unit: float) -> Floats:
    """A picture in the broad colours that the film has around a matte; all (h, w, 3), or (h, w) in [0, 1].

    The ratio of both is taken where the matte is not, and carried across it.
    """
    weight = np.clip(1.0 - matte, 0.0, 1.0) ** 2 + 1e-4
    ratio = np.log(np.maximum(film, 0) + 0.03) - np.log(np.maximum(picture, 0) + 0.03)
    sigma = max(2.0, 0.12 * unit)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    broad = cv2.GaussianBlur(ratio * weight[..., None], (0, 0), sigma) / np.maximum(total, 1e-6)
    return np.asarray((np.maximum(picture, 0) + 0.03) * np.exp(broad) - 0.03, np.float32)
