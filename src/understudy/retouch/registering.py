"""Where a patch lies in a frame: by the mesh first, and to a fraction of a pixel by what is seen.

The mesh of a frame says about where each texel is. The patch's picture is drawn there and compared with the
frame by optical flow (DIS: Kroeger et al., ECCV 2016), both with their light taken out, so that a moving lamp
is not taken for a moving face. What flow finds is smooth and short: it mends the mesh, it does not replace
it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.pixels import to_bytes
from understudy.retouch.canvas import Area, chart, eye_distance
from understudy.retouch.patch import Patch

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

_LONG = 320
"""Longer side of the pictures that flow is computed on: beyond it they are halved."""
_BESIDE = 0.15
"""What is looked at around a matte, in eye distances."""
_FARTHEST = 0.05
"""How far flow may lead away from the mesh, in eye distances."""
_LIGHT = 0.1
_SMOOTH = 0.03
"""Standard deviations of what is taken for light, and of the flow's smoothing, in eye distances."""
_EDGE_ON, _FACING = 0.08, 0.3
"""Cosines between skin and view up to which an edit is not seen, and from which it is seen wholly."""
_TORN, _WHOLE = 0.2, 0.45
"""The same for how much of the canonical face is in a pixel, see `Chart.density`."""


@dataclass(frozen=True)
class Lie:
    """Where a patch lies in a frame.

    area     the part of the frame in which its matte is seen, and a little around it
    texels   (h, w, 2) float32: column and row of the sheet at each pixel, far outside where it is not seen
    facing   (h, w) float32 in [0, 1]: how well the skin is seen
    """

    area: Area
    texels: Floats = field(repr=False)
    facing: Floats = field(repr=False)

    def draw(self, picture: npt.NDArray[Any], smooth: bool = False) -> npt.NDArray[Any]:
        """A picture of the sheet's size as the frame shows it, (h, w) or (h, w, C); 0 outside."""
        way = cv2.INTER_LINEAR if smooth else cv2.INTER_CUBIC
        drawn: npt.NDArray[Any] = cv2.remap(
            picture, self.texels, None, way, borderMode=cv2.BORDER_CONSTANT, borderValue=0
        )
        return drawn


class _Flow(threading.local):
    """One flow engine a thread: it keeps buffers."""

    def __init__(self) -> None:
        self.engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.engine.setFinestScale(0)


_flow = _Flow()


def lie(patch: Patch, landmarks: npt.NDArray[np.floating[Any]], picture: npt.NDArray[Any]) -> Lie | None:
    """Where `patch` lies on a face (478, 3) of a frame (H, W, 3); None where it is not to be seen there."""
    height, width = picture.shape[:2]
    area = patch.sheet.area_in(landmarks, 2.0, height, width)
    if area.empty:
        return None
    found = chart(landmarks, area)
    texels = patch.sheet.texels(found.place)
    texels[~found.covered] = -1e4
    facing = np.clip((found.facing - _EDGE_ON) / (_FACING - _EDGE_ON), 0, 1)
    whole = np.clip((found.density - _TORN) / (_WHOLE - _TORN), 0, 1)
    facing = (facing * cv2.blur(whole, (3, 3))).astype(np.float32)
    unit = eye_distance(landmarks)
    by_mesh = Lie(area, texels, facing)
    mended = Lie(area, _mended(patch, by_mesh, to_bytes(picture[area.within]), unit), facing)
    return _cut(mended, patch, max(4.0, _BESIDE * unit))


def _cut(whole: Lie, patch: Patch, margin: float) -> Lie | None:
    """What is around the matte; the rest of the sheet has only been needed to register it."""
    rows, columns = np.nonzero(whole.draw(patch.matte, smooth=True) * whole.facing > 0)
    if not len(rows):
        return None
    height, width = whole.facing.shape
    tight = Area(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    part = tight.grown(margin, height, width)
    x, y = whole.area.x0, whole.area.y0
    area = Area(part.x0 + x, part.y0 + y, part.x1 + x, part.y1 + y)
    texels, facing = (np.ascontiguousarray(each[part.within]) for each in (whole.texels, whole.facing))
    return Lie(area, texels, facing)


def _mended(patch: Patch, by_mesh: Lie, picture: Bytes, unit: float) -> Floats:
    """Texels (h, w, 2) after flow."""
    seen = (by_mesh.draw(patch.seen, smooth=True) > 250) & (by_mesh.facing > 0)
    if min(seen.shape) < 16 or seen.sum() < 64:
        return by_mesh.texels
    drawn = np.where(seen[..., None], by_mesh.draw(patch.base), picture)
    way = short_flow(picture, drawn, seen, unit)
    y, x = np.indices(seen.shape, np.float32)
    outside = by_mesh.texels[..., 0] < -1e3
    moved: Floats = cv2.remap(
        by_mesh.texels, x + way[..., 0], y + way[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    # Beside what is off the face, interpolation would mix places with no places.
    mixed = cv2.dilate(outside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    torn = (np.abs(moved - by_mesh.texels).max(-1) > 0.2 * patch.sheet.size) | mixed
    return np.where(torn[..., None], by_mesh.texels, moved).astype(np.float32)


def short_flow(picture: Bytes, drawn: Bytes, seen: npt.NDArray[np.bool_], unit: float) -> Floats:
    """Flow (h, w, 2) in pixels: `picture` at p shows what `drawn` shows at p + flow(p). Both (h, w, 3).

    seen   where `drawn` is known: elsewhere flow is carried over from there
    unit   eye distance, pixels
    """
    step = 1
    while max(seen.shape) > _LONG * step and min(seen.shape) >= 32 * step:
        step *= 2
    size = (max(16, seen.shape[1] // step), max(16, seen.shape[0] // step))
    ratio = np.array([seen.shape[1] / size[0], seen.shape[0] / size[1]], np.float32)
    small = unit / float(ratio.mean())
    one, other = (_without_light(_grey(each, size), _LIGHT * small) for each in (picture, drawn))
    known: Floats = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    way = _flow.engine.calc(one, other, None)
    blur = max(1.0, _SMOOTH * small)
    weight = cv2.GaussianBlur(known, (0, 0), blur)
    way = cv2.GaussianBlur(way * known[..., None], (0, 0), blur) / np.maximum(weight, 1e-3)[..., None]
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    way = way * np.minimum(1.0, _FARTHEST * small / np.maximum(length, 1e-6))
    if step > 1:
        way = cv2.resize(way, (seen.shape[1], seen.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(way * ratio, np.float32)


def _grey(picture: Bytes, size: tuple[int, int]) -> Floats:
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    if grey.shape[::-1] != size:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def _without_light(grey: Floats, sigma: float) -> Bytes:
    """Local mean and contrast made the same everywhere."""
    sigma = max(2.0, sigma)
    rest = grey - cv2.GaussianBlur(grey, (0, 0), sigma)
    contrast = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), sigma) + 9.0)
    return np.asarray(np.clip(128.0 + 45.0 * rest / contrast, 0, 255), np.uint8)
