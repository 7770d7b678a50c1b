"""Painted colours that follow a face and its light.

What is kept is the logarithm of the repaired colour over the film's at the keyframe: multiplied onto another
frame it takes on that frame's light. That alone is as exact as the registration: where a sharp flaw is undone
half a pixel beside itself, a bright and a dark rim stay. So where a change is sharp, the frame's own detail
is put aside and the keyframe's repaired detail takes its place; only what the frame shows differently on the
large, its light and broad expression, is kept. With l = log frame - log keyframe, and G a Gaussian,

    log repaired = log frame + change - matte lock (l - G l)

where `lock` is 0 for a change that is smooth and 1 for one that is sharp; the matte is in the change already.
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
_SHARP = 0.03
_LIGHT = 0.06
"""Standard deviations in eye distances: what is sharp in a change, and what of a frame is light."""
_STRONG = 0.04
"""A sharp change of that size, as a logarithm, is locked."""


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
    change = where.draw(patch.change) * where.facing[..., None]
    lock = np.clip(where.draw(sharpness(patch), smooth=True), 0, 1)
    if lock.max() > 0:
        known = (where.draw(patch.seen, smooth=True) > 250).astype(np.float32)
        rest = (logs - logarithm(np.clip(where.draw(patch.base) / np.float32(255), 0, 1))) * known[..., None]
        sigma = max(1.0, _LIGHT * unit)
        weight = np.maximum(cv2.GaussianBlur(known, (0, 0), sigma), 1e-3)[..., None]
        light = cv2.GaussianBlur(rest, (0, 0), sigma) / weight
        change = change - (seen_matte(placed) * lock * known)[..., None] * (rest - light)
    return np.asarray(change, np.float32)


def sharpness(patch: Patch) -> Floats:
    """How sharp a patch's change is at each texel, (h, w) in [0, 1]: the `lock` above."""
    if patch.change is None:
        return np.zeros_like(patch.matte)
    unit = texel_unit(patch.sheet.size)
    sigma = max(1.0, _SHARP * unit)
    sharp = np.abs(patch.change - cv2.GaussianBlur(patch.change, (0, 0), sigma)).max(-1)
    near = cv2.dilate(sharp, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(sigma) + 1,) * 2))
    return np.asarray(np.clip(cv2.GaussianBlur(near, (0, 0), sigma) / _STRONG, 0, 1), np.float32)


def texel_unit(size: int) -> float:
    """Texels between the outer corners of the eyes."""
    return float(np.linalg.norm(places()[33] - places()[263])) * size
