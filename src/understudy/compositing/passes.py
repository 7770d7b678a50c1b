"""Arithmetic on whole pictures, compiled, so that each step goes through memory once.

Pictures are (H, W, 3) float32, shares and mattes (H, W) float32. Results are new arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]

# No fastmath: what a picture holds outside its matte need not be a number.
_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _mixed(below, above, share, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            weight = share[y, x]
            for c in range(3):
                low = below[y, x, c]
                out[y, x, c] = low + weight * (above[y, x, c] - low)


def mixed(below: Floats, above: Floats, share: Floats) -> Floats:
    """below + share * (above - below)."""
    out = np.empty_like(below)
    _mixed(below, above, share, out)
    return out


@_compiled
def _difference(below, above, matte, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            if matte[y, x] > 0:
                for c in range(3):
                    out[y, x, c] = above[y, x, c] - below[y, x, c]


def difference(below: Floats, above: Floats, matte: Floats) -> Floats:
    """above - below where the matte reaches, 0 elsewhere."""
    out = np.zeros_like(below)
    _difference(below, above, matte, out)
    return out


@_compiled
def _with_band(coarse, fine, blurred, weight):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(coarse.shape[0]):
        for x in range(coarse.shape[1]):
            share = weight[y, x]
            for c in range(3):
                coarse[y, x, c] += share * (fine[y, x, c] - blurred[y, x, c])


def with_band(coarse: Floats, fine: Floats, blurred: Floats, weight: Floats) -> Floats:
    """coarse + weight * (fine - blurred), in the memory of `coarse`."""
    _with_band(coarse, fine, blurred, weight)
    return coarse


@_compiled
def _added_inside(plate, change, matte, steepness, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            share = min(max(matte[y, x] * steepness, np.float32(0)), np.float32(1))
            for c in range(3):
                out[y, x, c] = plate[y, x, c] + share * change[y, x, c]


def added_inside(plate: Floats, change: Floats, matte: Floats, steepness: float) -> Floats:
    """plate + clip(matte * steepness) * change."""
    out = np.empty_like(plate)
    _added_inside(plate, change, matte, np.float32(steepness), out)
    return out


@_compiled
def _in_light(rgb, gain, floor, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for c in range(3):
                out[y, x, c] = (rgb[y, x, c] + floor) * gain[y, x, c] - floor


def in_light(rgb: Floats, gain: Floats, floor: float) -> Floats:
    """(rgb + floor) * gain - floor; gain (H, W, 3)."""
    out = np.empty_like(rgb)
    _in_light(rgb, gain, np.float32(floor), out)
    return out


@_compiled
def _add_noise(picture, noise, top, left, share, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    rows, columns = noise.shape
    for y in range(out.shape[0]):
        line = noise[(y + top) % rows]
        for x in range(out.shape[1]):
            grain = share[y, x]
            if grain > 0:
                grain *= line[(x + left) % columns]
            for c in range(3):
                out[y, x, c] = picture[y, x, c] + grain


def with_noise(picture: Floats, noise: Floats, corner: tuple[int, int], share: Floats) -> Floats:
    """The picture plus `share` of a noise (h, w), which repeats itself; its `corner` lies at the origin."""
    out = np.empty_like(picture)
    _add_noise(picture, noise, *corner, share, out)
    return out


@_compiled
def _store(picture, matte, top, region):  # type: ignore[no-untyped-def]  # pragma: no cover
    for y in range(region.shape[0]):
        for x in range(region.shape[1]):
            if matte[y, x] > 0:
                for c in range(3):
                    value = picture[y, x, c] * top + np.float32(0.5)
                    region[y, x, c] = np.int32(min(max(value, np.float32(0)), top))


def store(picture: Floats, matte: Floats, region: npt.NDArray[Any]) -> None:
    """Write a picture in [0, 1] into (H, W, 3 or 4) integers where the matte reaches: rounded, clipped."""
    _store(picture, matte, np.float32(np.iinfo(region.dtype).max), region)
