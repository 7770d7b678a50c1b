"""What faces do: how they are turned, and what mouth, lids, brows and eyes are at."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import Faceset, face_sizes
from understudy.faces.stretches import stretches
from understudy.geometry import mesh
from understudy.geometry.pose import head_angles
from understudy.measures.gaze import CLOSED, EYE_RADIUS_MM, EYE_WIDTH_MM
from understudy.measures.performance import PARTS, without_pose

Array = npt.NDArray[np.float64]

LIPS_APART = 0.06
"""Gap of the lips, in eye distances, from which on a mouth is called open."""
WIDE_OPEN = 0.22
_TURNED = 12.0
_CALM = 0.25
_EYES = (
    (mesh.RIGHT_IRIS[0], mesh.RIGHT_EYE_CORNERS, mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
    (mesh.LEFT_IRIS[0], mesh.LEFT_EYE_CORNERS, mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
)
_ACTING = sorted({vertex for part in PARTS.values() for vertex in part})


@dataclass(frozen=True)
class Traits:
    """N faces of one performer, columns (N,) unless said otherwise.

    yaw, pitch, roll  degrees, signed as `understudy.geometry` says: right, down, clockwise
    lips              gap between the lips in distances of the outer eye corners; 0 closed
    smile             how much wider than at rest the mouth is, likewise; below 0 it is pursed
    lids              opening of the lids over the performer's usual one; 0 shut, 1 usual
    brows             how much higher than at rest the brows are, in eye distances
    gaze_x, gaze_y    degrees right and down against the performer's usual gaze; 0 where an eye is shut
    light_x, light_y  how light falls, as `Faceset.light`
    size              pixels, as `faces.faceset.face_sizes`
    expression        mean distance of mouth, eyes and brows from rest, in % of the eye distance
    """

    yaw: Array
    pitch: Array
    roll: Array
    lips: Array
    smile: Array
    lids: Array
    brows: Array
    gaze_x: Array
    gaze_y: Array
    light_x: Array
    light_y: Array
    size: Array
    expression: Array

    def __len__(self) -> int:
        return len(self.yaw)

    def select(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Traits:
        """Some of the faces."""
        return Traits(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def traits_of(faces: Faceset) -> Traits:
    """The traits of all faces of one performer, whose rest is told from these very faces.

    At rest is, as far as these faces show it, the median of the quarter that is turned least and has its lips
    nearest to closed; people who are mixed into the footage hardly move a median.
    """
    count = len(faces)
    angles = np.zeros((count, 3))
    acting = np.zeros((count, len(_ACTING), 2), np.float32)
    raw = {name: np.zeros(count) for name in ("lips", "width", "brows")}
    opening, corners, offset = np.zeros((count, 2)), np.zeros((count, 2)), np.zeros((count, 2, 2))
    for some in stretches(count, faces.landmarks):
        landmarks = faces.landmarks[some]
        angles[some] = head_angles(landmarks)
        head = without_pose(landmarks)
        acting[some] = head[:, _ACTING, :2]
        raw["lips"][some], raw["width"][some], raw["brows"][some] = _mouth_and_brows(head)
        opening[some], corners[some], offset[some] = _eyes(head)
    calm = _calm_rows(angles, raw["lips"])
    gaze = _gaze(opening, corners, offset)
    rest = _median(acting, calm)
    moved = np.zeros(count)
    for some in stretches(count):
        moved[some] = 100 * np.linalg.norm(acting[some] - rest, axis=-1).mean(-1)
    lids = opening.mean(1)
    usual = max(float(np.percentile(lids, 70)), CLOSED) if count else 1.0
    return Traits(
        yaw=angles[:, 0],
        pitch=angles[:, 1],
        roll=angles[:, 2],
        lips=np.maximum(raw["lips"], 0.0),
        smile=raw["width"] - _median(raw["width"], calm),
        lids=np.clip(lids / usual, 0.0, None),
        brows=raw["brows"] - _median(raw["brows"], calm),
        gaze_x=gaze[:, 0],
        gaze_y=gaze[:, 1],
        light_x=faces.light[:, 0].astype(np.float64),
        light_y=faces.light[:, 1].astype(np.float64),
        size=face_sizes(faces.landmarks) if count else np.zeros(0),
        expression=moved,
    )


def calm_rows(faces: Faceset) -> npt.NDArray[np.int64]:
    """The quarter of some faces of one performer that is nearest to rest: turned least, lips closed."""
    angles, lips = np.zeros((len(faces), 3)), np.zeros(len(faces))
    for some in stretches(len(faces), faces.landmarks):
        angles[some] = head_angles(faces.landmarks[some])
        lips[some] = _mouth_and_brows(without_pose(faces.landmarks[some]))[0]
    return _calm_rows(angles, lips)


def _mouth_and_brows(head: Array) -> tuple[Array, Array, Array]:
    """Gap of the lips (as `measures.timing.lips`), width of the mouth, height of the brows above the eyes."""
    upper, lower = (list(edge[3:8]) for edge in (mesh.LIP_UPPER_INNER, mesh.LIP_LOWER_INNER))
    lips = (head[:, lower, 1] - head[:, upper, 1]).mean(-1)
    width = np.linalg.norm(head[:, 291, :2] - head[:, 61, :2], axis=-1)
    eyes = head[:, [*mesh.RIGHT_EYE_CORNERS, *mesh.LEFT_EYE_CORNERS], 1].mean(-1)
    brows = eyes - head[:, [*mesh.RIGHT_BROW, *mesh.LEFT_BROW], 1].mean(-1)
    return lips, width, brows


def _eyes(head: Array) -> tuple[Array, Array, Array]:
    """Opening and width of both eyes, and where the iris is against the corners' middle: (n, 2), (n, 2),
    (n, 2, 2). As in `measures.gaze`.
    """
    openings, widths, offsets = [], [], []
    for iris, corners, upper, lower in _EYES:
        ends = head[:, list(corners), :2]
        width = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1)
        gap = (head[:, list(lower[3:6]), 1] - head[:, list(upper[3:6]), 1]).mean(-1)
        openings.append(gap / np.maximum(width, 1e-6))
        widths.append(width)
        offsets.append(head[:, iris, :2] - ends.mean(1))
    return np.stack(openings, 1), np.stack(widths, 1), np.stack(offsets, 1)


def _gaze(opening: Array, corners: Array, offset: Array) -> Array:
    """Mean gaze of both eyes against the usual one, degrees, (N, 2)."""
    if not len(opening):
        return np.zeros((0, 2))
    millimetres = offset * (EYE_WIDTH_MM / np.maximum(np.median(corners, axis=0), 1e-6))[None, :, None]
    limit = np.sin(np.radians(60))
    degrees = np.degrees(np.arcsin(np.clip(millimetres / EYE_RADIUS_MM, -limit, limit)))
    seen = (opening >= CLOSED).all(1)
    usual = np.median(degrees[seen], axis=0) if seen.any() else np.zeros((2, 2))
    return np.where(seen[:, None], (degrees - usual).mean(1), 0.0)


def _calm_rows(angles: Array, lips: Array) -> npt.NDArray[np.int64]:
    count = len(lips)
    unrest = np.maximum(np.abs(angles[:, :2]).max(1) - _TURNED, 0.0) / 10 + np.maximum(lips, 0) / 0.03
    return np.argsort(unrest, kind="stable")[: max(1, round(_CALM * count))]


def _median(column: npt.NDArray[np.floating[Any]], rows: npt.NDArray[np.int64]) -> Array:
    if not len(column):
        return np.zeros(column.shape[1:])
    return np.asarray(np.median(column[rows], axis=0), np.float64)
