"""Sharpness and grain: the likeness as the plate's camera would have seen it.

Sharpness is compared where both faces have strong edges (eyes, brows, lips, nostrils), by how much of the
gradient's energy survives a small blur: that tells the lens and the codec from freckles. Grain is what a
plate has on smooth skin beyond what the warped likeness brings along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.passes import with_noise
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.pixels import luma

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_NOISE = 1024
_SIGMAS = (0.0, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5)


@dataclass(frozen=True)
class Detail:
    """How to bring a likeness's detail to the plate's.

    blur     Gaussian sigma in plate pixels, >= 0
    sharpen  amount of an unsharp mask of sigma 1, >= 0; only one of the two is not 0
    grain    standard deviation of the grain to add, picture units
    """

    blur: float = 0.0
    sharpen: float = 0.0
    grain: float = 0.0


NO_CHANGE = Detail()


@cache
def _edge_triangles() -> npt.NDArray[np.int32]:
    """Triangles at features that every face has."""
    marks = (
        mesh.RIGHT_EYE + mesh.LEFT_EYE + mesh.RIGHT_BROW + mesh.LEFT_BROW + mesh.LIPS_OUTER + mesh.LIPS_INNER
    )
    triangles = mesh.face_triangles()
    return triangles[np.isin(triangles, marks).any(axis=1)]


def _region(triangles: npt.NDArray[np.int32], points: Array, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, np.round(points[triangles, :2]).astype(np.int32), 1)
    return mask.astype(bool)


def edge_sharpness(luma: Floats, region: npt.NDArray[np.bool_]) -> float:
    """Gradient energy over gradient energy after a blur of sigma 1, in a region; 1 is very soft, 3 crisp."""
    fine = _gradient_energy(luma)[region].sum()
    coarse = _gradient_energy(cv2.GaussianBlur(luma, (0, 0), 1.0))[region].sum()
    return float(fine / max(coarse, 1e-9))


def _gradient_energy(luma: Floats) -> Floats:
    energy: Floats = cv2.Sobel(luma, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(luma, cv2.CV_32F, 0, 1) ** 2
    return energy


def noise_level(luma: Floats, region: npt.NDArray[np.bool_]) -> float:
    """Standard deviation of white noise, from the median absolute response of Immerkaer's operator.

    J. Immerkaer, "Fast noise variance estimation", CVIU 1996; the median instead of the mean ignores edges.
    """
    if region.sum() < 64:
        return 0.0
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(luma, -1, kernel)[region])
    return float(np.median(response) / 0.6745 / 6.0)


def measure(
    plate: Floats, rgb: Floats, matte: Floats, landmarks: npt.NDArray[np.floating[Any]], to_crop: Array
) -> Detail:
    """What one frame asks for: plate and likeness, (H, W, 3) in [0, 1], of one size and in one light."""
    points = apply_affine(to_crop, landmarks)
    height, width = matte.shape
    edges = _region(_edge_triangles(), points, (height, width)) & (matte > 0.9)
    if edges.sum() < 200:
        return NO_CHANGE
    skin = (matte > 0.9) & ~cv2.dilate(edges.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    own, other = luma(plate), luma(rgb)
    wanted = edge_sharpness(own, edges)
    curve = [edge_sharpness(_blurred(other, sigma), edges) for sigma in _SIGMAS]
    blur = float(np.interp(-wanted, -np.maximum.accumulate(curve[::-1])[::-1], _SIGMAS))
    sharpen = 0.0
    if curve[0] < wanted:
        sharpen = float(np.clip((wanted / curve[0] - 1.0) * 1.2, 0.0, 0.8))
        blur = 0.0
    left = noise_level(_blurred(other, blur), skin)
    grain = float(np.sqrt(max(0.0, noise_level(own, skin) ** 2 - left**2)))
    return Detail(blur, sharpen, grain)


def _blurred(picture: Floats, sigma: float) -> Floats:
    if sigma < 0.2:
        return picture
    blurred: Floats = cv2.GaussianBlur(picture, (0, 0), sigma)
    return blurred


def match(rgb: Floats, detail: Detail) -> Floats:
    """Blur or sharpen the likeness, (H, W, 3)."""
    if detail.sharpen > 0.02:
        soft = cv2.GaussianBlur(rgb, (0, 0), 1.0)
        sharpened: Floats = cv2.addWeighted(rgb, 1.0 + detail.sharpen, soft, -detail.sharpen, 0.0)
        return sharpened
    return _blurred(rgb, detail.blur)


@cache
def _noise() -> Floats:
    """White noise of standard deviation 1, larger than most faces; every frame takes another corner of it."""
    noise: Floats = np.random.default_rng(0).standard_normal((_NOISE, _NOISE), dtype=np.float32)
    return noise


def add_grain(mixed: Floats, matte: Floats, sigma: float, seed: int) -> Floats:
    """Fresh grain under the matte, equal in the three channels; the same seed gives the same grain."""
    if sigma < 2e-4:
        return mixed
    row, column = np.random.default_rng(seed).integers(0, _NOISE, 2).tolist()
    return with_noise(mixed, _noise(), (row, column), matte * np.float32(sigma))
