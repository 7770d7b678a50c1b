"""Geometry: skin nudged on the mesh, and irises turned."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.align import fit_similarity
from understudy.measures.gaze import EYE_RADIUS_MM, EYE_WIDTH_MM
from understudy.pixels import Floats, to_float
from understudy.retouch.canvas import NOWHERE, VERTEX_COUNT, Area, carried, eye_distance, widened
from understudy.retouch.edits import Edit
from understudy.retouch.patch import Patches
from understudy.retouch.scene import Moment, store

Points = npt.NDArray[np.floating[Any]]

_SOFT = 0.015
"""Standard deviation, in eye distances, that takes the mesh's edges out of a warp."""
_MOST = 0.35
"""Eye distances that a nudge moves a point at most: beyond that a picture folds."""
_EYES = (
    ("right", mesh.RIGHT_EYE, mesh.RIGHT_EYE_CORNERS, mesh.RIGHT_IRIS),
    ("left", mesh.LEFT_EYE, mesh.LEFT_EYE_CORNERS, mesh.LEFT_IRIS),
)


def upright(landmarks: Points) -> npt.NDArray[np.float64]:
    """The 2x2 matrix from offsets on the upright face, in eye distances, to frame pixels: roll and size."""
    stable = list(mesh.STABLE)
    fit = fit_similarity(mesh.canonical_face()[stable, :2], np.asarray(landmarks)[stable, :2])
    return np.asarray(fit.rotation * eye_distance(landmarks))


def offsets_of(landmarks: Points, point: Points, way: Points, radius: float) -> Floats:
    """Offsets of every vertex (VERTEX_COUNT, 2), in eye distances, for a nudge at one frame.

    point   (2,) frame pixels, where it was taken hold of;  way  (2,) pixels, by how much it was drawn
    radius  pixels over which it falls off
    """
    away = np.linalg.norm(widened(landmarks)[:, :2] - np.asarray(point), axis=1) / max(radius, 1e-6)
    share = np.clip(1.0 - away**2, 0.0, 1.0) ** 2
    moved = np.linalg.inv(upright(landmarks)) @ np.asarray(way, np.float64)
    length = float(np.linalg.norm(moved))
    moved *= min(1.0, _MOST / max(length, 1e-9))
    return np.asarray(share[:, None] * moved, np.float32)


def nudge(moment: Moment, edit: Edit, strength: float, patches: Patches) -> Area:
    """The frame's face moved by the edit's offsets; says where."""
    offsets = np.zeros((VERTEX_COUNT, 2), np.float32)
    for key, share in edit.around(moment.frame):
        found = patches[key.patch or ""].offsets
        if found is not None:
            offsets += np.float32(share) * found
    moves = strength * offsets @ upright(moment.landmarks).T
    touched = np.abs(moves).max(1) > 1e-3
    if not touched.any():
        return NOWHERE
    unit = eye_distance(moment.landmarks)
    height, width = moment.image.shape[:2]
    near = np.linalg.norm(moves, axis=1).max() + 0.3 * unit
    area = Area.of(widened(moment.landmarks)[touched], near, height, width)
    # Where a place goes is carried by where the vertices go to, so that what is looked up is what was there.
    target = np.array(moment.landmarks, np.float64)
    ring = widened(moment.landmarks)[:, :2] + moves
    target[:, :2] = ring[: mesh.VERTEX_COUNT]
    field = carried(target, area, moves)
    field = cv2.GaussianBlur(field, (0, 0), max(0.5, _SOFT * unit), borderType=cv2.BORDER_CONSTANT)
    return _warp(moment, area, field)


def turn_eyes(moment: Moment, edit: Edit, strength: float, _: Patches) -> Area:
    """The irises turned by degrees, each within its own lids; says where.

    An eyeball's front goes by the sine of the angle times its radius; the eye's width in the picture is the
    measure of length (EYE_WIDTH_MM), as in `measures.gaze`. Yaw > 0: to the picture's right, pitch > 0: down.
    """
    whole = NOWHERE
    height, width = moment.image.shape[:2]
    for side, ring, corners, iris in _EYES:
        yaw, pitch = (strength * edit.value(f"{side}_{name}", moment.frame) for name in ("yaw", "pitch"))
        if yaw == 0 and pitch == 0:
            continue
        points = np.asarray(moment.landmarks, np.float64)[:, :2]
        across = points[corners[0]] - points[corners[1]]
        scale = float(np.linalg.norm(across)) * EYE_RADIUS_MM / EYE_WIDTH_MM
        turned = upright(moment.landmarks) / eye_distance(moment.landmarks)
        way = turned @ np.array([np.sin(np.radians(yaw)), np.sin(np.radians(pitch))]) * scale
        area = Area.of(points[list(ring)], 0.2 * scale + float(np.linalg.norm(way)), height, width)
        if area.empty:
            continue
        whole = whole.joined(_warp(moment, area, _of_iris(points, ring, iris, way, area)))
    return whole


def _of_iris(points: Points, ring: Any, iris: Any, way: Points, area: Area) -> Floats:
    """How far each pixel of an eye moves, (h, w, 2): the iris wholly, the white less towards the lids."""
    open_eye = np.zeros(area.shape, np.float32)
    polygon = np.round((points[list(ring)] - (area.x0, area.y0)) * 16).astype(np.int32)
    cv2.fillPoly(open_eye, [polygon], 1.0, cv2.LINE_AA, 4)
    radius = max(1.0, float(np.linalg.norm(points[list(iris[1:])] - points[iris[0]], axis=1).mean()))
    edge = cv2.GaussianBlur(open_eye, (0, 0), max(0.5, 0.08 * radius))
    # What is moved in comes from the moved place, so the field is widest where the iris will be.
    y, x = np.indices(area.shape, np.float32)
    middle = points[iris[0]] + way - (area.x0, area.y0)
    away = np.hypot(x - middle[0], y - middle[1]) / radius
    share = np.clip((2.6 - away) / 1.5, 0, 1)
    share = share * share * (3 - 2 * share) * np.clip(2 * edge - 0.6, 0, 1)
    return np.asarray(share[..., None] * way, np.float32)


def _warp(moment: Moment, area: Area, field: Floats) -> Area:
    """Draw an area of the moment's image moved by `field` (h, w, 2): p shows what was at p - field(p)."""
    region = to_float(moment.image[area.within])
    y, x = np.indices(area.shape, np.float32)
    lookup = (x - field[..., 0], y - field[..., 1])
    moved = cv2.remap(region, *lookup, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    still = np.abs(field).max(-1, keepdims=True) < 1e-3
    store(np.where(still, region, moved), region, moment.image, area)
    return area
