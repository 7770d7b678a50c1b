"""Painted colours that follow a face and its light.

What is kept is the logarithm of the repaired colour over the film's at the keyframe. Multiplied onto another
frame it takes on that frame's light, but it is no more exact than the registration: half a pixel beside
itself a sharp flaw leaves a bright and a dark rim. So the frame is compared with the keyframe, drawn where it
lies:

    x = log frame - log keyframe - light,    log repaired = log frame + change - matte limited(x)

`light` is what both differ by around the matte, carried across it. What is left, x, is grain, which is kept;
what is about as large as the change nearby, which is the flaw itself lying or lit a little otherwise, and is
taken out; and what is much larger, which is another expression, and is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from understudy.pixels import Floats
from understudy.retouch.canvas import Area, places
from understudy.retouch.patch import Patch
from understudy.retouch.registering import Lie

DARK = 0.03
"""Added before logarithms are taken: below it, ratios are grain."""
_LIGHT = 0.1
"""Standard deviation of what is taken for light, in eye distances."""
_INSIDE = 0.1
"""How much a pixel in the matte tells of the light, of one beside it."""
_NEAR = 0.015
"""How far around a change of some size as much may be amiss, in eye distances."""
_MOST = 1.2
"""Differences that many times the change are half taken out, larger ones less and less."""
_GRAIN = 1.5
"""Standard deviations of the film's grain that are left alone."""


@dataclass(frozen=True)
class Placed:
    """A patch where it lies in a frame, and its share among the keys of its edit."""

    patch: Patch = field(repr=False)
    share: float
    lie: Lie = field(repr=False)


def logarithm(picture: Floats) -> Floats:
    """Of a picture in [0, 1]."""
    return np.asarray(np.log(np.maximum(picture, 0.0) + DARK), np.float32)


def exponential(value: Floats) -> Floats:
    """Undoes `logarithm`."""
    return np.asarray(np.exp(value) - DARK, np.float32)


def matte_of(placed: Sequence[Placed], area: Area) -> Floats:
    """The matte of an edit over an area, (h, w) in [0, 1]."""
    whole = np.zeros(area.shape, np.float32)
    for each in placed:
        whole[inside(each.lie.area, area)] += each.share * seen_matte(each)
    return whole


def seen_matte(placed: Placed) -> Floats:
    """One patch's matte as the frame shows it, (h, w) of its own area."""
    drawn = placed.lie.draw(placed.patch.matte, smooth=True)
    return np.asarray(np.clip(drawn, 0, 1) * placed.lie.facing, np.float32)


def painted(region: Floats, area: Area, placed: Sequence[Placed], strength: float, unit: float) -> Floats:
    """A part of a frame (h, w, 3) with painted patches on it; `unit` is the eye distance in pixels."""
    change = np.zeros_like(region)
    logs = logarithm(region)
    for each in placed:
        if each.patch.change is not None:
            where = inside(each.lie.area, area)
            change[where] += each.share * _correction(each, logs[where], unit)
    touched = np.any(change != 0, axis=-1, keepdims=True)
    return np.where(touched, exponential(logs + np.float32(strength) * change), region)


def inside(small: Area, large: Area) -> tuple[slice, slice]:
    """Rows and columns of one area in another that holds it."""
    y, x = small.y0 - large.y0, small.x0 - large.x0
    return slice(y, y + small.shape[0]), slice(x, x + small.shape[1])


def _correction(placed: Placed, logs: Floats, unit: float) -> Floats:
    patch, where = placed.patch, placed.lie
    assert patch.change is not None
    change = where.draw(patch.change)
    inside = np.clip(4.0 * where.draw(patch.matte, smooth=True), 0.0, 1.0)
    known = (where.draw(patch.seen, smooth=True) > 250).astype(np.float32)
    apart = (logs - logarithm(np.clip(where.draw(patch.base) / np.float32(255), 0, 1))) * known[..., None]
    sigma = max(1.0, _LIGHT * unit)
    weight = known * (1.0 - (1.0 - _INSIDE) * inside)
    total = np.maximum(broad(weight, sigma), 1e-4)[..., None]
    rest = apart - broad(apart * weight[..., None], sigma) / total
    amiss = limited(rest, _around(change, max(1.0, _NEAR * unit)), _grain(rest, weight))
    change -= (inside * known)[..., None] * amiss
    # Bicubic drawing overshoots by a texel: outside the matte nothing changes at all.
    return np.asarray((where.facing * (inside > 0))[..., None] * change, np.float32)


def limited(rest: Floats, change: Floats, grain: float) -> Floats:
    """Of what a frame differs by from the keyframe, what is a flaw lying elsewhere; all are logarithms.

    Nothing up to the grain, all that is as large as the change, and again nothing of what is far larger
    (the shape is Geman and McClure's).
    """
    more = rest - np.clip(rest, -grain, grain)
    part = more / np.maximum(_MOST * change, 1e-6)
    part *= part
    return np.asarray(more / (1.0 + part * part), np.float32)


def broad(picture: Floats, sigma: float) -> Floats:
    """A Gaussian's low-pass of (h, w) or (h, w, C); a wide one is made on a smaller picture."""
    step = int(sigma // 3)
    height, width = picture.shape[:2]
    if step < 2 or min(height, width) < 8 * step:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    small = cv2.resize(picture, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _around(change: Floats, radius: float) -> Floats:
    """The largest change nearby, of any channel's size, (h, w, 3)."""
    size = 2 * round(radius) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = cv2.dilate(np.abs(change), disc)
    return np.asarray(cv2.GaussianBlur(near, (0, 0), radius), np.float32)


def _grain(rest: Floats, weight: Floats) -> float:
    """How much frame and keyframe differ where nothing was changed: the film's grain, as a logarithm."""
    beside = np.abs(rest[weight > 0.9])
    return _GRAIN * 1.4826 * float(np.median(beside)) if len(beside) >= 16 else 0.0


def texel_unit(size: int) -> float:
    """Texels between the outer corners of the eyes."""
    return float(np.linalg.norm(places()[33] - places()[263])) * size
