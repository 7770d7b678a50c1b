"""The plate's third look: what light, sharpness and grain each face has to take on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from understudy.compositing import detail, light
from understudy.compositing.composite import resize_crop
from understudy.compositing.detail import Detail
from understudy.compositing.light import Shading
from understudy.faces.columns import Columns, load_columns, save_columns
from understudy.faces.stretches import empty, release, windows
from understudy.media import Frame
from understudy.parallel import ordered_map
from understudy.pipeline.cast import Appearance, Part, appearances
from understudy.pipeline.chunks import missing_chunks
from understudy.pipeline.footage import Footage
from understudy.pixels import to_float
from understudy.progress import Task
from understudy.project.stage import Stage

Array = npt.NDArray[np.float64]

CHUNK = 64
_SMALL = 128
"""Light is compared on pictures of at most this size."""
_LIGHT_STRIDE = 3
_DETAIL_STRIDE = 12
"""Light, and sharpness and grain, are measured on every so many faces of a track: they change slowly."""
_LIGHT_SIGMA = 5.0
_REACH = 20
"""Faces: where the Gaussian that pools light ends, at four sigmas."""
_COLUMNS = ("part", "row", "left", "right", "detail")


@dataclass(frozen=True)
class Match:
    """What one face takes on: light coefficients (9, 3) and detail."""

    light: Array = field(repr=False)
    detail: Detail


class Matches(Protocol):
    """What every face takes on, by part and row."""

    def __getitem__(self, place: tuple[int, int]) -> Match: ...


@dataclass(frozen=True)
class _Measured:
    face: Appearance
    equations: light.Equations
    detail: Detail | None


def measure(stage: Stage, plate: Footage, parts: Sequence[Part], task: Task) -> int:
    """Make the chunks that are missing; returns the frames gone through."""
    done, reel = 0, plate.reel()
    for index, numbers in missing_chunks(stage, plate, CHUNK, task):
        measured: list[_Measured] = []
        for found in ordered_map(lambda frame: _measure_frame(frame, parts), reel.frames(numbers)):
            measured.extend(found)
            task.advance()
        save_columns(stage.path(stage.chunk(index)), _columns(measured))
        done += len(numbers)
        for part in parts:
            part.release()
    return done


def _measure_frame(frame: Frame, parts: Sequence[Part]) -> list[_Measured]:
    height, width = frame.image.shape[:2]
    return [
        _measure_face(frame, parts[face.part], face)
        for face in appearances(parts, frame.index, width, height)
    ]


def _measure_face(frame: Frame, part: Part, face: Appearance) -> _Measured:
    place = part.place_of(face.row)
    if place % _LIGHT_STRIDE:
        return _Measured(face, light.NOTHING, None)
    box = face.view
    landmarks = part.faces.landmarks[face.row]
    picture = to_float(frame.image[box.rows, box.columns])
    small, shrink = resize_crop(picture, _SMALL)
    to_small = shrink @ np.vstack([box.to_crop, (0.0, 0.0, 1.0)])
    rendered = part.render(face.row, small, to_small)
    matte = rendered.matte
    covered = part.occluder(face.row, small, to_small)
    if covered is not None:
        matte = matte * (1.0 - covered)
    shading = Shading.of(landmarks, to_small, *small.shape[:2])
    equations = light.measure(small, rendered.rgb, matte, shading)
    if place % _DETAIL_STRIDE:
        return _Measured(face, equations, None)
    full = part.render(face.row, picture, box.to_crop)
    lit = light.relight(
        full.rgb, light.solve(equations), Shading.of(landmarks, box.to_crop, *picture.shape[:2])
    )
    return _Measured(face, equations, detail.measure(picture, lit, full.matte, landmarks, box.to_crop))


def _columns(measured: list[_Measured]) -> dict[str, npt.NDArray[np.generic]]:
    details = [
        (np.nan, np.nan, np.nan) if m.detail is None else (m.detail.blur, m.detail.sharpen, m.detail.grain)
        for m in measured
    ]
    return {
        "part": np.array([m.face.part for m in measured], np.int32),
        "row": np.array([m.face.row for m in measured], np.int32),
        "left": np.array([m.equations.left for m in measured]).reshape(-1, light.TERMS, light.TERMS),
        "right": np.array([m.equations.right for m in measured]).reshape(-1, light.TERMS, 3),
        "detail": np.array(details, np.float64).reshape(-1, 3),
    }


@dataclass(frozen=True)
class _Column:
    """What the faces of one part take on: light (N, 9, 3); blur, sharpening and grain as detail (N, 3)."""

    light: Array = field(repr=False)
    detail: Array = field(repr=False)

    @classmethod
    def of(cls, part: Part, measured: _Sums) -> _Column:
        """Steady along each track. Faces that are outside of the picture were not measured."""
        found = cls(np.zeros((len(part.faces), light.TERMS, 3)), np.zeros((len(part.faces), 3)))
        for _, all_rows in part.faces.by_track():
            rows = all_rows[measured.there[all_rows]]
            for wanted, seen, inner in windows(len(rows), _REACH, measured.left, measured.right):
                near = rows[seen]
                lights = light.pool(measured.left[near], measured.right[near], _LIGHT_SIGMA)
                found.light[rows[wanted]] = lights[inner]
            found.detail[rows] = _steady_detail(measured.detail[rows])
        return found


@dataclass(frozen=True)
class _Sums:
    """What was measured of the faces of one part: equations of light (N, 9, 9) and (N, 9, 3), detail (N, 3),
    and which faces were looked at, (N,).
    """

    left: Array = field(repr=False)
    right: Array = field(repr=False)
    detail: Array = field(repr=False)
    there: npt.NDArray[np.bool_] = field(repr=False)

    @classmethod
    def of_length(cls, count: int) -> _Sums:
        left = empty((count, light.TERMS, light.TERMS), np.float64)
        right = empty((count, light.TERMS, 3), np.float64)
        return cls(left, right, np.full((count, 3), np.nan), np.zeros(count, bool))

    def add(self, columns: Columns, mine: npt.NDArray[np.bool_]) -> None:
        """Take in the rows `mine` of the columns of a chunk."""
        rows = columns["row"][mine]
        self.left[rows], self.right[rows] = columns["left"][mine], columns["right"][mine]
        self.detail[rows], self.there[rows] = columns["detail"][mine], True
        release(self.left, self.right)


class _Found:
    """Implements `Matches`."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self._columns = columns

    def __getitem__(self, place: tuple[int, int]) -> Match:
        part, row = place
        column = self._columns[part]
        return Match(column.light[row], Detail(*column.detail[row].tolist()))


def matches(stage: Stage, plate: Footage, parts: Sequence[Part]) -> Matches:
    """What every face takes on, steady along each track, from a finished measurement."""
    sums = [_Sums.of_length(len(part.faces)) for part in parts]
    for path in stage.chunks(plate.chunk_count(CHUNK)):
        columns = load_columns(path, _COLUMNS)
        for index, each in enumerate(sums):
            each.add(columns, columns["part"] == index)
    return _Found([_Column.of(part, each) for part, each in zip(parts, sums, strict=True)])


def _steady_detail(details: Array) -> Array:
    """Blur, sharpening and grain near each face of a track, (N, 3), of what was measured (NaN where not): the
    median of the five measured faces around it.
    """
    measured = np.flatnonzero(~np.isnan(details[:, 0]))
    if not len(measured):
        return np.tile((Detail().blur, Detail().sharpen, Detail().grain), (len(details), 1))
    steady = np.empty_like(details)
    for place in range(len(details)):
        after = int(np.searchsorted(measured, place))
        near = measured[max(0, after - 5) : after + 5]
        nearest = near[np.argsort(np.abs(near - place), kind="stable")[:5]]
        blur, sharpen, grain = np.median(details[nearest], axis=0)
        net = blur - sharpen
        steady[place] = max(0.0, net), max(0.0, -net), grain
    return steady
