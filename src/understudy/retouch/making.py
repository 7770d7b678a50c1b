"""From what an artist does at one frame to a patch on the canonical face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.pixels import Floats, to_bytes, to_float
from understudy.retouch.canvas import Area, Chart, Sheet, chart, eye_distance, texels_for
from understudy.retouch.painting import logarithm
from understudy.retouch.patch import MOST_CHANGE, Patch
from understudy.retouch.scene import Image

_AROUND = 0.35
"""Of the film kept around a matte, to know the place again by, in eye distances."""
_LEAST_AROUND = 24
"""Pixels of it, at least."""
_FOLDED = 6.0
"""More of the canonical face than that in a pixel, times what is usual, is a closed mouth or eye."""
MOST_POINTS = 20_000


@dataclass(frozen=True)
class Stroke:
    """A brush drawn over a frame.

    points     (N, 2): the way of its middle, frame pixels, x right and y down
    radius     pixels
    softness   0 (hard) to 1: the outer part of the radius over which it fades
    pressures  (N,) in [0, 1]; they narrow the brush and thin it. None: full
    opacity    0 to 1
    """

    points: npt.NDArray[np.floating[Any]] = field(repr=False)
    radius: float
    softness: float = 0.5
    pressures: npt.NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    opacity: float = 1.0


@dataclass(frozen=True)
class Mask:
    """Part of a frame: `matte` (h, w) float32 in [0, 1] over `area`."""

    area: Area
    matte: Floats = field(repr=False)

    def over(self, area: Area) -> Floats:
        """The same over another area, 0 where nothing was drawn."""
        whole = np.zeros(area.shape, np.float32)
        y0, x0 = max(area.y0, self.area.y0), max(area.x0, self.area.x0)
        y1, x1 = min(area.y1, self.area.y1), min(area.x1, self.area.x1)
        if y1 > y0 and x1 > x0:
            part = self.matte[y0 - self.area.y0 : y1 - self.area.y0, x0 - self.area.x0 : x1 - self.area.x0]
            whole[y0 - area.y0 : y1 - area.y0, x0 - area.x0 : x1 - area.x0] = part
        return whole

    def joined(self, other: Mask) -> Mask:
        """Both: at each pixel the stronger one."""
        area = self.area.joined(other.area)
        return Mask(area, np.maximum(self.over(area), other.over(area)))


def brushed(stroke: Stroke, height: int, width: int) -> Mask:
    """What a stroke covers of a frame. Raises BadInputError where it is no stroke, or off the frame."""
    points = np.asarray(stroke.points, np.float64).reshape(-1, 2)
    pressures = np.ones(len(points)) if stroke.pressures is None else np.asarray(stroke.pressures, np.float64)
    if not 0 < len(points) <= MOST_POINTS or len(pressures) != len(points):
        raise BadInputError(f"A stroke has 1 to {MOST_POINTS} points, each with a pressure or none.")
    numbers = (stroke.radius, stroke.softness, stroke.opacity)
    if not (np.isfinite(points).all() and np.isfinite(pressures).all() and np.isfinite(numbers).all()):
        raise BadInputError("A stroke's points, pressures and sizes have to be numbers.")
    if not 0.5 <= stroke.radius <= max(height, width):
        raise BadInputError("A brush's radius is between half a pixel and the size of the frame.")
    pressures = np.clip(pressures, 0.0, 1.0)
    area = Area.of(points, stroke.radius + 1, height, width)
    if area.empty:
        raise BadInputError("The stroke lies outside the frame.")
    matte = np.zeros(area.shape, np.float32)
    ends = (
        [(0, 0)]
        if len(points) == 1
        else list(zip(range(len(points) - 1), range(1, len(points)), strict=True))
    )
    for one, two in ends:
        _segment(matte, area, points[[one, two]], pressures[[one, two]], stroke)
    return Mask(area, matte * np.float32(np.clip(stroke.opacity, 0, 1)))


def _segment(
    matte: Floats,
    area: Area,
    ends: npt.NDArray[np.float64],
    pressures: npt.NDArray[np.float64],
    stroke: Stroke,
) -> None:
    """Draw one straight piece, where it is stronger than what is there."""
    part = Area.of(ends, stroke.radius + 1, area.y1, area.x1)
    y0, x0 = max(part.y0, area.y0), max(part.x0, area.x0)
    if part.y1 <= y0 or part.x1 <= x0:
        return
    y, x = np.mgrid[y0 : part.y1, x0 : part.x1].astype(np.float64)
    way = ends[1] - ends[0]
    along = ((x - ends[0, 0]) * way[0] + (y - ends[0, 1]) * way[1]) / max(float(way @ way), 1e-12)
    along = np.clip(along, 0.0, 1.0)
    pressure = pressures[0] + along * (pressures[1] - pressures[0])
    radius = np.maximum(stroke.radius * (0.4 + 0.6 * pressure), 0.5)
    away = np.hypot(x - ends[0, 0] - along * way[0], y - ends[0, 1] - along * way[1])
    soft = np.maximum(np.clip(stroke.softness, 0, 1) * radius, 1.0)
    edge = np.clip((radius + 0.5 - away) / soft, 0.0, 1.0)
    drawn = (edge * edge * (3 - 2 * edge) * np.sqrt(pressure)).astype(np.float32)
    region = matte[y0 - area.y0 : part.y1 - area.y0, x0 - area.x0 : part.x1 - area.x0]
    np.maximum(region, drawn, out=region)


def difference(film: npt.NDArray[np.uint8], picture: npt.NDArray[np.uint8], least: int = 2) -> Mask:
    """Where two pictures (H, W, 3) differ, a little widened and softened. Raises BadInputError if nowhere."""
    apart = np.abs(film.astype(np.int16) - picture.astype(np.int16)).max(-1) >= least
    if not apart.any():
        raise BadInputError("The repaired frame shows what the film shows: nothing was changed in it.")
    wide = cv2.dilate(apart.astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(wide)
    area = Area(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    area = area.grown(3, *film.shape[:2])
    return Mask(
        area, np.ascontiguousarray(cv2.GaussianBlur(wide[area.within].astype(np.float32), (0, 0), 0.8))
    )


def patch_of(
    landmarks: npt.NDArray[np.floating[Any]], film: Image, mask: Mask, repaired: Floats | None = None
) -> Patch:
    """The patch of what was done to a face (478, 3) in a frame.

    film      (H, W, 3) as it is at the keyframe before this edit
    mask      where it is changed
    repaired  (h, w, 3) float32 in [0, 1] over the mask's area: what it is to show, the matte counted in; None
              where nothing is painted

    Raises BadInputError where the mask lies beside the face.
    """
    height, width = film.shape[:2]
    unit = eye_distance(landmarks)
    around = mask.area.grown(max(_LEAST_AROUND, _AROUND * unit), height, width)
    seen = chart(landmarks, around)
    matte = mask.over(around)
    if not (matte[seen.covered] > 0).any():
        raise BadInputError("The stroke lies beside the face: draw on the face, or a little around it.")
    sheet = _sheet(seen, texels_for(landmarks))
    to_frame = sheet.frame_map(landmarks) - np.array([around.x0, around.y0], np.float32)
    shown = _shown(sheet, seen, to_frame)
    picture = to_bytes(film[around.within])
    drawn = np.clip(cv2.remap(matte, to_frame, None, cv2.INTER_LINEAR), 0, 1)
    base = cv2.remap(picture, to_frame, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    change = None
    if repaired is not None:
        whole = np.array(to_float(film[around.within]))
        change = np.zeros_like(whole)
        y, x = mask.area.y0 - around.y0, mask.area.x0 - around.x0
        place = (slice(y, y + mask.area.shape[0]), slice(x, x + mask.area.shape[1]))
        change[place] = logarithm(repaired) - logarithm(whole[place])
        change = cv2.remap(change, to_frame, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
        change = np.clip(change * (shown * (drawn > 0))[..., None], -MOST_CHANGE, MOST_CHANGE)
        change = change.astype(np.float32)
    return Patch(sheet, (drawn * shown).astype(np.float32), base, (255 * shown).astype(np.uint8), change)


def _sheet(seen: Chart, size: int) -> Sheet:
    """The smallest sheet that holds what an area sees."""
    at = seen.place[seen.covered] * size
    low = np.clip(np.floor(at.min(0)).astype(int) - 1, 0, size - 1)
    high = np.clip(np.ceil(at.max(0)).astype(int) + 1, low + 1, size)
    return Sheet(size, int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def _shown(sheet: Sheet, seen: Chart, to_frame: Floats) -> Floats:
    """Which texels are really seen, (h, w) of 0 and 1: not outside the area, and not behind the nose."""
    place = cv2.remap(
        seen.place, to_frame, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=(-1, -1)
    )
    facing = cv2.remap(seen.facing, to_frame, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    y, x = np.indices((sheet.height, sheet.width), np.float32)
    away = sheet.texels(place) - np.stack([x, y], -1)
    folded = (
        cv2.remap(seen.density, to_frame, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) > _FOLDED
    )
    # A pixel holds more texels where the skin turns away.
    near = np.abs(away).max(-1) < 0.02 * sheet.size
    return (near & (place[..., 0] >= 0) & (facing > 0.05) & ~folded).astype(np.float32)
