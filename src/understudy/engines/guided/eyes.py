"""Where the eyes of a face are in a picture, and what of them is seen between the lids."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.floating[Any]]

IRISES = {"right": mesh.RIGHT_IRIS, "left": mesh.LEFT_IRIS}
_REACH = 3.1
"""An eye is looked at so far from the middle of its iris, in radii of that: about from corner to corner."""
_BESIDE = 1.1
"""In radii: what lies farther from the middle than this is not the iris any more."""
_FEW = 6


@dataclass(frozen=True)
class Eye:
    """One eye, in a part of a picture.

    part     its rows and columns
    centre   of the iris, x and y in pixels of the part
    radius   of the iris, pixels
    opening  (H, W) in [0, 1], what lies between the lids
    away     (H, W), how far each pixel is from the middle of the iris, in radii
    """

    part: tuple[slice, slice]
    centre: Points
    radius: float
    opening: Floats = field(repr=False)
    away: Floats = field(repr=False)

    def shrunk(self, most: float) -> Eye:
        """The same in a smaller picture of its part, where the iris's radius is at most `most` pixels."""
        if self.radius <= most:
            return self
        height, width = (max(3, round(side * most / self.radius)) for side in self.away.shape)
        sides = np.array((width, height)) / self.away.shape[::-1]
        opening, away = (
            cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA)
            for each in (self.opening, self.away)
        )
        centre = sides * (self.centre + 0.5) - 0.5
        return replace(self, centre=centre, radius=self.radius * sides[0], opening=opening, away=away)

    def within(self, radii: float) -> Floats:
        """What is nearer to the middle of the iris than this, (H, W) in [0, 1], with a rim of one pixel."""
        return np.clip((radii - self.away) * self.radius + 0.5, 0, 1)

    def white(self, brightness: Floats) -> float:
        """How bright (H, W) the white of the eye is; 0 where too little of it is seen."""
        outside = (self.opening > 0.9) & (self.away > _BESIDE)
        return float(np.percentile(brightness[outside], 75)) if np.count_nonzero(outside) >= _FEW else 0.0


def iris_of(points: Points, iris: tuple[int, ...]) -> tuple[Points, float]:
    """Centre (2,) and radius of one of the mesh's irises on a face (478, 3), pixels."""
    centre = points[iris[0], :2]
    return centre, max(0.5, float(np.linalg.norm(points[list(iris[1:]), :2] - centre, axis=1).mean()))


def eyes_of(points: Points, shape: tuple[int, ...]) -> dict[str, Eye]:
    """`right` and `left` of a face (478, 3), crop pixels, without those outside the picture (H, W, ...)."""
    found = {}
    for side, iris in IRISES.items():
        centre, radius = iris_of(points, iris)
        reach = _REACH * radius + 1
        x0, y0 = (int(each) for each in np.maximum(np.floor(centre - reach), 0))
        x1, y1 = (int(each) + 1 for each in np.minimum(np.ceil(centre + reach), np.array(shape[1::-1]) - 1))
        if x1 - x0 < 3 or y1 - y0 < 3:
            continue
        corner = np.array((x0, y0))
        rows, columns = np.mgrid[: y1 - y0, : x1 - x0].astype(np.float32)
        opening = np.zeros(rows.shape, np.uint8)
        lids = points[list(mesh.EYES[side]), :2] - corner
        cv2.fillPoly(opening, [np.round(16 * lids).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        away = np.hypot(columns - (centre[0] - x0), rows - (centre[1] - y0)) / radius
        found[side] = Eye(
            part=(slice(y0, y1), slice(x0, x1)), centre=centre - corner, radius=radius,
            opening=opening.astype(np.float32) / 255, away=away.astype(np.float32),
        )  # fmt: skip
    return found
