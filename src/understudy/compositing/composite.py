"""One frame put together: the plate, with faces in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.blend import BLENDS, BlendName
from understudy.compositing.detail import NO_CHANGE, Detail, add_grain, match
from understudy.compositing.hair import foreign_hair
from understudy.compositing.light import Shading, relight
from understudy.compositing.passes import mixed, store
from understudy.pixels import Floats, to_float

MARGIN = 0.06
"""Around the landmarks of a face that is put into a picture, as a share of its longer side."""


@dataclass(frozen=True)
class Box:
    """A rectangle of frame pixels: rows y0..y1-1, columns x0..x1-1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def rows(self) -> slice:
        """The rows, to index an image with."""
        return slice(self.y0, self.y1)

    @property
    def columns(self) -> slice:
        """The columns, to index an image with."""
        return slice(self.x0, self.x1)

    @property
    def to_crop(self) -> npt.NDArray[np.float64]:
        """The 2x3 matrix from frame pixels to the box's own."""
        return np.array([[1.0, 0.0, -self.x0], [0.0, 1.0, -self.y0]])

    @classmethod
    def around(
        cls, landmarks: npt.NDArray[np.floating[Any]], width: int, height: int, margin: float = MARGIN
    ) -> Box:
        """The box of (478, 3) landmarks with a margin (share of its longer side), inside the frame."""
        low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
        room = margin * float((high - low).max())
        x0, y0 = np.floor(low - room).astype(int)
        x1, y1 = np.ceil(high + room).astype(int) + 1
        return cls(max(0, int(x0)), max(0, int(y0)), min(width, int(x1)), min(height, int(y1)))

    @property
    def empty(self) -> bool:
        """Whether nothing of it is inside the frame."""
        return self.x1 - self.x0 < 2 or self.y1 - self.y0 < 2


@dataclass(frozen=True)
class Placed:
    """One likeness face, ready to go into its frame; all pictures cover `box`.

    rgb, matte, own   as the engine rendered them (see `engines.base.Rendered`)
    shading           the plate face's normals over the box
    light             (9, 3) coefficients of `compositing.light`
    detail            sharpness and grain to reach
    occluder          (H, W) float32 in [0, 1], what stands in front of the face, or None
    """

    box: Box
    rgb: Floats = field(repr=False)
    matte: Floats = field(repr=False)
    own: Floats | None = field(repr=False)
    shading: Shading
    light: npt.NDArray[np.floating[Any]] = field(repr=False)
    detail: Detail = NO_CHANGE
    occluder: Floats | None = field(default=None, repr=False)


def composite(
    image: npt.NDArray[Any], faces: Sequence[Placed], blend: BlendName = "multiband", seed: int = 0
) -> npt.NDArray[Any]:
    """The plate `image` (H, W, 3 or 4; uint8 or uint16) with faces put in; a new array.

    Wherever no matte reaches, the result equals the plate bit for bit. `seed` makes the grain; give every
    frame its own.
    """
    out = image.copy()
    for index, face in enumerate(faces):
        region = out[face.box.rows, face.box.columns, :3]
        plate = to_float(region)
        store(*_blended(plate, face, blend, seed * 64 + index), region)
    return out


def matte_in(image: npt.NDArray[Any], face: Placed) -> Floats:
    """How much of a face's box (h, w), in [0, 1], `composite` replaces in a plate `image`."""
    return _lit(to_float(image[face.box.rows, face.box.columns, :3]), face)[1]


def _blended(plate: Floats, face: Placed, blend: BlendName, seed: int) -> tuple[Floats, Floats]:
    lit, matte = _lit(plate, face)
    blended = BLENDS[blend](plate, lit, matte)
    return add_grain(blended, matte, face.detail.grain, seed), matte


def _lit(plate: Floats, face: Placed) -> tuple[Floats, Floats]:
    """The face in the plate's light and sharpness, and where it goes."""
    lit = match(relight(face.rgb, face.light, face.shading), face.detail)
    if face.own is not None:
        lit = mixed(lit, face.rgb, face.own)
    matte = face.matte
    if face.occluder is not None:
        matte = matte * (1.0 - face.occluder)
    strands = foreign_hair(plate, lit, matte, face.shading)
    if strands is not None:
        matte = matte * (1.0 - strands)
    return lit, matte


def resize_crop(image: Floats, size: int) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Shrink a picture so that its longer side is at most `size`; the 2x3 matrix that did it comes along."""
    height, width = image.shape[:2]
    scale = min(1.0, size / max(height, width))
    small_size = (max(2, round(width * scale)), max(2, round(height * scale)))
    fx, fy = small_size[0] / width, small_size[1] / height
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA)
    matrix = np.array([[fx, 0.0, 0.5 * fx - 0.5], [0.0, fy, 0.5 * fy - 0.5]])
    return small, matrix
