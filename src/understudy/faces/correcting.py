"""Landmarks put right by hand: what was dragged in one frame, and how that follows the face to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, Found
from understudy.faces.stretches import taken
from understudy.geometry import mesh
from understudy.project.corrections import Correction, Moved

Array = npt.NDArray[np.float64]

_WIDTH = 0.09
"""How far along the skin what was dragged takes others along, in distances of the outer eye corners."""
_EYE_CORNERS = (33, 263)


def corrected(faces: Faceset, corrections: Sequence[Correction], step: int = 1) -> Faceset:
    """The faces (sorted by frame) with landmarks put right. They are those of every `step`-th frame.

    A correction belongs to the face whose centre is nearest to its own, if that lies within it, in the frame
    that was looked at nearest to it, if that is in reach. What was dragged is kept relative to the head's
    size and roll, and added in other frames. Depths stay. A face that had only been guessed between two
    others counts as found in the frame that was put right.
    """
    placed: dict[int, list[tuple[int, Correction, Array]]] = {}
    for each in corrections:
        row = _row_of(faces, each, step)
        if row is not None:
            way = _into_head(faces.landmarks[row], _spread(each.moved))
            placed.setdefault(int(faces.track[row]), []).append((row, each, way))
    if not placed:
        return faces
    landmarks, found = taken(faces.landmarks, np.arange(len(faces))), faces.found.copy()
    for track, keys in placed.items():
        keys.sort(key=lambda key: key[1].frame)
        rows = np.flatnonzero(faces.track == track)
        shares = _shares(faces.frame[rows].astype(np.int64) * step, [key[1] for key in keys])
        for place in np.flatnonzero(shares.any(axis=1)):
            row = rows[place]
            way = sum(share * key[2] for share, key in zip(shares[place], keys, strict=True))
            landmarks[row, :, :2] += _out_of_head(faces.landmarks[row], np.asarray(way))
        for row, _, _ in keys:
            if found[row] == Found.INTERPOLATED:
                found[row] = Found.FOLLOWED
    return replace(faces, landmarks=landmarks, found=found)


def _row_of(faces: Faceset, correction: Correction, step: int) -> int | None:
    nearest = round(correction.frame / step)
    if abs(nearest * step - correction.frame) > correction.reach:
        return None
    rows = faces.rows_in(nearest, nearest + 1)
    points = faces.landmarks[rows, :, :2]
    if not len(points):
        return None
    low, high = points.min(1), points.max(1)
    away = np.linalg.norm((low + high) / 2 - (correction.x, correction.y), axis=1)
    best = int(away.argmin())
    return rows.start + best if away[best] < (high - low)[best].max() / 2 else None


def _shares(frames: npt.NDArray[np.int64], keys: Sequence[Correction]) -> Array:
    """How much of each correction holds in each frame, (N, K): 1 in its own, fading to 0 past its reach."""
    shares = np.zeros((len(frames), len(keys)))
    for number, key in enumerate(keys):
        away = np.abs(frames - key.frame) / (key.reach + 1)
        shares[:, number] = np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(away, 1)), 0)
    for number, (left, right) in enumerate(pairwise(keys)):
        apart = right.frame - left.frame
        shares[frames > right.frame, : number + 1] = 0
        shares[frames < left.frame, number + 1 :] = 0
        if 0 < apart <= left.reach + right.reach:
            between = (frames >= left.frame) & (frames <= right.frame)
            way = (frames[between] - left.frame) / apart
            shares[between] = 0
            shares[between, number], shares[between, number + 1] = 1 - way, way
    return shares


def _spread(moved: Sequence[Moved]) -> Array:
    """Shifts (478, 2) of all landmarks, pixels: dragged ones as they were dragged, what is near follows.

    Weights are inverse squares of the way along the skin (Shepard 1968), faded out by a Gaussian: one lip
    does not follow the other. A dragged centre of an iris takes its rim along, and nothing else.
    """
    shift = np.zeros((mesh.VERTEX_COUNT, 2))
    for iris in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
        for each in moved:
            if each.index == iris[0]:
                shift[list(iris)] = each.dx, each.dy
    irises = {*mesh.RIGHT_IRIS, *mesh.LEFT_IRIS}
    on_skin = [each for each in moved if each.index not in irises]
    if on_skin:
        skin = slice(0, mesh.SKIN_VERTEX_COUNT)
        way = mesh.skin_distance()[skin, [each.index for each in on_skin]]
        weights = 1 / (way**2 + 1e-9)
        fading = np.exp(-0.5 * (way.min(1) / _WIDTH) ** 2)
        dragged = np.array([(each.dx, each.dy) for each in on_skin])
        shift[skin] = (fading / weights.sum(1))[:, None] * (weights @ dragged)
    for each in moved:
        shift[each.index] = each.dx, each.dy
    return shift


def _head_axes(landmarks: npt.NDArray[np.float32]) -> Array:
    """A head's width in the direction of its eyes and across it, as columns (2, 2), pixels."""
    right, left = (landmarks[index].astype(np.float64) for index in _EYE_CORNERS)
    along = (left - right)[:2]
    along *= np.linalg.norm(left - right) / max(float(np.linalg.norm(along)), 1e-6)
    return np.array([[along[0], -along[1]], [along[1], along[0]]])


def _into_head(landmarks: npt.NDArray[np.float32], shift: Array) -> Array:
    return shift @ np.linalg.inv(_head_axes(landmarks)).T


def _out_of_head(landmarks: npt.NDArray[np.float32], way: Array) -> npt.NDArray[np.float32]:
    return (way @ _head_axes(landmarks).T).astype(np.float32)
