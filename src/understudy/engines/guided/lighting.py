"""The plate's light for the network: how strongly each face is lit from where, whatever its complexion.

Light is what `compositing.light` fits, nine numbers a channel over the normals of plain skin, freed of what
is the same all over the face: that is exposure and complexion, which are the compositor's business. Nine
numbers cannot carry one performer's features to another. What they leave out (the shadow of a nose, a hollow
under the brows) the network learns from the likeness, told by a map how the face is lit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing import light
from understudy.compositing.light import Shading
from understudy.engines.base import Crops, PlateFace, Rendered
from understudy.engines.warp.render import WarpModel
from understudy.faces.faceset import Faceset
from understudy.parallel import ordered_map
from understudy.training.faces import TrainingFaces

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_GREY = 0.5
_STRIDE = 3
_MOST = 1000
"""Light is measured on every third face, and of long footage on so many at most."""
_SIGMA = 2.0
"""Over so many measured faces light is pooled: about six frames."""


TRUSTED = 0.7
"""Share of a plate's light that the network is told of: the rest is how another face is made.

Shading is read off the plate's own features, which are not the likeness's. Measured on digital performers,
where 0.7 is better than 1 and than 0.
"""


@dataclass(frozen=True)
class Lights:
    """How N plate faces are lit.

    change  (N, 9, 3) from the likeness as `warp` shows it to the plate
    whole   (N, 9, 3) of the plate itself
    known   the least and the greatest value of a `light_map` that the network has learned from

    Both lights as `compositing.light` has them, complexion and exposure not yet taken off: see `directional`.
    """

    change: Floats = field(repr=False)
    whole: Floats = field(repr=False)
    known: tuple[int, int] = (0, 255)

    def map(self, row: int, points: npt.NDArray[np.floating[Any]], size: int) -> npt.NDArray[np.uint8]:
        """`light_map` of plate face `row` on a likeness with landmarks (478, 3) in a square of `size`.

        What is beyond `known` is told as its end: of light that was in none of its lessons a network can say
        anything, in one training of three patches of wild colours.
        """
        shading = shading_of(points, size)
        told = light_map(TRUSTED * directional(self.whole[row], shading), shading)
        least, greatest = self.known
        return np.clip(told, np.uint8(least), np.uint8(greatest))


def shading_of(points: npt.NDArray[np.floating[Any]], size: int) -> Shading:
    """Of a face with landmarks (478, 3) in a square of `size`."""
    return Shading.of(points, np.eye(2, 3), size, size)


def change_of(wanted: Floats, shown: Floats, matte: Floats, shading: Shading) -> Array:
    """From the light on one face to that on another, both (H, W, 3) in [0, 1] in one place, (9, 3)."""
    return directional(light.solve(light.measure(wanted, shown, matte, shading)), shading)


def whole_of(picture: Floats, matte: Floats, shading: Shading) -> Array:
    """The light on a face (H, W, 3) in [0, 1], (9, 3)."""
    return change_of(picture, np.full_like(picture, _GREY), matte, shading)


def directional(coefficients: npt.NDArray[np.floating[Any]], shading: Shading) -> Array:
    """Coefficients (9, 3) without their mean over the face's plain skin."""
    weight = shading.skin.reshape(-1).astype(np.float64) + 1e-6
    mean = np.average(shading.basis.reshape(-1, light.TERMS) @ coefficients, axis=0, weights=weight)
    return np.concatenate([coefficients[:1] - mean, coefficients[1:]])


def light_map(coefficients: npt.NDArray[np.floating[Any]], shading: Shading) -> npt.NDArray[np.uint8]:
    """How brightly each place of a face is lit, (H, W): logarithms from -1 to 1 are stored as 0 to 255."""
    level = (shading.basis @ coefficients.astype(np.float32)).mean(-1)
    level = cv2.resize(level, (shading.width, shading.height), interpolation=cv2.INTER_LINEAR)
    return np.round(127.5 * (np.clip(level, -1, 1) + 1)).astype(np.uint8)


def relit(drawn: Rendered, coefficients: npt.NDArray[np.floating[Any]], shading: Shading) -> Floats:
    """What was drawn, (H, W, 3), in another light, but for what is the plate's own."""
    rgb = light.relight(drawn.rgb, directional(coefficients, shading), shading)
    return rgb if drawn.own is None else rgb + drawn.own[..., None] * (drawn.rgb - rgb)


def plate_lights(plan: WarpModel, track: Faceset, plate: TrainingFaces, crops: Crops) -> Lights:
    """How every face of the plate is lit, told from some of them: light changes slowly.

    plate  faces of `track`, whose rows they name
    crops  pictures of the likeness
    """
    places = np.arange(0, len(plate), max(_STRIDE, -(-len(plate) // _MOST)))
    measured = ordered_map(lambda place: _measured(plan, plate, int(place), crops), places)
    left, right = (np.array(each) for each in zip(*measured, strict=True))
    rows, found = plate.row[places], np.zeros((2, len(track), light.TERMS, 3), np.float32)
    for mine, known in _tracks(track, rows):
        for one in range(2):
            pooled = light.pool(left[known, one], right[known, one], _SIGMA)
            found[one][mine] = _between(track.frame[rows[known]], pooled, track.frame[mine])
    return Lights(*found)


def _measured(plan: WarpModel, plate: TrainingFaces, place: int, crops: Crops) -> tuple[Array, Array]:
    """Equations of both lights on one face: (2, 9, 9) and (2, 9, 3)."""
    size, points = plate.size, plate.landmarks[place].astype(np.float64)
    picture = plate.images[place].astype(np.float32) / 255
    face = PlateFace(int(plate.row[place]), picture, plate.to_crop[place])
    (drawn,) = plan.render([face], crops)
    matte, shading = drawn.matte * (plate.mattes[place] / np.float32(255)), shading_of(points, size)
    both = [
        light.measure(picture, shown, matte, shading) for shown in (drawn.rgb, np.full_like(picture, _GREY))
    ]
    return np.stack([each.left for each in both]), np.stack([each.right for each in both])


def _tracks(
    track: Faceset, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows of each track, and which of the measured `rows` belong to it; tracks without any are left out."""
    for _, mine in track.by_track():
        known = np.flatnonzero(np.isin(rows, mine))
        if len(known):
            yield mine, known


def _between(
    times: npt.NDArray[np.integer[Any]], values: Array, wanted: npt.NDArray[np.integer[Any]]
) -> Array:
    """Values (K, ...) at ascending times, linear between them, at the wanted times."""
    flat = values.reshape(len(times), -1)
    columns = [np.interp(wanted, times, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(len(wanted), *values.shape[1:])
