"""From triangles to shading samples: one a pixel on smooth surfaces, up to four at edges and in hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from understudy.geometry.raster import Raster
from understudy.performers.cage import turned, unit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

OVERSAMPLING = 2


@dataclass(frozen=True)
class Camera:
    """A pinhole at (aside, look_y, distance) that looks along -z.

    `size` is the picture's width and height in pixels.

    `focal` is in picture widths, lengths in cm.
    """

    size: int
    focal: float
    distance: float = 62.0
    look_y: float = -1.6
    aside: float = 0.0

    @property
    def scale(self) -> float:
        """Pixels per cm at the head's resting distance."""
        return self.focal * self.size / self.distance

    def project(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Stage-space points (N, 3) in pixels (x right, y down, centres at integers) and distance in cm."""
        depth = self.distance - points[:, 2]
        middle = (self.size - 1) / 2
        x = middle + (points[:, 0] - self.aside) * self.focal * self.size / depth
        y = middle - (points[:, 1] - self.look_y) * self.focal * self.size / depth
        return np.stack([x, y, depth], 1)


@dataclass(frozen=True)
class Samples:
    """What is seen, S samples: triangle, index of the pixel, place in pixels, share of the pixel."""

    triangle: Ints
    pixel: Ints
    place: Floats
    share: Floats


@njit(cache=True, nogil=True)
def _pick(owner, depth, material, smooth, spread, triangle, pixel, place, share):  # type: ignore[no-untyped-def]  # pragma: no cover
    count = 0
    height, width = owner.shape[0] // 2, owner.shape[1] // 2
    for y in range(height):
        for x in range(width):
            first = owner[2 * y, 2 * x]
            whole = first >= 0 and smooth[material[first]]
            near, far = np.float32(1e9), np.float32(-1e9)
            for k in range(4):
                sub_y, sub_x = 2 * y + k // 2, 2 * x + k % 2
                t = owner[sub_y, sub_x]
                whole = whole and t >= 0 and material[t] == material[first]
                near, far = min(near, depth[sub_y, sub_x]), max(far, depth[sub_y, sub_x])
            whole = whole and far - near < spread
            for k in range(1 if whole else 4):
                t = owner[2 * y + k // 2, 2 * x + k % 2]
                if t < 0:
                    continue
                triangle[count] = t
                pixel[count] = y * width + x
                place[count, 0] = x if whole else x + 0.5 * (k % 2) - 0.25
                place[count, 1] = y if whole else y + 0.5 * (k // 2) - 0.25
                share[count] = 1.0 if whole else 0.25
                count += 1
    return count


def sample(
    screen: npt.NDArray[np.float64], triangles: Ints, material: Ints, smooth: Ints, size: int
) -> Samples:
    """See a scene of vertices `screen` (V, 3), pixels and depth; `smooth` flags materials by index."""
    fine = screen.copy()
    fine[:, :2] = screen[:, :2] * OVERSAMPLING + 0.5
    raster = Raster(fine, triangles, size * OVERSAMPLING, size * OVERSAMPLING)
    room = size * size * OVERSAMPLING**2
    triangle, pixel = np.empty(room, np.int32), np.empty(room, np.int32)
    place, share = np.empty((room, 2), np.float32), np.empty(room, np.float32)
    count = _pick(raster.owner, raster.depth, material, smooth, 0.6, triangle, pixel, place, share)
    return Samples(triangle[:count], pixel[:count], place[:count], share[:count])


@njit(cache=True, nogil=True)
def _gather(screen, triangles, attributes, triangle, place, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    for i in range(triangle.shape[0]):
        a, b, c = triangles[triangle[i], 0], triangles[triangle[i], 1], triangles[triangle[i], 2]
        x, y = place[i, 0], place[i, 1]
        ax, ay = screen[a, 0] - x, screen[a, 1] - y
        bx, by = screen[b, 0] - x, screen[b, 1] - y
        cx, cy = screen[c, 0] - x, screen[c, 1] - y
        # areas opposite each corner over its depth: perspective-correct, clamped to stay near the triangle
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        area = area if abs(area) > 1e-9 else 1e-9
        wa = min(max((bx * cy - cx * by) / area, -0.5), 1.5) / screen[a, 2]
        wb = min(max((cx * ay - ax * cy) / area, -0.5), 1.5) / screen[b, 2]
        wc = min(max((ax * by - bx * ay) / area, -0.5), 1.5) / screen[c, 2]
        total = wa + wb + wc
        for k in range(attributes.shape[1]):
            value = wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
            out[i, k] = value / total


def gather(screen: npt.NDArray[np.float64], triangles: Ints, attributes: Floats, samples: Samples) -> Floats:
    """Per-vertex attributes (V, C) at the samples, (S, C)."""
    out = np.empty((len(samples.triangle), attributes.shape[1]), np.float32)
    _gather(screen, triangles, attributes, samples.triangle, samples.place, out)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _lit(points, to_map, centre, height_map, bias, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    size = height_map.shape[0]
    for i in range(points.shape[0]):
        dx, dy, dz = points[i, 0] - centre[0], points[i, 1] - centre[1], points[i, 2] - centre[2]
        x = size / 2 + to_map[0, 0] * dx + to_map[0, 1] * dy + to_map[0, 2] * dz
        y = size / 2 - (to_map[1, 0] * dx + to_map[1, 1] * dy + to_map[1, 2] * dz)
        height = to_map[2, 0] * dx + to_map[2, 1] * dy + to_map[2, 2] * dz + bias
        left, top = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - left, y - top
        total = 0.0
        for row in range(4):
            weight_y = 1.0 - fy if row == 0 else fy if row == 3 else 1.0
            v = top + row - 1
            for column in range(4):
                weight_x = 1.0 - fx if column == 0 else fx if column == 3 else 1.0
                u = left + column - 1
                if u < 0 or v < 0 or u >= size or v >= size or height_map[v, u] < height:
                    total += weight_x * weight_y
        out[i] = total / 9.0


class ShadowMap:
    """What a light at infinity sees of the stage, and who is in the light."""

    def __init__(
        self,
        points: npt.NDArray[Any],
        triangles: Ints,
        direction: npt.ArrayLike,
        centre: npt.ArrayLike,
        *,
        size: int = 320,
        reach: float = 18.0,
    ) -> None:
        z = unit(np.asarray(direction, np.float64))
        x = unit(np.cross((0.0, 1.0, 0.01), z))
        axes = np.stack([x, np.cross(z, x), z])
        scale = size / (2 * reach)
        self._centre = np.asarray(centre, np.float64)
        self._to_map = (axes * [[scale], [scale], [1.0]]).astype(np.float32)
        seen = turned(points - self._centre, self._to_map)
        screen = np.stack([size / 2 + seen[:, 0], size / 2 - seen[:, 1], -seen[:, 2]], 1)
        self._heights: Floats = -Raster(screen, triangles, size, size).depth

    def lit(self, points: Floats, bias: float = 0.12) -> Floats:
        """Share of light, (N,) in [0, 1], that reaches (N, 3) points; filtered over about a texel.

        `bias` in cm keeps a surface from shading itself.
        """
        out = np.empty(len(points), np.float32)
        _lit(
            points.astype(np.float32, copy=False),
            self._to_map,
            self._centre.astype(np.float32),
            self._heights,
            bias,
            out,
        )
        return out
