"""A bad frame put together from the good ones before and after it."""

from __future__ import annotations

import cv2
import numpy as np

from understudy.geometry.matte import face_matte
from understudy.pixels import Floats, to_float
from understudy.retouch.canvas import NOWHERE, Area, eye_distance
from understudy.retouch.edits import Edit
from understudy.retouch.painting import broad, exponential, logarithm
from understudy.retouch.patch import Patches
from understudy.retouch.scene import Moment, store
from understudy.retouch.sources import brought

_SOFT = 0.06
"""Over which the held face goes over into the frame, in eye distances."""
_LIGHT = 0.35


def hold(moment: Moment, edit: Edit, strength: float, _: Patches) -> Area:
    """The face as it was in the frames around the edit's range, moved to where it is now; says where.

    Before and after count by their nearness; at an end of the track the one that there is is held. The plate
    says where the face is, so blinks and speech of the bad frames are taken over by the mesh, and their broad
    light is the plate's. Around the face the frame stays.
    """
    height, width = moment.image.shape[:2]
    unit = eye_distance(moment.landmarks)
    area = Area.of(moment.landmarks, 0.1 * unit, height, width)
    parts: list[tuple[float, Floats]] = []
    known = np.ones(area.shape, bool)
    for frame in (edit.first - 1, edit.last + 1):
        there = moment.scene.landmarks(edit.track, frame) if 0 <= frame < moment.scene.frames else None
        if there is None:
            continue
        # Flow towards a bad frame would follow what is wrong with it: between good frames the mesh is steady.
        found = brought(moment.scene.result(frame), there, moment.landmarks, area)
        parts.append((1.0 / abs(frame - moment.frame), _lit(moment, area, frame, there, found.picture, unit)))
        known &= found.known
    if not parts or area.empty:
        return NOWHERE
    total = sum(weight for weight, _ in parts)
    held = np.zeros((*area.shape, 3), np.float32)
    for weight, picture in parts:
        held += np.float32(weight / total) * picture
    inside = np.array(moment.landmarks, np.float64)
    inside[:, :2] -= (area.x0, area.y0)
    matte = face_matte(inside, *area.shape) * known
    soft = max(0.5, _SOFT * unit)
    matte = np.clip(2 * cv2.GaussianBlur(matte, (0, 0), soft, borderType=cv2.BORDER_CONSTANT) - 1, 0, 1)
    region = to_float(moment.image[area.within])
    store(region + np.float32(strength) * matte[..., None] * (held - region), region, moment.image, area)
    return area


def _lit(moment: Moment, area: Area, frame: int, there: Floats, picture: Floats, unit: float) -> Floats:
    """A held picture in the light that the plate has now, of which it had another then."""
    now = to_float(moment.scene.plate(moment.frame)[area.within])
    then = brought(moment.scene.plate(frame), there, moment.landmarks, area)
    apart = (logarithm(now) - logarithm(then.picture)) * then.known[..., None]
    sigma = max(2.0, _LIGHT * unit)
    weight = np.maximum(broad(then.known.astype(np.float32), sigma), 1e-3)[..., None]
    return exponential(logarithm(picture) + broad(apart, sigma) / weight)
