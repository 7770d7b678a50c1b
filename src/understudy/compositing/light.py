"""Light and colour: the plate's shading on the likeness's skin, as a smooth function of the surface normal.

The logarithm of plate over likeness, compared at the same pixels of skin, is fitted by second-order spherical
harmonics of the mesh normal (Ramamoorthi and Hanrahan, "An efficient representation for irradiance
environment maps", SIGGRAPH 2001, give the basis), one set of nine coefficients a channel. Nine numbers cannot
carry the plate performer's brows or lips into the picture, which a low-passed copy of the plate would.

What is kept of each frame are the normal equations of its fit; adding up those of neighbouring frames before
solving pools the statistics over time exactly, so that colour does not pump.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from understudy.compositing.passes import in_light
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.raster import Raster, vertex_normals

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

TERMS = 9
GRID = 72
"""Faces are compared on a grid of about this many pixels: light is smooth, and features should be blurred."""

_FLOOR = 0.03
"""Added before taking logarithms, in [0, 1] picture units: black stays comparable."""
_LIMIT = 1.4
"""Largest logarithm of a gain."""


def harmonics(normals: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Second-order real spherical harmonics without their constants, (..., 9), of unit normals (..., 3)."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=-1)


@dataclass(frozen=True)
class Shading:
    """The surface normals of one plate face over a crop, on a small grid.

    basis   (h, w, 9) harmonics of the normals
    skin    (h, w) float32 in [0, 1]: plain skin, without eyes, brows, lips, nostrils and the face's rim
    forehead  (h, w) float32 in [0, 1]: forehead and temples, well above the brows
    """

    basis: Floats = field(repr=False)
    skin: Floats = field(repr=False)
    forehead: Floats = field(repr=False)
    height: int
    width: int

    @classmethod
    def of(cls, landmarks: npt.NDArray[np.floating[Any]], to_crop: Array, height: int, width: int) -> Shading:
        """From (478, 3) plate landmarks in frame pixels and the crop's matrix and size."""
        step = max(height, width) / GRID
        grid_height, grid_width = max(2, round(height / step)), max(2, round(width / step))
        points = apply_affine(to_crop, landmarks)
        scale = np.array([grid_width / width, grid_height / height])
        normals = vertex_normals(points, mesh.skin_triangles())
        points[:, :2] = (points[:, :2] + 0.5) * scale - 0.5
        raster = Raster(points, mesh.face_triangles(), grid_height, grid_width)
        carried = raster.interpolate(np.column_stack([normals, mesh.bare_skin(), _forehead()]))
        normal = carried[..., :3]
        away = ~raster.covered
        normal[away] = (0.0, 0.0, -1.0)
        normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
        normal = _spread(normal, away)
        skin, forehead = carried[..., 3], carried[..., 4]
        return cls(harmonics(normal).astype(np.float32), skin, forehead, height, width)

    def shrink(self, picture: Floats) -> Floats:
        """A picture of the crop on the grid."""
        small: Floats = cv2.resize(picture, self.skin.shape[::-1], interpolation=cv2.INTER_AREA)
        return small


def _spread(normal: Floats, away: npt.NDArray[np.bool_]) -> Floats:
    """Continue the normals past the face's edge, so that the gain has no step where the mesh ends."""
    weight = (~away).astype(np.float32)[..., None]
    sigma = max(normal.shape[:2]) / 16
    total = cv2.GaussianBlur(normal * weight, (0, 0), sigma)
    share = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    near = total / np.maximum(share, 1e-4)
    length = np.linalg.norm(near, axis=-1, keepdims=True)
    near = np.where(length > 1e-3, near / np.maximum(length, 1e-3), normal)
    return np.where(away[..., None], near, normal).astype(np.float32)


@cache
def _forehead() -> Floats:
    """(478,) 1 on forehead and temples, 0 on the brows and below."""
    face = mesh.canonical_face()
    above = np.clip((-0.35 - face[:, 1]) / 0.06, 0.0, 1.0)
    temple = np.clip((np.abs(face[:, 0]) - 0.66) / 0.05, 0.0, 1.0) * np.clip(
        (-0.15 - face[:, 1]) / 0.08, 0.0, 1.0
    )
    return np.asarray(np.maximum(above, temple), np.float32)


@dataclass(frozen=True)
class Equations:
    """Normal equations of a light fit: left (9, 9), right (9, 3). They add up."""

    left: Array
    right: Array


NOTHING = Equations(np.zeros((TERMS, TERMS)), np.zeros((TERMS, 3)))
"""The equations of a frame that was not looked at: it takes on the light of its neighbours."""


def measure(plate: Floats, rgb: Floats, matte: Floats, shading: Shading) -> Equations:
    """Compare plate and likeness over plain skin, both (H, W, 3) in [0, 1] in the same crop.

    Pixels whose ratio disagrees with the fit (a mole, a strand of hair, a shadow's edge) are weighed down by
    three rounds of iteratively reweighted least squares with Geman-McClure weights.
    """
    weight = (shading.skin * shading.shrink(matte)).astype(np.float64).ravel()
    ratio = np.log(shading.shrink(plate) + _FLOOR) - np.log(np.maximum(shading.shrink(rgb), 0) + _FLOOR)
    basis = shading.basis.reshape(-1, TERMS).astype(np.float64)
    ratio = ratio.reshape(-1, 3).astype(np.float64)
    used = weight > 1e-3
    weight, basis, ratio = weight[used], basis[used], ratio[used]
    robust = np.ones_like(weight)
    for _ in range(3):
        equations = _equations(basis, ratio, weight * robust)
        misfit = np.linalg.norm(ratio - basis @ solve(equations), axis=1)
        robust = 1.0 / (1.0 + (misfit / 0.25) ** 2) ** 2
    return _equations(basis, ratio, weight * robust)


def _equations(basis: Array, ratio: Array, weight: Array) -> Equations:
    weighted = basis * weight[:, None]
    return Equations(weighted.T @ basis, weighted.T @ ratio)


def solve(equations: Equations, stiffness: float = 0.02) -> Array:
    """Coefficients (..., 9, 3) of one frame or a stack of them.

    The ridge grows with the number of pixels: bare regions of the sphere of normals stay near the constant.
    """
    pixels = np.maximum(equations.left[..., :1, :1], 1e-6)
    ridge = np.diag([1e-4, *([1.0] * 3), *([2.0] * 5)]) * stiffness
    coefficients: Array = np.linalg.solve(equations.left + pixels * ridge, equations.right)
    return coefficients


def pool(left: Array, right: Array, sigma: float) -> Array:
    """Coefficients (N, 9, 3) of N successive frames from stacked equations, pooled over about `sigma` frames.

    Frames must belong to one track in one shot.
    """
    smooth = [gaussian_filter1d(e, sigma, axis=0, mode="nearest") if sigma > 0 else e for e in (left, right)]
    return solve(Equations(smooth[0], smooth[1]))


def relight(rgb: Floats, coefficients: npt.NDArray[np.floating[Any]], shading: Shading) -> Floats:
    """The likeness in the plate's light: (H, W, 3) times the exponential of the fitted function."""
    log_gain = shading.basis @ coefficients.astype(np.float32)
    gain = np.exp(np.clip(log_gain, -_LIMIT, _LIMIT))
    gain = cv2.resize(gain, (shading.width, shading.height), interpolation=cv2.INTER_LINEAR)
    return in_light(rgb, gain, _FLOOR)
