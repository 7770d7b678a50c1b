"""The plate's third look: what light, sharpness and grain each face has to take on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from understudy.compositing import detail, light
from understudy.compositing.composite import resize_crop
from understudy.compositing.detail import Detail
from understudy.compositing.light import Shading
from understudy.faces.columns import load_columns, save_columns
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
_COLUMNS = ("part", "row", "left", "right", "detail")


@dataclass(frozen=True)
class Match:
    """What one face takes on: light coefficients (9, 3) and detail."""

    light: Array = field(repr=False)
    detail: Detail


Matches = dict[tuple[int, int], Match]
"""By part and row."""


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


def matches(stage: Stage, plate: Footage, parts: Sequence[Part]) -> Matches:
    """What every face takes on, steady along each track, from a finished measurement."""
    chunks = [load_columns(path, _COLUMNS) for path in stage.chunks(plate.chunk_count(CHUNK))]
    part, row, left, right, details = (np.concatenate([chunk[name] for chunk in chunks]) for name in _COLUMNS)
    found: Matches = {}
    for index, each in enumerate(parts):
        for track in np.unique(each.faces.track):
            wanted = np.flatnonzero(each.faces.track == track)
            here = np.flatnonzero((part == index) & np.isin(row, wanted))
            here = here[np.argsort(row[here], kind="stable")]
            if len(here):
                lights = light.pool(left[here], right[here], _LIGHT_SIGMA)
                for place, k in enumerate(here):
                    found[index, int(row[k])] = Match(lights[place], _steady_detail(details[here], place))
    return found


def _steady_detail(details: Array, place: int) -> Detail:
    """Sharpness and grain near one face of a track, the median of the measured frames around it."""
    measured = np.flatnonzero(~np.isnan(details[:, 0]))
    if not len(measured):
        return Detail()
    nearest = measured[np.argsort(np.abs(measured - place), kind="stable")[:5]]
    blur, sharpen, grain = np.median(details[nearest], axis=0)
    net = blur - sharpen
    return Detail(max(0.0, float(net)), max(0.0, float(-net)), float(grain))
