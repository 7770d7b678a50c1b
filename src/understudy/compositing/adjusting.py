"""A face put into its frame otherwise than usual, by a person's wish: weaker, larger, with another edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.composite import Box, Placed
from understudy.pixels import Floats


@dataclass(frozen=True)
class Adjustment:
    """What is wanted of one face in one frame; the usual values change nothing.

    strength   0 to 1, of the likeness over the plate
    scale      of the likeness's face about its middle
    erode      how far the matte's edge is moved inwards, in eye distances
    blur       over how much it is softened, inwards, in eye distances
    own_light  whether the likeness keeps its own light and colour
    """

    strength: float = 1.0
    scale: float = 1.0
    erode: float = 0.0
    blur: float = 0.0
    own_light: bool = False


def adjusted(face: Placed, wanted: Adjustment, eye_distance: float) -> Placed:
    """The face as wanted; `eye_distance` in pixels. Its matte never reaches where the engine drew nothing.

    Its strength is for `mix`: blends narrow a thin matte, so that half of it leaves a twentieth of the face.
    """
    rgb, matte, own = face.rgb, face.matte, face.own
    if wanted.scale != 1.0:
        rgb, matte = (_scaled(each, face.matte, wanted.scale) for each in (rgb, matte))
        own = None if own is None else _scaled(own, face.matte, wanted.scale)
    if wanted.erode > 0:
        size = 2 * round(wanted.erode * eye_distance) + 1
        matte = cv2.erode(matte, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), borderValue=0)
    if wanted.blur > 0:
        # A blurred matte reaches past the matte: what exceeds a half of it does not.
        sigma = max(0.3, wanted.blur * eye_distance)
        blurred = cv2.GaussianBlur(matte, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        matte = np.minimum(matte, np.clip(2.0 * blurred - 1.0, 0.0, 1.0))
    light = np.zeros_like(face.light) if wanted.own_light else face.light
    return replace(face, rgb=rgb, matte=matte, own=own, light=light)


def mix(before: npt.NDArray[Any], after: npt.NDArray[Any], share: float, box: Box) -> None:
    """Leave only a share of `after` in a box of it, over `before`; (H, W, 3 or 4), integers, written to.

    In the film's code values, where an even mixture of two pictures that differ little looks even.
    """
    new, old = (image[box.rows, box.columns, :3] for image in (after, before))
    mixed = old + np.float32(share) * (new - old.astype(np.float32))
    new[...] = np.rint(mixed).astype(new.dtype)


def _scaled(picture: Floats, matte: Floats, factor: float) -> Floats:
    """(h, w) or (h, w, 3) enlarged about the matte's middle."""
    weight = max(float(matte.sum()), 1e-6)
    y, x = np.indices(matte.shape)
    middle = (float((x * matte).sum()) / weight, float((y * matte).sum()) / weight)
    matrix = cv2.getRotationMatrix2D(middle, 0.0, factor)
    way = cv2.INTER_CUBIC if picture.ndim == 3 else cv2.INTER_LINEAR
    border = cv2.BORDER_REPLICATE if picture.ndim == 3 else cv2.BORDER_CONSTANT
    return np.asarray(
        cv2.warpAffine(picture, matrix, matte.shape[::-1], flags=way, borderMode=border), np.float32
    )
