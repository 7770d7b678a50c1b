"""Where eyes glint. A glint is a reflection of the light in the cornea: it is the plate's, whoever is shown.

It lies half way between the light and the camera, and keeps its place beside the iris. So the likeness's own
are taken out, in lessons as on the plate, and the plate's are put in as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.floating[Any]]

_IRISES = (mesh.RIGHT_IRIS, mesh.LEFT_IRIS)
_REACH = 1.5
"""Glints are looked for within so many radii of the iris: on the cornea and on the wet white beside it."""
_WIDEST = 1.6
"""In radii of the iris. What is wider is the white of the eye."""
_BEGINS, _FULL = 1.2, 1.4
"""So many times as bright as what surrounds it (beyond the iris: and as the white of the eye), a place begins
to count as a glint; counts fully."""
_ON_IRIS = 0.75
"""A glint on the iris is at least so bright, against the white of the eye."""
_IN_SHADOW = 0.75
"""The white of an eye counts for at least so much of the other's: in the shadow of a nose nothing glints."""
_DIMMEST = 0.04
_LID = 0.15
"""In radii of the iris: so near to the lids it is the wet line along them that is bright."""


@dataclass(frozen=True)
class _Eye:
    """One eye in a part of a picture: where that is, and in its pixels the lids (N, 2) and the iris."""

    part: tuple[slice, slice]
    lids: Points = field(repr=False)
    centre: Points
    radius: float

    def opening(self) -> Floats:
        """What lies between the lids."""
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(16 * self.lids).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        return mask.astype(np.float32) / 255

    def away(self) -> Floats:
        """How far each pixel is from the middle of the iris, in its radii."""
        rows, columns = np.mgrid[: self.shape[0], : self.shape[1]].astype(np.float32)
        away = np.hypot(columns - self.centre[0], rows - self.centre[1])
        return np.asarray(away / self.radius, np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.part
        return rows.stop - rows.start, columns.stop - columns.start


def glints(picture: Floats, points: Points) -> Floats:
    """How far each pixel of a face `points` (478, 3) in a picture (H, W, 3) in [0, 1] is a glint, (H, W)."""
    found = np.zeros(picture.shape[:2], np.float32)
    eyes = [eye for eye in _eyes(points, picture.shape) if eye is not None]
    darkest = [picture[eye.part].min(axis=-1) for eye in eyes]
    whites = [_white(each, eye) for each, eye in zip(darkest, eyes, strict=True)]
    for eye, each, white in zip(eyes, darkest, whites, strict=True):
        here = _of_eye(each, eye, max(white, _IN_SHADOW * max(whites)))
        np.maximum(found[eye.part], here, out=found[eye.part])
    return found


def _of_eye(darkest: Floats, eye: _Eye, white: float) -> Floats:
    """Glints of an eye whose darkest channel and whose brightness of the white are given."""
    away = eye.away()
    on_iris = np.clip((0.95 - away) / 0.15, 0, 1)
    least = np.maximum(_without_spots(darkest, eye.radius), white * (1 + on_iris * (_ON_IRIS - 1)))
    above = darkest / np.maximum(least, _DIMMEST)
    place = cv2.erode(eye.opening(), _round(_LID * eye.radius))
    place *= np.clip((_REACH - away) * eye.radius + 0.5, 0, 1)
    return np.asarray(place * np.clip((above - _BEGINS) / (_FULL - _BEGINS), 0, 1), np.float32)


def _white(darkest: Floats, eye: _Eye) -> float:
    """How bright the white of an eye is; 0 where too little of it is seen."""
    outside = (eye.opening() > 0.9) & (eye.away() > 1.1)
    return float(np.percentile(darkest[outside], 75)) if np.count_nonzero(outside) >= 6 else 0.0


def without_glints(picture: Floats, points: Points) -> Floats:
    """A picture (H, W, 3) in [0, 1] of a face `points` (478, 3) whose eyes do not glint."""
    found = glints(picture, points)
    if not found.any():
        return picture
    plain = picture.copy()
    for eye in _eyes(points, picture.shape):
        if eye is None:
            continue
        share = cv2.dilate(found[eye.part], _round(max(1.0, eye.radius / 5)))
        here = plain[eye.part]
        filled = _filled(here, eye, share)
        share = cv2.GaussianBlur(share, (0, 0), max(0.5, eye.radius / 12))
        here += share[..., None] * (filled - here)
    return plain


def _filled(picture: Floats, eye: _Eye, share: Floats) -> Floats:
    """What glints hide: an iris is the same all around its middle; elsewhere what lies around them."""
    around, away = _without_spots(picture, eye.radius), eye.away()
    ring = np.minimum((away * max(2, round(eye.radius))).astype(int), 10**6)
    inside = (away < 0.95) & (eye.opening() > 0.9)
    seen = inside & (share < 0.02)
    rings = np.unique(ring[inside])
    known = np.array([each for each in rings if np.count_nonzero(seen & (ring == each)) >= 2])
    if not len(known):
        return around
    colours = np.array([np.median(picture[seen & (ring == each)], axis=0) for each in known])
    iris = np.stack([np.interp(ring, known, colours[:, channel]) for channel in range(3)], axis=-1)
    share_of_iris = np.clip((0.95 - away) * eye.radius, 0, 1)[..., None]
    return np.asarray(around + share_of_iris * (iris - around), np.float32)


def moved(picture: Floats, shown: Points, wanted: Points) -> tuple[Floats, Floats]:
    """The glints of a face on another's eyes: where they were beside the iris, and as large against it.

    picture  (H, W, 3) in [0, 1], shows the face
    shown    its landmarks (478, 3)
    wanted   those of the other, in the same picture

    Returns their colours there (H, W, 3), and how far they are to be shown (H, W).
    """
    found = glints(picture, shown)
    colours, shares = np.zeros_like(picture), np.zeros_like(found)
    for ring, eye in zip(_IRISES, _eyes(wanted, picture.shape), strict=True):
        if eye is None:
            continue
        before, old = _iris(shown, ring)
        scale = eye.radius / old
        matrix = np.array([[scale, 0, 0], [0, scale, 0]])
        matrix[:, 2] = eye.centre - scale * before
        height, width = eye.shape
        share = cv2.warpAffine(found, matrix, (width, height), flags=cv2.INTER_LINEAR)
        # what else glints there is the other eye's
        share *= eye.opening() * (eye.away() < _REACH + 0.5)
        if not share.any():
            continue
        there = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR)
        # one colour: at its rim a glint is mixed with the plate's iris
        colours[eye.part] = np.median(there[share > 0.9 * share.max()], axis=0)
        shares[eye.part] = np.where(share > shares[eye.part], share, shares[eye.part])
    return colours, shares


def _eyes(points: Points, shape: tuple[int, ...]) -> list[_Eye | None]:
    """The right eye and the left one, each with what surrounds it; None where that is not in the picture."""
    found: list[_Eye | None] = []
    for ring, lids in zip(_IRISES, (mesh.RIGHT_EYE, mesh.LEFT_EYE), strict=True):
        centre, radius = _iris(points, ring)
        reach = (_REACH + _WIDEST) * radius + 1
        x0, y0 = np.maximum(np.floor(centre - reach).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(centre + reach).astype(int) + 1, shape[1::-1])
        if x1 - x0 < 3 or y1 - y0 < 3:
            found.append(None)
            continue
        part = (slice(int(y0), int(y1)), slice(int(x0), int(x1)))
        found.append(_Eye(part, points[list(lids), :2] - (x0, y0), centre - (x0, y0), radius))
    return found


def _iris(points: Points, ring: tuple[int, ...]) -> tuple[Points, float]:
    centre = points[ring[0], :2]
    radius = float(np.linalg.norm(points[list(ring[1:]), :2] - centre, axis=1).mean())
    return centre, max(0.5, radius)


def _without_spots(picture: Floats, radius: float) -> Floats:
    """A picture (H, W[, 3]) without what is bright and narrower than _WIDEST."""
    disc = _round(max(1.0, _WIDEST * radius / 2))
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_OPEN, disc), np.float32)


def _round(radius: float) -> npt.NDArray[np.uint8]:
    """A kernel."""
    across = 2 * round(radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)), np.uint8)
