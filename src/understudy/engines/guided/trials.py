"""Plate faces to look at while the network learns, and what `warp` makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.engines.base import Crops, PlateFace
from understudy.engines.guided.lessons import as_bytes
from understudy.engines.guided.lighting import Lights, relit, shading_of
from understudy.engines.guided.maps import feature_mask, geometry_maps
from understudy.engines.warp.render import WarpModel
from understudy.geometry.align import apply_affine
from understudy.training.faces import TrainingFaces

Bytes = npt.NDArray[np.uint8]

_COUNT = 4


@dataclass(frozen=True)
class Trials:
    """Plate faces, and what the network is given for them: (T, S, S) or (T, S, S, C)."""

    plate: Bytes = field(repr=False)
    warped: Bytes = field(repr=False)
    mattes: Bytes = field(repr=False)
    maps: Bytes = field(repr=False)
    features: Bytes = field(repr=False)


def make_trials(plan: WarpModel, lights: Lights, plate: TrainingFaces, crops: Crops) -> Trials:
    """Some plate faces, spread over the track, as `warp` draws them."""
    places = np.unique(np.linspace(0, len(plate) - 1, _COUNT + 2).round().astype(np.int64)[1:-1])
    return put_together(plan, lights, plate, crops, places)


def put_together(
    plan: WarpModel, lights: Lights, plate: TrainingFaces, crops: Crops, places: npt.NDArray[np.int64]
) -> Trials:
    """Plate faces, by their places, as `warp` draws them in the plate's light."""
    drawn: list[tuple[Any, ...]] = []
    for place in places:
        row, to_crop = int(plate.row[place]), plate.to_crop[place]
        picture = plate.images[place].astype(np.float32) / 255
        (rendered,) = plan.render([PlateFace(row, picture, to_crop)], crops)
        warped = relit(rendered, lights.change[row], shading_of(plate.landmarks[place], plate.size))
        points = apply_affine(to_crop, plan.target[row])
        shows = geometry_maps(points, plate.size, lights.map(row, points, plate.size))
        pictures = plate.images[place], as_bytes(warped), as_bytes(rendered.matte)
        drawn.append((*pictures, shows, feature_mask(shows)))
    return Trials(*(np.stack(each) for each in zip(*drawn, strict=True)))
