"""How a face usually looks in a shot, and where one frame of it looks otherwise.

Faces are unrolled into a texture (`mesh.canonical_uv`), so that a texel is always the same place of the
skin. Over the shot every texel has a usual value and a usual spread; light is taken out of each frame as a
smooth field that is fitted so that a thing before the face cannot bend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.faces.sampling import Bytes
from understudy.geometry import mesh
from understudy.geometry.raster import Raster

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

TEXTURE_SIZE = 80
MAP_SIZE = 128

_FACING = 0.3  # cosine of the steepest angle at which skin is still worth comparing
_DEPTH_SLACK = 4.0  # map pixels a texel may lie behind the nearest skin and still count as seen
_BLACK = 16.0  # keeps noise in the shadows from counting as colour
_SPREADS = 2.5  # robust standard deviations that are usual
_SLIP = 5  # texels over which the usual look is widened, for landmarks that slip
_FLOOR = np.array([0.16, 0.05, 0.06], np.float32)  # log lightness, log red/green, log blue/green
_LIGHT_STEP = 4
_LIGHT_ROUNDS = 6
_MIN_SEEN = 0.2  # a texel seen in fewer of the sampled frames has no usual look


def unwrap(square: Bytes, points: npt.NDArray[np.floating[Any]]) -> Bytes:
    """The texture (T, T, 4) of a face: RGB, and 255 where the skin is in sight, else 0.

    `square` is the aligned picture (MAP_SIZE, MAP_SIZE, 3), `points` the landmarks (478, 3) in its pixels.
    """
    triangles = mesh.face_triangles()
    place = texel_positions(points)
    x, y = np.ascontiguousarray(place[..., 0]), np.ascontiguousarray(place[..., 1])
    texture = np.empty((TEXTURE_SIZE, TEXTURE_SIZE, 4), np.uint8)
    texture[..., :3] = cv2.remap(square, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    # Half the map's resolution is plenty to know what hides what.
    depth = Raster(np.asarray(points) * (0.5, 0.5, 1.0), triangles, MAP_SIZE // 2, MAP_SIZE // 2).depth
    nearest = cv2.remap(
        depth, x / 2, y / 2, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=-1e6
    )
    corner = points[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    facing = normal[:, 2] > _FACING * np.linalg.norm(normal, axis=1)
    owner = _texel_raster().owner
    inside = (x > -0.5) & (y > -0.5) & (x < MAP_SIZE - 0.5) & (y < MAP_SIZE - 0.5)
    seen = (owner >= 0) & facing[owner] & (place[..., 2] < nearest + _DEPTH_SLACK) & inside
    texture[..., 3] = np.where(seen, 255, 0)
    return texture


def texel_positions(points: npt.NDArray[np.floating[Any]]) -> Floats:
    """Where every texel lies, (T, T, 3), given the vertices (478, 3); -1e4 where a texel has no skin."""
    return _texel_raster().interpolate(np.asarray(points), fill=-1e4)


def map_texels(points: npt.NDArray[np.floating[Any]], size: int = MAP_SIZE) -> Floats:
    """The texel (x, y) that every pixel of a picture shows, (size, size, 2); -1e4 off the face."""
    raster = Raster(points, mesh.face_triangles(), size, size)
    return raster.interpolate(mesh.canonical_uv() * TEXTURE_SIZE - 0.5, fill=-1e4)


@dataclass(frozen=True)
class Appearance:
    """The usual look of one face in one shot.

    `usual` and `spread` are (T, T, 3) as `features` makes them; `known` (T, T) says where a texel was seen
    often enough to have a usual look.
    """

    usual: Floats
    spread: Floats
    known: Mask

    @classmethod
    def learn(cls, textures: npt.NDArray[np.uint8]) -> Appearance:
        """From textures (N, T, T, 4) sampled over the shot; fewer than half of a texel's may be foreign."""
        looks = np.stack([features(texture) for texture in textures])
        seen = textures[..., 3] > 0
        usual = _median(looks, seen)
        plain = plain_skin()
        for _ in range(2):
            level = np.stack(
                [look - light(look - usual, s & plain) for look, s in zip(looks, seen, strict=True)]
            )
            usual = _median(level, seen)
        spread = 1.4826 * _median(np.abs(level - usual), seen)
        return cls(usual, spread, seen.mean(0) >= _MIN_SEEN)

    def level(self, texture: Bytes) -> Floats:
        """The features (T, T, 3) of a texture under the shot's usual light."""
        look = features(texture)
        return look - light(look - self.usual, (texture[..., 3] > 0) & self.known & plain_skin())

    def deviation(self, look: Floats, visible: Mask) -> tuple[Floats, Floats]:
        """How far a look, as `level` gives it, is from the usual: 0 for usual, 1 for just worth noticing.

        Two scores (T, T), 0 where the skin is not `visible` (T, T) or has no usual look. The first forgives
        what a slip of the landmarks can explain: it says whether something is there. The second forgives
        less: it says how far it reaches.
        """
        counts = visible & self.known
        return _outside(look, *self._wide_bounds, counts), _outside(look, *self._narrow_bounds, counts)

    @cached_property
    def _wide_bounds(self) -> tuple[Floats, Floats]:
        return self._bounds(_SLIP)

    @cached_property
    def _narrow_bounds(self) -> tuple[Floats, Floats]:
        return self._bounds(1)

    def _bounds(self, reach: int) -> tuple[Floats, Floats]:
        near = np.ones((reach, reach), np.uint8)
        low = cv2.erode(self.usual - _SPREADS * self.spread, near)
        high = cv2.dilate(self.usual + _SPREADS * self.spread, near)
        return np.asarray(low, np.float32), np.asarray(high, np.float32)


def _outside(look: Floats, low: Floats, high: Floats, counts: Mask) -> Floats:
    away = np.maximum(0.0, np.maximum(look - high, low - look)) / _FLOOR
    score = np.sqrt((away**2).sum(-1)) * counts
    return np.asarray(cv2.GaussianBlur(score, (0, 0), 0.8), np.float32)


def features(texture: Bytes) -> Floats:
    """Lightness and two colour ratios of every texel, as logarithms: (T, T, 3)."""
    log = _LOG[texture[..., :3]]
    red, green, blue = log[..., 0], log[..., 1], log[..., 2]
    return np.stack([(red + green + blue) / 3, red - green, blue - green], axis=-1)


def light(difference: Floats, counts: Mask) -> Floats:
    """The smooth field (T, T, 3) that explains most of a difference of features, robustly.

    A quadratic in the texture coordinates per feature, fitted by iteratively reweighted least squares
    (Geman and McClure's weights) on the texels that count: what is foreign, even a third of the face, has
    hardly a say.
    """
    step = _LIGHT_STEP
    basis = _light_basis()
    coarse = basis[::step, ::step].reshape(-1, basis.shape[-1])
    target = difference[::step, ::step].reshape(-1, 3)
    use = counts[::step, ::step].ravel()
    if use.sum() < 24:
        return np.zeros_like(difference)
    coarse, target = coarse[use], target[use]
    weights = np.zeros((coarse.shape[1], 3), np.float32)
    weights[0] = np.median(target, axis=0)
    ridge = np.diag([1e-3] + [1.0] * (coarse.shape[1] - 1)).astype(np.float32)
    for _ in range(_LIGHT_ROUNDS):
        error = (target - coarse @ weights) / (0.75 * _FLOOR)
        trust = 1.0 / (1.0 + (error**2).sum(-1)) ** 2
        weighted = coarse * trust[:, None]
        weights = np.linalg.solve(weighted.T @ coarse + ridge, weighted.T @ target).astype(np.float32)
    return np.asarray(basis @ weights, np.float32)


@cache
def plain_skin() -> Mask:
    """Texels (T, T) of skin that changes little: not the eyes, not the mouth, nor their rims."""
    owner = _texel_raster().owner
    lively = (owner >= len(mesh.skin_triangles())).astype(np.uint8)
    return (owner >= 0) & (cv2.dilate(lively, np.ones((5, 5), np.uint8)) == 0)


@cache
def _texel_raster() -> Raster:
    flat = np.column_stack([mesh.canonical_uv() * TEXTURE_SIZE - 0.5, np.zeros(mesh.VERTEX_COUNT)])
    return Raster(flat, mesh.face_triangles(), TEXTURE_SIZE, TEXTURE_SIZE)


@cache
def _light_basis() -> Floats:
    y, x = np.mgrid[-1 : 1 : TEXTURE_SIZE * 1j, -1 : 1 : TEXTURE_SIZE * 1j]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).astype(np.float32)


def _median(values: Floats, seen: Mask) -> Floats:
    # np.nanmedian is an order of magnitude slower; NaN sorts last.
    ordered = np.sort(np.where(seen[..., None], values, np.nan), axis=0)
    middle = np.maximum(seen.sum(0) - 1, 0) // 2
    median = np.take_along_axis(ordered, middle[None, ..., None], axis=0)[0]
    return np.nan_to_num(median).astype(np.float32)


_LOG = np.log(np.arange(256, dtype=np.float32) + _BLACK)
