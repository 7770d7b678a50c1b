"""Sharpness and grain of the result against the plate's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from understudy.measures.picture import Box, Matte, box_of, weights
from understudy.pixels import Floats, Picture, luma

_BAND_SIGMAS = (1.0, 2.0, 4.0)
_LEAST_ENERGY = 1e-10


def band_energies(picture: Picture, matte: Matte, bands: int = 3) -> npt.NDArray[np.float64]:
    """Mean energy of luma inside the matte in three bands of detail, finest first, (3,); or in fewer.

    NaN for an empty matte. The bands of a Laplacian pyramid (Burt, Adelson 1983) without its decimation:
    differences of Gaussians with sigma 0, 1, 2 and 4 pixels.
    """
    box = box_of(matte, margin=12)
    if box is None:
        return np.full(bands, np.nan)
    weight = weights(matte[box])
    total = weight.sum(dtype=np.float64)
    finer, energies = luma(picture[box]), []
    for sigma, before in zip(_BAND_SIGMAS[:bands], (0.0, *_BAND_SIGMAS), strict=False):
        coarser = cv2.GaussianBlur(finer, (0, 0), float(np.sqrt(sigma**2 - before**2)))
        energies.append(((finer - coarser) ** 2 * weight).sum(dtype=np.float64) / total)
        finer = coarser
    return np.array(energies)


def sharpness_match(result: Picture, plate: Picture, matte: Matte) -> npt.NDArray[np.float64]:
    """log2 of the result's band energy over the plate's, (3,), finest first. Target: within +-0.3.

    0 is as sharp as the plate, -2 half the amplitude. Give a matte that stays clear of the edge and of
    occluders.
    Traps: the finest band holds grain too, so noise passes for detail; a beard on one side only is no fault.
    """
    energies = [np.maximum(band_energies(picture, matte), _LEAST_ENERGY) for picture in (result, plate)]
    return np.log2(energies[0] / energies[1])


@dataclass(frozen=True)
class Grain:
    """What a `GrainMeter` found.

    ratio   grain of the result over the plate's own, target 0.8..1.25
    frozen  how much of the fine detail stays at its place in the picture from frame to frame beyond what the
            plate's does, as part of the larger one's energy, -1..1; target within +-0.1. Grain that was drawn
            once ("screen door") is near 1, detail that shakes, or was blurred away, is below 0
    """

    ratio: float
    frozen: float


_LUMA_BINS = 8
_HISTOGRAM = np.linspace(0, 0.25, 2049)
_LEAST_SAMPLES = 500
_ROUNDING = 1 / (255 * np.sqrt(12))


class GrainMeter:
    """Grain inside the matte, result over plate.

    Its size is 1.4826 x the median absolute value of the finest diagonal Haar band (Donoho, Johnstone 1994),
    in eight bins of luma, because grain depends on brightness; the ratio is the geometric mean over bins that
    both fill, with 8-bit rounding added to both in quadrature.

    Trap: pores and beard reach into that band; the median only keeps strong edges out.
    """

    def __init__(self) -> None:
        self._counts = np.zeros((2, _LUMA_BINS, len(_HISTOGRAM) - 1))
        self._products = np.zeros((2, 2))
        self._last: tuple[Box, list[Floats], Floats] | None = None

    def add(self, plate: Picture, result: Picture, matte: Matte) -> None:
        """Take the next frame: plate, result and the matte of what was replaced."""
        box = box_of(matte, margin=1)
        if box is None:
            self._last = None
            return
        inside = weights(matte[box])
        brightness = [luma(picture[box]) for picture in (result, plate)]
        detail = [_diagonal(image) for image in brightness]
        for side in range(2):
            self._count(side, detail[side][inside > 0.5], brightness[side][inside > 0.5])
        if self._last is not None:
            self._correlate(box, detail, inside)
        self._last = (box, detail, inside)

    def cut(self) -> None:
        """Say that the next frame does not follow the last one."""
        self._last = None

    def read(self) -> Grain:
        """The figures so far; NaN where there is too little to see."""
        result, plate = self._counts
        samples = np.minimum(result.sum(1), plate.sum(1))
        used = samples >= _LEAST_SAMPLES
        ratio = np.nan
        if used.any():
            sizes = [np.hypot([_deviation(row) for row in side[used]], _ROUNDING) for side in (result, plate)]
            ratio = float(np.exp(np.average(np.log(sizes[0] / sizes[1]), weights=samples[used])))
        cross, square = self._products[:, 0], self._products[:, 1]
        frozen = float((cross[0] - cross[1]) / square.max()) if square.max() > 0 else np.nan
        return Grain(ratio, frozen)

    def _count(self, side: int, detail: Floats, brightness: Floats) -> None:
        top = len(_HISTOGRAM) - 2
        size = np.minimum((np.abs(detail) * ((top + 1) / _HISTOGRAM[-1])).astype(np.int64), top)
        shade = np.clip((brightness * _LUMA_BINS).astype(np.int64), 0, _LUMA_BINS - 1)
        flat = np.bincount(shade * (top + 1) + size, minlength=_LUMA_BINS * (top + 1))
        self._counts[side] += flat.reshape(_LUMA_BINS, -1)

    def _correlate(self, box: Box, detail: list[Floats], inside: Floats) -> None:
        assert self._last is not None
        old_box, old_detail, old_inside = self._last
        here, there = _overlap(box, old_box)
        if here is None or there is None:
            return
        weight = inside[here] * old_inside[there]
        for side in range(2):
            now, before = detail[side][here], old_detail[side][there]
            self._products[side, 0] += float((weight * now * before).sum(dtype=np.float64))
            self._products[side, 1] += (
                float((weight * (now * now + before * before)).sum(dtype=np.float64)) / 2
            )


def _diagonal(image: Floats) -> Floats:
    """The undecimated diagonal Haar band: white noise keeps its standard deviation."""
    kernel = np.array([[0.5, -0.5], [-0.5, 0.5]], np.float32)
    return cv2.filter2D(image, cv2.CV_32F, kernel, anchor=(0, 0), borderType=cv2.BORDER_REFLECT)


def _deviation(counts: npt.NDArray[np.float64]) -> float:
    """Standard deviation from a histogram of absolute values, by their interpolated median."""
    below = np.concatenate([[0], np.cumsum(counts)])
    bin_ = int(np.searchsorted(below, below[-1] / 2, side="left")) - 1
    part = (below[-1] / 2 - below[bin_]) / max(counts[bin_], 1)
    return 1.4826 * float(_HISTOGRAM[bin_] + part * (_HISTOGRAM[1] - _HISTOGRAM[0]))


def _overlap(box: Box, other: Box) -> tuple[Box, Box] | tuple[None, None]:
    """What two boxes share, in the coordinates of each."""
    top, left = max(box[0].start, other[0].start), max(box[1].start, other[1].start)
    bottom, right = min(box[0].stop, other[0].stop), min(box[1].stop, other[1].stop)
    if top >= bottom or left >= right:
        return None, None

    def within(frame: Box) -> Box:
        return (
            slice(top - frame[0].start, bottom - frame[0].start),
            slice(left - frame[1].start, right - frame[1].start),
        )

    return within(box), within(other)
