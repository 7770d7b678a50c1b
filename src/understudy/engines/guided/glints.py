"""Where eyes glint. A glint is a reflection of the light in the cornea: it is the plate's, whoever is shown.

It lies half way between the light and the camera, and keeps its place beside the iris. So the likeness's own
are taken out, and the plate's are put in as they are. A wrong guess must not cost an eye its white: what is
taken out is an island on the iris, brighter than every way that leads off it; what is put in is the plate's
own pixels, where they are brighter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.guided.eyes import Eye, Floats, Points, eyes_of

_SMALL, _LARGE = 3.0, 5.0
"""Radii of irises in pixels: in smaller ones glints stay as they are, in larger ones they are exchanged."""
_LOOKED_AT = 12.0
"""Larger irises are looked at in a smaller picture, where their radius is so many pixels: it is faster."""
_DARK = 0.1
"""The white of an eye counts for at least so bright (a share of white paper)."""

_ON_IRIS = 0.9
"""In radii: what is taken out lies so near to the middle of the iris, but for its soft rim."""
_SHORE = 0.95
"""In radii. From there on a picture is not the iris: what is as bright as a way to there is no island."""
_RISES = 0.25, 0.5
"""By such a share of the white's brightness an island begins to count as a glint; counts fully."""
_DARKER = 0.6
"""Share of a ring of the iris, its darker part, that says how the ring looks without glints."""
_PUPIL = 0.55
"""In radii. Nearer to the middle an iris does not become brighter."""

_REACH = 1.5
"""The plate's are looked for within so many radii: on the cornea and on the wet white beside the iris."""
_WIDEST = 1.6
"""In radii. What is wider is the white of the eye."""
_BEGINS, _FULL = 1.2, 1.4
"""So many times as bright as what surrounds it (beyond the iris: and as the white of the eye), a place begins
to count as a glint; counts fully."""
_AGAINST_WHITE = 0.75
"""A glint on the iris is at least so bright, against the white of the eye."""
_DIMMEST = 0.04
_LID = 0.15
"""In radii: so near to the lids it is the wet line along them that is bright."""


def without_glints(picture: Floats, points: Points) -> Floats:
    """A picture (H, W, 3) in [0, 1] of a face `points` (478, 3) whose irises do not glint."""
    plain = picture
    for eye in eyes_of(points, picture.shape).values():
        if not _believed(eye.radius):
            continue
        small = eye.shrunk(_LOOKED_AT)
        seen = _resized(picture[eye.part], small)
        iris = _plain_iris(seen, small)
        if iris is None:
            continue
        share = _islands(seen, small, iris)
        if not share.any():
            continue
        if plain is picture:
            plain = picture.copy()
        here = plain[eye.part]
        here += _resized(share, eye)[..., None] * (_resized(iris, eye) - here)
    return plain


def with_glints(
    picture: Floats, points: Points, plate: Floats, plate_points: Points
) -> tuple[Floats, Floats]:
    """A picture (H, W, 3) in [0, 1] of a face (478, 3) with the glints of a plate of the same shape.

    They lie where they did beside the iris, and are as large against it. Returns the picture, and how far it
    is the plate's (H, W).
    """
    glinting, shares = picture.copy(), np.zeros(picture.shape[:2], np.float32)
    wanted, shown = eyes_of(points, picture.shape), eyes_of(plate_points, plate.shape)
    found = _glints(plate, shown)
    for side, eye in wanted.items():
        if side not in shown:
            continue
        scale = eye.radius / shown[side].radius
        moved = np.array([[scale, 0, 0], [0, scale, 0]], np.float64)
        moved[:, 2] = eye.centre - scale * shown[side].centre
        size = eye.away.shape[::-1]
        share = cv2.warpAffine(found[side], moved, size, flags=cv2.INTER_LINEAR)
        share *= eye.opening * (eye.away < _REACH + 0.5) * _believed(min(eye.radius, shown[side].radius))
        there = cv2.warpAffine(plate[shown[side].part], moved, size, flags=cv2.INTER_LINEAR)
        here = glinting[eye.part]
        here += share[..., None] * np.maximum(there - here, 0)
        np.maximum(shares[eye.part], share, out=shares[eye.part])
    return glinting, shares


def _believed(radius: float) -> float:
    """How far glints can be told from the white of an eye whose iris is so large."""
    return float(np.clip((radius - _SMALL) / (_LARGE - _SMALL), 0, 1))


def _plain_iris(picture: Floats, eye: Eye) -> Floats | None:
    """What the iris is like under its glints, (H, W, 3): the same all around its middle."""
    luma = picture.mean(axis=-1)
    edges = np.linspace(0, 1, max(3, round(eye.radius)) + 1)
    colours: list[npt.NDArray[Any]] = []
    middles: list[float] = []
    for inner, outer in pairwise(edges):
        ring = (eye.away >= inner) & (eye.away < outer) & (eye.opening > 0.8)
        if np.count_nonzero(ring) >= 3:
            darker = luma[ring] <= np.quantile(luma[ring], _DARKER)
            colours.append(np.median(picture[ring][darker], axis=0))
            middles.append((inner + outer) / 2)
    if len(colours) < 2:
        return None
    for ring in range(len(colours) - 2, -1, -1):
        if middles[ring] < _PUPIL and colours[ring].mean() > colours[ring + 1].mean():
            colours[ring] = colours[ring + 1]
    columns = [np.interp(eye.away, middles, column) for column in np.transpose(colours)]
    return np.stack(columns, axis=-1).astype(np.float32)


def _islands(picture: Floats, eye: Eye, iris: Floats) -> Floats:
    """How far each pixel is a glint on a plain `iris`, (H, W)."""
    brightness = picture.min(axis=-1)
    on_iris = (eye.away < _SHORE) & (eye.opening > 0.5)
    rises = np.minimum(brightness - iris.min(axis=-1), _above_ways_out(brightness, on_iris))
    begins, full = _RISES
    share = np.clip((rises / max(eye.white(brightness), _DARK) - begins) / (full - begins), 0, 1)
    share *= eye.opening * eye.within(_ON_IRIS)
    # around a glint there is a halo
    share = cv2.GaussianBlur(
        cv2.dilate(share, _round(max(1.0, eye.radius / 5))), (0, 0), max(0.5, eye.radius / 10)
    )
    share *= eye.within(_ON_IRIS + 0.1) * _believed(eye.radius)
    return np.asarray(share, np.float32)


def _above_ways_out(brightness: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """By how much each pixel is brighter than the best way from it to where `inside` is not.

    A way is as bright as the darkest pixel on it: reconstruction by dilation (Vincent, "Morphological
    grayscale reconstruction in image analysis", 1993).
    """
    ways, square = np.where(inside, np.float32(0), brightness), np.ones((3, 3), np.uint8)
    while True:
        longer = np.minimum(cv2.dilate(ways, square), brightness)
        if np.array_equal(longer, ways):
            return np.asarray(brightness - ways, np.float32)
        ways = longer


def _glints(picture: Floats, eyes: dict[str, Eye]) -> dict[str, Floats]:
    """How far each pixel of some eyes of a picture (H, W, 3) glints, by side."""
    small = {side: eye.shrunk(_LOOKED_AT) for side, eye in eyes.items()}
    darkest = {side: _resized(picture[eye.part], eye).min(axis=-1) for side, eye in small.items()}
    # the brighter of both, since in the shadow of a nose nothing glints
    white = max((eye.white(darkest[side]) for side, eye in small.items()), default=0.0)
    return {side: _resized(_of_eye(darkest[side], eye, white), eyes[side]) for side, eye in small.items()}


def _of_eye(darkest: Floats, eye: Eye, white: float) -> Floats:
    """Glints of an eye whose darkest channel is given, beside what counts as white."""
    on_iris = np.clip((0.95 - eye.away) / 0.15, 0, 1)
    around = cv2.morphologyEx(darkest, cv2.MORPH_OPEN, _round(max(1.0, _WIDEST * eye.radius / 2)))
    least = np.maximum(around, white * (1 + on_iris * (_AGAINST_WHITE - 1)))
    above = darkest / np.maximum(least, _DIMMEST)
    place = cv2.erode(eye.opening, _round(_LID * eye.radius))
    place *= eye.within(_REACH)
    return np.asarray(place * np.clip((above - _BEGINS) / (_FULL - _BEGINS), 0, 1), np.float32)


def _resized(picture: Floats, eye: Eye) -> Floats:
    """A picture of an eye, (H, W[, 3]), in as many pixels as `eye` has."""
    height, width = eye.away.shape
    if picture.shape[:2] == (height, width):
        return picture
    finer = height > picture.shape[0]
    return np.asarray(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR if finer else cv2.INTER_AREA)
    )


def _round(radius: float) -> npt.NDArray[np.uint8]:
    """A kernel."""
    across = 2 * round(radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)), np.uint8)
