"""The camera: backdrop, motion blur, lens, grain and tone curve."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from understudy.performers.cage import turned
from understudy.performers.expressions import NECK_PIVOT, head_weights
from understudy.performers.moment import Lens, Pose
from understudy.performers.sampling import Camera, Floats

_CELL = 8
"""Motion is kept on a lattice of cells this wide, pixels."""
_LEAST_MOTION = 0.7
_TONES, _BRIGHTEST = 8192, 8.0


@lru_cache(maxsize=8)
def backdrop(seed: int, size: int) -> Floats:
    """An out-of-focus room with lamps, (size, size, 3) linear."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    tone = rng.uniform(0.07, 0.16, 3) * rng.uniform(0.8, 1.3)
    accent = rng.dirichlet((3.0, 3.0, 3.0)) * 2.2
    room = tone * (1.15 - 0.42 * y[..., None]) * (1 - 0.5 * ((x - 0.3) ** 2 + (y - 0.3) ** 2))[..., None]
    for _ in range(18):
        centre_x, centre_y, radius = rng.uniform(0, 1), rng.uniform(0, 0.8), rng.uniform(0.03, 0.09)
        disc = np.clip((radius - np.hypot(x - centre_x, y - centre_y)) / (0.15 * radius), 0, 1)
        room += accent * (rng.uniform(0.02, 0.14) * disc)[..., None]
    pillar = np.clip(1 - np.abs(x - rng.uniform(0.1, 0.9)) / 0.11, 0, 1) > 0.2
    room *= 1 - 0.35 * pillar[..., None]
    room = cv2.GaussianBlur(room.astype(np.float32), (0, 0), size / 110)
    room.setflags(write=False)
    return room


def motion(points: Floats, pose: Pose, later: Pose, camera: Camera) -> Floats:
    """How far the head moves in the picture between two poses: a coarse field (H/8, W/8, 2), pixels.

    `points` (n, 3) of the head in the first pose carry the field; it fades into what surrounds them.
    """
    turn = turned(pose.rotation(), later.rotation()).T
    arm = points - NECK_PIVOT - pose.place
    moved = turned(arm, turn) + NECK_PIVOT + later.place
    weight = head_weights(points - np.array(pose.place))[:, None]
    starts = camera.project(points)[:, :2]
    ends = camera.project(points + weight * (moved - points))[:, :2]
    size = -(-camera.size // _CELL)
    field = np.zeros((size, size, 3), np.float32)
    cell = np.clip(np.round(starts / _CELL), 0, size - 1).astype(int)
    np.add.at(field, (cell[:, 1], cell[:, 0]), np.hstack([ends - starts, np.ones((len(starts), 1))]))
    field = cv2.GaussianBlur(field, (0, 0), size / 24)
    return np.asarray(field[..., :2] / np.maximum(field[..., 2:], 1e-4), np.float32)


def smear(layers: Floats, moved: Floats, coverage: Floats) -> Floats:
    """Average layers (H, W, C) along the motion: what an open shutter records. The backdrop stands still."""
    reach = float(np.linalg.norm(moved, axis=-1).max())
    if reach < _LEAST_MOTION:
        return layers
    size = layers.shape[0]
    near = cv2.GaussianBlur(coverage, (0, 0), max(reach, 1.0))
    velocity = cv2.resize(moved, (size, size), interpolation=cv2.INTER_LINEAR)
    velocity *= np.minimum(1.5 * near, 1.0)[..., None]
    out = np.empty_like(layers)
    _trail(layers, velocity, out)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _trail(layers, velocity, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width, channels = layers.shape
    for y in range(height):
        for x in range(width):
            dx, dy = velocity[y, x, 0], velocity[y, x, 1]
            reach = np.sqrt(dx * dx + dy * dy)
            taps = 1 if reach < 0.4 else min(max(int(np.ceil(reach)), 3), 12)
            for c in range(channels):
                out[y, x, c] = 0.0
            for k in range(taps):
                t = (k + 0.5) / taps - 0.5
                u, v = min(max(x - dx * t, 0.0), width - 1.001), min(max(y - dy * t, 0.0), height - 1.001)
                column, line = int(u), int(v)
                fx, fy = u - column, v - line
                for c in range(channels):
                    above = layers[line, column, c] * (1.0 - fx) + layers[line, column + 1, c] * fx
                    below = layers[line + 1, column, c] * (1.0 - fx) + layers[line + 1, column + 1, c] * fx
                    out[y, x, c] += (above * (1.0 - fy) + below * fy) / taps


def develop(light: Floats, lens: Lens, grain_seed: int) -> npt.NDArray[np.uint8]:
    """Lens, sensor and tone curve: linear light (H, W, 3) to an RGB picture (H, W, 3) uint8."""
    size = light.shape[0]
    image = light * np.float32(lens.exposure)
    # glow around what is brighter than the film can hold
    small = cv2.resize(np.clip(image - 0.5, 0, 4), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    glow = cv2.resize(
        cv2.GaussianBlur(small, (0, 0), size / 240), (size, size), interpolation=cv2.INTER_LINEAR
    )
    image += np.float32(0.05) * glow
    image = cv2.GaussianBlur(image, (0, 0), float(np.hypot(0.45, lens.defocus)) * size / 512)
    grain = np.random.default_rng(grain_seed).standard_normal(image.shape, np.float32)
    out = np.empty(image.shape, np.uint8)
    _expose(image, grain, np.float32(lens.grain), _tone_curve(), out)
    return out


@lru_cache(maxsize=1)
def _tone_curve() -> Floats:
    """Picture values for linear light up to `_BRIGHTEST`, by its square root: a soft shoulder, then sRGB."""
    light = np.linspace(0, 1, _TONES) ** 2 * _BRIGHTEST
    toned = light * (1 + light / 6.0) / (1 + 0.62 * light) * 1.12
    encoded = np.where(toned < 0.0031308, 12.92 * toned, 1.055 * np.maximum(toned, 1e-6) ** (1 / 2.4) - 0.055)
    return np.clip(255 * encoded + 0.5, 0, 255).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _expose(image, grain, strength, curve, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    height, width, channels = image.shape
    last = curve.shape[0] - 1
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                value = max(image[y, x, c], 0.0)
                # photon noise grows with the root of the light, read noise is constant
                value += strength * np.sqrt(value * 0.00035 + 0.00002) * grain[y, x, c]
                index = int(np.sqrt(max(value, 0.0) / 8.0) * last + 0.5)
                out[y, x, c] = np.uint8(curve[min(index, last)])
