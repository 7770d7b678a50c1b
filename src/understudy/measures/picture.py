"""How measures read pictures: Lab, the box of a matte, the regions of a face."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.pixels import Floats, Picture, to_float

Matte = npt.NDArray[Any]
"""(H, W) in [0, 1], float or bool."""
Box = tuple[slice, slice]
Region = Literal["face", "eyes", "mouth", "inner mouth"]


def lab(picture: Picture) -> Floats:
    """CIE L*a*b* (D65; L in 0..100), (H, W, 3) float32, of values taken for sRGB."""
    return cv2.cvtColor(to_float(picture), cv2.COLOR_RGB2LAB)


def weights(matte: Matte) -> Floats:
    """The matte as contiguous float32."""
    return np.ascontiguousarray(matte, np.float32)


def box_of(matte: Matte, margin: int = 0) -> Box | None:
    """The smallest box around everything above 0, and `margin` pixels more; None where nothing is."""
    x, y, across, down = cv2.boundingRect((matte > 0).view(np.uint8))
    if not across:
        return None
    return slice(max(0, y - margin), y + down + margin), slice(max(0, x - margin), x + across + margin)


def join(one: Box | None, other: Box | None) -> Box | None:
    """The smallest box around two."""
    if one is None or other is None:
        return one or other
    return (
        slice(min(one[0].start, other[0].start), max(one[0].stop, other[0].stop)),
        slice(min(one[1].start, other[1].start), max(one[1].stop, other[1].stop)),
    )


def interocular(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Distance of the outer eye corners, (...), of landmarks (..., 478, 2 or 3).

    With depth it is taken in three dimensions, so that a head that turns keeps its size.
    """
    corners = np.asarray(landmarks, np.float64)
    return np.linalg.norm(
        corners[..., mesh.RIGHT_EYE_CORNERS[0], :] - corners[..., mesh.LEFT_EYE_CORNERS[0], :], axis=-1
    )


def region_matte(
    landmarks: npt.NDArray[np.floating[Any]],
    height: int,
    width: int,
    region: Region = "face",
    grow: float = 0.0,
) -> Floats:
    """A hard matte (H, W) in {0, 1} of a region of the face with (478, 2 or 3) `landmarks` in pixels.

    face: inside the mesh's outline; eyes: inside the lids; mouth: inside the outer lips; inner mouth: inside
    the inner ones. `grow` widens it
    (or, below 0, narrows it) by that part of the inter-ocular distance.
    """
    outlines: dict[Region, list[tuple[int, ...]]] = {
        "face": [mesh.FACE_OVAL],
        "eyes": [mesh.RIGHT_EYE, mesh.LEFT_EYE],
        "mouth": [mesh.LIPS_OUTER],
        "inner mouth": [mesh.LIPS_INNER],
    }
    matte = np.zeros((height, width), np.uint8)
    for outline in outlines[region]:
        points = np.round(landmarks[list(outline), :2] * 16).astype(np.int32)
        cv2.fillPoly(matte, [points], 1, shift=4)
    reach = grow * float(interocular(landmarks))
    # what is farther off is neither in the region nor decides what is
    near = box_of(matte, margin=2 + max(0, int(np.ceil(reach))))
    if reach and near is not None:
        if reach > 0:
            matte[near] = _distance((matte[near] == 0).astype(np.uint8)) <= reach
        else:
            matte[near] = _distance(matte[near]) > -reach
    return matte.astype(np.float32)


def _distance(inside: npt.NDArray[np.uint8]) -> Floats:
    """Of every pixel to the nearest that is 0; the frame's border is no edge."""
    return cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5)
