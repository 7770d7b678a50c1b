"""Swaps of a packed case, put together as the pipeline does it: light, sharpness, grain and blending.

What stands before a face is not cut out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.compositing import detail, light
from understudy.compositing.composite import Box, Placed, composite, resize_crop
from understudy.compositing.detail import Detail
from understudy.compositing.light import Shading
from understudy.engines.base import Crops, Model, PlateFace, Rendered
from understudy.faces.faceset import Faceset
from understudy.pixels import to_float

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

_SMALL = 128
_LIGHT_STRIDE, _DETAIL_STRIDE, _LIGHT_SIGMA = 3, 12, 5.0
"""As in `pipeline.matching`."""


def swaps(model: Model, plate: Faceset, frames: list[Bytes], crops: Crops) -> Iterator[Bytes]:
    """Every frame of a plate track with its face put in."""
    lights, details = _matches(model, plate, frames, crops)
    for row in range(len(plate)):
        frame = frames[int(plate.frame[row])]
        (box, shown), landmarks = _views(model, plate, frames, row), plate.landmarks[row]
        drawn = _within(_render(model, crops, row, shown, frame), shown, box)
        shading = Shading.of(landmarks, box.to_crop, *drawn.matte.shape)
        face = Placed(box, drawn.rgb, drawn.matte, drawn.own, shading, lights[row], details[row])
        yield composite(frame, [face], seed=row)


def _views(model: Model, plate: Faceset, frames: list[Bytes], row: int) -> tuple[Box, Box]:
    """Where the face is put, and what the engine sees of the plate."""
    height, width = frames[int(plate.frame[row])].shape[:2]
    box = Box.around(plate.landmarks[row], width, height)
    return box, box if model.room <= 0 else Box.around(plate.landmarks[row], width, height, model.room)


def _within(drawn: Rendered, shown: Box, box: Box) -> Rendered:
    x, y = box.x0 - shown.x0, box.y0 - shown.y0
    return drawn.within(slice(y, y + box.y1 - box.y0), slice(x, x + box.x1 - box.x0))


def _render(model: Model, crops: Crops, row: int, box: Box, frame: Bytes) -> Rendered:
    picture = to_float(frame[box.rows, box.columns])
    return model.render([PlateFace(row, picture, box.to_crop)], crops)[0]


def _matches(
    model: Model, plate: Faceset, frames: list[Bytes], crops: Crops
) -> tuple[npt.NDArray[Any], list[Detail]]:
    """Light (N, 9, 3) of every face of the track, and sharpness and grain."""
    left, right, details = [], [], []
    for row in range(len(plate)):
        if row % _LIGHT_STRIDE:
            left.append(light.NOTHING.left)
            right.append(light.NOTHING.right)
            continue
        frame, landmarks = frames[int(plate.frame[row])], plate.landmarks[row]
        box = _views(model, plate, frames, row)[1]
        picture = to_float(frame[box.rows, box.columns])
        small, shrink = resize_crop(picture, _SMALL)
        to_small = shrink @ np.vstack([box.to_crop, (0.0, 0.0, 1.0)])
        (drawn,) = model.render([PlateFace(row, small, to_small)], crops)
        shading = Shading.of(landmarks, to_small, *small.shape[:2])
        found = light.measure(small, drawn.rgb, drawn.matte, shading)
        left.append(found.left)
        right.append(found.right)
        if row % _DETAIL_STRIDE == 0:
            full = _render(model, crops, row, box, frame)
            shading = Shading.of(landmarks, box.to_crop, *picture.shape[:2])
            lit = light.relight(full.rgb, light.solve(found), shading)
            details.append(detail.measure(picture, lit, full.matte, landmarks, box.to_crop))
    return light.pool(np.array(left), np.array(right), _LIGHT_SIGMA), _steady(details, len(plate))


def _steady(details: list[Detail], count: int) -> list[Detail]:
    """The median of the five measured faces around each."""
    measured = np.array([(each.blur - each.sharpen, each.grain) for each in details])
    places, steady = _DETAIL_STRIDE * np.arange(len(measured)), []
    for place in range(count):
        near = np.argsort(np.abs(places - place), kind="stable")[:5]
        net, grain = np.median(measured[near], axis=0).tolist()
        steady.append(Detail(max(0.0, net), max(0.0, -net), grain))
    return steady
