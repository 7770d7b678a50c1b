"""Head space: a face freed of its pose, split into the performer's neutral shape and the moment's expression.

Convention: head space is the space of `geometry.mesh.canonical_face()`: x right, y down, z away from the
camera, outer eye corners about 1 apart, head frontal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.engines.warp import rest
from understudy.faces.stretches import release, stretches
from understudy.geometry import mesh
from understudy.geometry.align import Similarity, fit_similarity, rotation_angle

Array = npt.NDArray[np.float64]

_RESTING_WIDTH = 0.55
"""Width of a mouth at rest in head space: none of eleven real performers was more than 0.015 off."""

_MOST_CALM = 2048
"""Frames from which the performer at rest is told at most."""

_UPPER_LIP, _LOWER_LIP = (np.array(lip) for lip in mesh.LIPS_PARTING)
_Eye = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[int, int]]
_LIDS: tuple[_Eye, _Eye] = (
    (np.array(mesh.RIGHT_LID_UPPER[1:-1]), np.array(mesh.RIGHT_LID_LOWER[1:-1]), mesh.RIGHT_EYE_CORNERS),
    (np.array(mesh.LEFT_LID_UPPER[1:-1]), np.array(mesh.LEFT_LID_LOWER[1:-1]), mesh.LEFT_EYE_CORNERS),
)


_Rows = slice | npt.NDArray[np.integer[Any]]


class Shapes(ABC):
    """Points (N, 478, 3) in head space, worked out row by row when they are asked for: kept, those of a long
    clip would be most of what it takes in memory. `numpy.asarray` gives them all.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def at(self, rows: _Rows) -> Array:
        """The points of some rows."""

    def __getitem__(self, rows: int | _Rows) -> Array:
        """The points of some rows, or (478, 3) of one."""
        if isinstance(rows, int):
            one: Array = self.at(np.array([rows]))[0]
            return one
        return self.at(rows)

    def __array__(self, dtype: npt.DTypeLike = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self[:], dtype)

    def measured(self, *measures: Callable[[Array], Array]) -> Array:
        """What each of `measures` says of every face, (len(measures), N)."""
        found = np.empty((len(measures), len(self)))
        for some in stretches(len(self)):
            points = self[some]
            found[:, some] = [measure(points) for measure in measures]
        return found


@dataclass(frozen=True)
class HeadPoints(Shapes):
    """Landmarks (N, 478, 3) freed of their poses."""

    landmarks: npt.NDArray[np.floating[Any]]
    pose: Similarity

    def __len__(self) -> int:
        return len(self.landmarks)

    def at(self, rows: _Rows) -> Array:
        """The points of some rows, in the shape of `rows` where these are indices."""
        points = self.pose[rows].inverse().apply(self.landmarks[rows])
        release(self.landmarks)
        return points


@dataclass(frozen=True)
class Heads:
    """Faces of one performer in head space.

    points  (N, 478, 3), head space
    pose    N similarities from head space to frame pixels
    """

    points: HeadPoints
    pose: Similarity

    def __len__(self) -> int:
        return len(self.points)


def to_head_space(landmarks: npt.NDArray[np.floating[Any]], rounds: int = 3) -> Heads:
    """Free (N, 478, 3) frame landmarks of their pose.

    The rigid motion is fitted on `mesh.STABLE` against the performer's own mean shape, which is itself found
    by a few rounds of generalised Procrustes starting from the canonical face and kept aligned with it.
    """
    stable = np.array(mesh.STABLE)
    canonical = mesh.canonical_face()
    pose = _poses(canonical[stable], landmarks)
    for _ in range(rounds - 1):
        points, total = HeadPoints(landmarks, pose), np.zeros(canonical.shape)
        for some in stretches(len(landmarks)):
            # Face by face, so that the sum does not depend on how long a stretch is.
            total = np.concatenate([total[None], points[some]]).sum(0)
        mean = total / len(landmarks)
        template = fit_similarity(mean[stable], canonical[stable]).apply(mean)
        pose = _poses(template[stable], landmarks)
    return Heads(HeadPoints(landmarks, pose), pose)


def _poses(stable: Array, landmarks: npt.NDArray[np.floating[Any]]) -> Similarity:
    """What takes the points `stable` of a head to (N, 478, 3) landmarks."""
    count = len(landmarks)
    pose = Similarity(np.empty(count), np.empty((count, 3, 3)), np.empty((count, 3)))
    for some in stretches(count, landmarks):
        fit = fit_similarity(stable, landmarks[some][:, list(mesh.STABLE)])
        pose.scale[some], pose.rotation[some], pose.translation[some] = (
            fit.scale,
            fit.rotation,
            fit.translation,
        )
    return pose


def mouth_opening(points: npt.NDArray[np.floating[Any]]) -> Array:
    """Mean gap between the inner lips over the mouth's width, (...,), of (..., 478, 3) head-space points."""
    gap = points[..., _LOWER_LIP, 1] - points[..., _UPPER_LIP, 1]
    width = np.linalg.norm(points[..., 291, :] - points[..., 61, :], axis=-1)
    return gap.mean(-1) / np.maximum(width, 1e-6)


def mouth_tension(points: npt.NDArray[np.floating[Any]]) -> Array:
    """How far (..., 478, 3) mouths are drawn wide, pursed, or bent up or down at the corners, (...,).

    0 within what performers at rest differ by; about 1 for a clear smile or pout.
    """
    left, right = points[..., 61, :], points[..., 291, :]
    width = np.linalg.norm(left - right, axis=-1)
    line = (points[..., 13, 1] + points[..., 14, 1]) / 2
    bend = line - (left[..., 1] + right[..., 1]) / 2
    drawn = np.maximum(np.abs(width - _RESTING_WIDTH) - 0.02, 0.0) / 0.04
    return np.asarray(drawn + np.maximum(np.abs(bend) - 0.025, 0.0) / 0.03)


def _opening(points: npt.NDArray[np.floating[Any]], eye: _Eye) -> Array:
    """Mean gap between the lids of one eye over its width, (...,)."""
    upper, lower, corners = eye
    width = np.linalg.norm(points[..., corners[0], :] - points[..., corners[1], :], axis=-1)
    gap = (points[..., lower, 1] - points[..., upper, 1]).mean(-1)
    return np.asarray(gap / np.maximum(width, 1e-6))


def _open_eye(eye: _Eye) -> Array:
    """Gaps (P, 3) between the lids of an eye that is open by 1 on average."""
    upper, lower, _ = eye
    gap = mesh.canonical_face()[lower] - mesh.canonical_face()[upper]
    shape: Array = gap / gap[:, 1].mean()
    return shape


def _wanted_opening(likeness: Array, plate: Array) -> Array:
    """The likeness's lid openings (N,) that look like the plate's, both in eye widths.

    Closed goes to closed and the usual opening to the usual opening. What a landmarker calls closed differs
    from face to face (behind glasses it is far from 0), so it is read off a blink where there is one.
    """
    closed, usual = np.array([_lid_levels(likeness), _lid_levels(plate)]).T
    # short footage of one mood (a long laugh, say) misjudges what is usual: trust the ratio half way
    wide = usual[1] * np.clip(np.sqrt(usual[0] / usual[1]), 0.85, 1.2)
    position = np.maximum((plate - closed[1]) / (usual[1] - closed[1]), 0.0)
    return closed[0] + position * np.maximum(wide - closed[0], 0.02)


def _lid_levels(opening: Array) -> tuple[float, float]:
    """Closed and usual opening of one eye over time."""
    usual = max(float(np.percentile(opening, 75)), 0.06)
    lowest = float(np.percentile(opening, 0.5))
    blinked = lowest < 0.55 * usual
    return (max(0.0, min(lowest, 0.12)) if blinked else min(0.03, 0.5 * usual)), usual


def lid_opening(points: npt.NDArray[np.floating[Any]]) -> Array:
    """Mean gap between the lids over the eye's width, mean of both eyes, (...,)."""
    return np.mean([_opening(points, eye) for eye in _LIDS], axis=0)


def neutral_shape(heads: Heads) -> Array:
    """The performer at rest, (478, 3): lips closed, lids as they usually are, as near to frontal as there is,
    and without what is acted even then (see `rest`).

    Not the median: somebody who talks all the time has an open median mouth, and everything that is added to
    it would show teeth; nor the most usual closed mouth, which may be a pout that is held for seconds. Of the
    frames in which the mouth is nearest to closed and to the width of mouths at rest, the eyes are open and
    the head is turned least, the most usual shape is taken: a mean that trusts frames less the farther they
    are from it. Of very many such frames, some that are spread evenly over the clip stand for all.
    """
    mouth, lids, tension = heads.points.measured(mouth_opening, lid_opening, mouth_tension)
    usual = np.percentile(lids, 70)
    turned = rotation_angle(heads.pose.rotation, np.eye(3))
    spread = np.median(np.abs(lids - usual)) + 1e-6
    unrest = (
        np.maximum(mouth - mouth.min() - 0.02, 0) / 0.03
        + tension
        + np.clip((usual - lids) / spread - 1.0, 0, 3) * 0.5
        + np.maximum(turned - 10, 0) / 10
    )
    count = max(1, min(len(heads), round(0.25 * len(heads))))
    limit = max(0.5, float(np.sort(unrest)[count - 1]))
    rows = np.flatnonzero(unrest <= limit)
    if len(rows) > _MOST_CALM:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST_CALM).round().astype(int)]
    calm = np.concatenate([heads.points[rows[some]] for some in stretches(len(rows))])
    neutral: Array = np.median(calm, axis=0)
    for _ in range(5):
        away = np.linalg.norm(calm - neutral, axis=-1).mean(1)
        trust = 1.0 / (1.0 + (away / (np.median(away) + 1e-9)) ** 2)
        neutral = np.average(calm, axis=0, weights=trust)
    sides = rest.turns(heads.pose.rotation[rows])
    return rest.without_acting(neutral, np.average(sides, axis=0, weights=trust))


def _falloff(sources: npt.NDArray[np.int64], width: float) -> Array:
    """(478, S) weights with which each vertex follows the motion of S `sources`; rows sum to <= 1.

    Distance is taken along the skin: an upper lip does not follow the lower one because the mouth is closed.
    """
    distance = mesh.skin_distance()[:, sources]
    near = np.exp(-0.5 * (distance / (0.5 * width)) ** 2) + 1e-12
    nearest = distance.min(1)
    reach = np.exp(-0.5 * (nearest / width) ** 2)
    weights: Array = near / near.sum(1, keepdims=True) * reach[:, None]
    return weights


def _set_gap(
    points: Array,
    upper: npt.NDArray[np.int64],
    lower: npt.NDArray[np.int64],
    gap: Array,
    width: float,
    lower_share: float,
) -> None:
    """Move P paired vertices of `points`, in place, so that lower - upper equals `gap` (N, P, 3), and what is
    near along with them.
    """
    change = gap - (points[:, lower] - points[:, upper])
    both = np.concatenate([upper, lower])
    shift = np.concatenate([-(1 - lower_share) * change, lower_share * change], axis=1)
    points += _falloff(both, width) @ shift


def retarget(likeness: Heads, plate: Heads) -> Shapes:
    """The likeness's shape with the plate's expressions, head space, (N_plate, 478, 3).

    Neutral shape of the likeness plus the plate's departure from its own neutral. Lips and lids are then set
    so that closed stays closed and the opening keeps its proportion to the head (lips) or to the performer's
    usual opening (lids), because zero means the same for everybody while an offset does not.
    """
    neutral_likeness, neutral_plate = neutral_shape(likeness), neutral_shape(plate)
    offset = neutral_likeness - neutral_plate
    both = [
        heads.points.measured(*(partial(_opening, eye=eye) for eye in _LIDS)) for heads in (likeness, plate)
    ]
    openings = tuple(_wanted_opening(*eye) for eye in zip(*both, strict=True))
    return _Retargeted(plate.points, offset, neutral_likeness, openings)


@dataclass(frozen=True)
class _Retargeted(Shapes):
    """What `retarget` describes.

    plate     (N, 478, 3) the plate's performer
    offset    (478, 3) from the plate's performer to the likeness
    neutral   (478, 3) the likeness at rest
    openings  (N,) for each eye: how far the likeness's lids should be open, in eye widths
    """

    plate: HeadPoints
    offset: Array
    neutral: Array
    openings: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.plate)

    def at(self, rows: _Rows) -> Array:
        """The points of some rows; indices are (n,)."""
        plate = self.plate.at(rows)
        points = plate + self.offset
        gap = plate[:, _LOWER_LIP] - plate[:, _UPPER_LIP]
        _set_gap(points, _UPPER_LIP, _LOWER_LIP, gap, width=0.07, lower_share=0.7)
        for eye, wanted in zip(_LIDS, self.openings, strict=True):
            upper, lower, corners = eye
            gap = plate[:, lower] - plate[:, upper]
            # what is missing is added in the shape of an open eye: a scaled gap of a shut one is scaled noise
            missing = wanted[rows] * _width(self.neutral, corners) - gap[..., 1].mean(1)
            gap = gap + missing[:, None, None] * _open_eye(eye)
            _set_gap(points, upper, lower, gap, width=0.035, lower_share=0.25)
        _set_irises(points, plate, self.neutral)
        return points


def _width(points: Array, ends: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[ends[0]] - points[ends[1]]))


def _set_irises(points: Array, plate: Array, neutral_likeness: Array) -> None:
    """Put the irises where the plate looks: as far between the eye's corners, in the likeness's own size."""
    for iris, corners in ((mesh.RIGHT_IRIS, mesh.RIGHT_EYE_CORNERS), (mesh.LEFT_IRIS, mesh.LEFT_EYE_CORNERS)):
        centre, rim = iris[0], list(iris)
        frame_plate = _eye_frame(plate, corners)
        frame_target = _eye_frame(points, corners)
        local = _into(frame_plate, plate[:, centre])
        placed = _out_of(frame_target, local)
        shape = neutral_likeness[rim] - neutral_likeness[centre]
        points[:, rim] = placed[:, None] + shape


def _eye_frame(points: Array, corners: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Midpoint of an eye, and its width and the vector across it in the picture's plane, each (N, 3)."""
    a, b = points[:, corners[0]], points[:, corners[1]]
    along = (b - a) * (1.0, 1.0, 0.0)
    across = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], axis=1)
    return (a + b) / 2, along, across


def _into(frame: tuple[Array, Array, Array], point: Array) -> Array:
    middle, along, across = frame
    offset = point - middle
    size = (along**2).sum(1)
    return np.stack([(offset * along).sum(1) / size, (offset * across).sum(1) / size, offset[:, 2]], axis=1)


def _out_of(frame: tuple[Array, Array, Array], local: Array) -> Array:
    middle, along, across = frame
    placed = middle + local[:, :1] * along + local[:, 1:2] * across
    placed[:, 2] = middle[:, 2] + local[:, 2]
    return placed


def with_natural_lips(points: Array, picked: Array, share: float = 0.7) -> Array:
    """Heads (N, 478, 3) with lips as thick as the likeness's lips are in the `picked` frames, by `share`.

    Lips thin as they widen and swell as they purse, each performer's in their own way: what the likeness
    shows at about this expression is truer than a sum of one performer's lips and another's movement. The
    line between the lips stays where it is; what lies around the lips follows.
    """
    outer = np.array(mesh.LIP_UPPER_OUTER + mesh.LIP_LOWER_OUTER[1:-1])
    inner = np.array(mesh.LIP_UPPER_INNER + mesh.LIP_LOWER_INNER[1:-1])
    shift = share * ((picked[:, outer] - picked[:, inner]) - (points[:, outer] - points[:, inner]))
    fixed = np.concatenate([outer, inner])
    moves = np.concatenate([shift, np.zeros_like(shift)], axis=1)
    return points + _falloff(fixed, 0.06) @ moves


def with_mouth_in_place(points: Array, plate: Array, share: float = 0.75) -> Array:
    """Heads (N, 478, 3) with the mouth, as a whole, moved by `share` of the way to the plate's.

    Skin beside a mouth moves otherwise than lips do. Where the likeness's lips lie on the plate's chin or
    philtrum, they slide over what moves there in every word, and the face looks unsteady.
    """
    lips = np.array(mesh.LIPS_OUTER + mesh.LIPS_INNER)
    way = share * (plate[:, lips] - points[:, lips]).mean(1)
    near = _falloff(lips, 0.15).sum(1)
    return points + near[None, :, None] * way[:, None]
