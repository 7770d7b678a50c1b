"""Steadiness from frame to frame: flicker, colour pumping, jitter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.fft import dct, idct

from understudy.measures.picture import Box, Matte, box_of, interocular, join, lab, weights
from understudy.pixels import Floats, Picture, luma, to_float

_MARGIN = 16
_FLOW_SIZE = 512
_LEAST_PIXELS = 64
_QUANTISATION = 2 / (12 * 255.0**2)  # variance of the difference of two 8-bit pictures of a still scene


@dataclass(frozen=True)
class Flicker:
    """What a `FlickerMeter` found.

    ratio      the result's energy over the plate's own (both colour-normalised); 1 is as steady as the plate
    result     root mean square residual of the result inside the matte, 8-bit code values, not normalised
    plate      the same of the plate
    per_frame  (pairs,) ratio of every pair of frames in the order they were added
    """

    ratio: float
    result: float
    plate: float
    per_frame: npt.NDArray[np.float64]

    @property
    def residual(self) -> float:
        """`result` over `plate`, neither taken for less than 8-bit rounding. Target <= 1.15."""
        least = 255 * float(np.sqrt(_QUANTISATION))
        return float(np.maximum(self.result, least) / np.maximum(self.plate, least))


@dataclass(frozen=True)
class _Frame:
    plate: Floats
    result: Floats
    matte: Floats
    box: Box | None


class FlickerMeter:
    """Flow-compensated temporal residual of the result inside the matte, over the plate's own.

    Target <= 1.05. E_warp of Lai et al., "Learning blind video temporal consistency", ECCV 2018: mean of M
    ||V_t - warp(V_t+1)||².
    Both clips are compensated by the *plate's* optical flow (DIS, Kroeger et al., ECCV 2016), M is the matte
    of both frames where forward and backward flow agree (Sundaram et al., ECCV 2010).
    Colour-normalised: the mean residual of a pair is taken out (that is colour pumping, see `colour_pumping`)
    and each channel's energy is divided by its variance inside M over the clip, so that a gain or an offset
    of the result's colours changes nothing.

    Traps: it is a ratio of energies, its root is one of amplitudes. A blurred result scores below 1: read it
    beside `texture.sharpness_match`. The result's face may move a little differently from the plate's (lips,
    lids); what follows the likeness's shape and not the plate's flow counts as flicker. A face with less
    contrast than the plate's but with the same grain scores above 1: compare `result` with `plate`.
    """

    def __init__(self) -> None:
        self._last: _Frame | None = None
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._pairs: list[npt.NDArray[np.float64]] = []

    def add(self, plate: Picture, result: Picture, matte: Matte) -> None:
        """Take the next frame: plate, result and the matte of what was replaced, all of one size."""
        now = _Frame(to_float(plate), to_float(result), weights(matte), box_of(matte, _MARGIN))
        if self._last is not None:
            self._pairs.append(self._compare(self._last, now))
        self._last = now

    def cut(self) -> None:
        """Say that the next frame does not follow the last one: a cut, or a missed frame."""
        self._last = None

    def read(self) -> Flicker:
        """The figures over all pairs so far; NaN without a pair that can be compared."""
        pairs = np.array(self._pairs).reshape(-1, 2, 3, 2)
        seen = pairs[pairs[:, 0, 0, 1] > 0]
        per_frame = np.array([_energy(pair[0]) / _energy(pair[1]) for pair in pairs])
        if not len(seen):
            return Flicker(np.nan, np.nan, np.nan, per_frame)
        result, plate = seen.mean(0)
        rms = [255 * float(np.sqrt(side[:, 0].mean())) for side in (result, plate)]
        return Flicker(float(_energy(result) / _energy(plate)), rms[0], rms[1], per_frame)

    def _compare(self, last: _Frame, now: _Frame) -> npt.NDArray[np.float64]:
        """[result or plate, channel, residual energy or variance]; zeros if nothing can be compared."""
        nothing = np.zeros((2, 3, 2))
        box = join(last.box, now.box)
        if last.box is None or now.box is None or box is None:
            return nothing
        forward, agrees = self._flow_between(last.plate[box], now.plate[box])
        later = _follow(forward)
        mask = last.matte[box] * cv2.remap(now.matte[box], *later, cv2.INTER_LINEAR, borderValue=0) * agrees
        if mask.sum() < _LEAST_PIXELS:
            return nothing
        return np.array(
            [
                _residual(first[box], second[box], later, mask)
                for first, second in ((last.result, now.result), (last.plate, now.plate))
            ]
        )

    def _flow_between(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Flow (H, W, 2) from `first` to `second`, and 1 where the flow back agrees with it."""
        height, width = first.shape[:2]
        scale = min(1.0, _FLOW_SIZE / max(height, width))
        size = (max(16, round(width * scale)), max(16, round(height * scale)))
        a, b = (
            cv2.convertScaleAbs(cv2.resize(luma(frame), size, interpolation=cv2.INTER_AREA), alpha=255)
            for frame in (first, second)
        )
        forward, backward = self._flow.calc(a, b, None), self._flow.calc(b, a, None)
        back = cv2.remap(backward, *_follow(forward), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        apart = ((forward + back) ** 2).sum(-1)
        moved = (forward**2).sum(-1) + (back**2).sum(-1)
        agrees = (apart < 0.01 * moved + 0.5).astype(np.float32)
        if size == (width, height):
            return forward, agrees
        forward = cv2.resize(forward, (width, height)) * np.array(
            [width / size[0], height / size[1]], np.float32
        )
        return forward, cv2.resize(agrees, (width, height), interpolation=cv2.INTER_NEAREST)


def _follow(flow: Floats) -> tuple[Floats, Floats]:
    y, x = np.indices(flow.shape[:2], np.float32)
    return x + flow[..., 0], y + flow[..., 1]


def _residual(
    first: Floats, second: Floats, later: tuple[Floats, Floats], mask: Floats
) -> npt.NDArray[np.float64]:
    """Energy of the residual and variance of the picture, per channel, (3, 2), both about their mean."""
    warped = cv2.remap(second, *later, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = mask > 0
    weight = mask[inside].astype(np.float64)

    def variance(values: Floats) -> npt.NDArray[np.float64]:
        mean = np.average(values, axis=0, weights=weight)
        return np.asarray(weight @ (values - mean) ** 2 / weight.sum())

    here = first[inside]
    return np.stack([variance(here - warped[inside]), variance(here)], axis=-1)


def _energy(sums: npt.NDArray[np.float64]) -> np.float64:
    """Colour-normalised energy of (3, 2) sums. Floored by 8-bit rounding: a plate may be still."""
    with np.errstate(invalid="ignore"):
        return np.float64(
            (np.maximum(sums[:, 0], _QUANTISATION) / np.where(sums[:, 1] > 0, sums[:, 1], np.nan)).mean()
        )


def mean_lab(picture: Picture, matte: Matte) -> npt.NDArray[np.float64]:
    """Mean L*a*b* inside the matte, (3,); NaN for an empty matte. `colour_pumping` needs it of each frame."""
    box = box_of(matte)
    if box is None:
        return np.full(3, np.nan)
    weight = weights(matte[box])[..., None]
    total = weight.sum(dtype=np.float64)
    return np.asarray((lab(picture[box]) * weight).sum((0, 1), dtype=np.float64) / total)


def colour_breathing(
    result: npt.NDArray[np.floating[Any]], plate: npt.NDArray[np.floating[Any]], rate: float
) -> npt.NDArray[np.float64]:
    """How far the result's colour is in each frame from its slow drift, in Delta E (1976), (T,).

    `result` and `plate` are (T, 3) from `mean_lab`, frame by frame through one shot of `rate` frames/s. The
    difference loses everything slower than 0.5 Hz (its cosine transform below that); what is left is given by
    its length. Frames with NaN are left out and stay NaN; so does everything under 4 frames.

    Trap: a face that opens its mouth changes its mean colour; only where both do it alike does it cancel.
    """
    difference = np.asarray(result, np.float64) - plate
    breathing = np.full(len(difference), np.nan)
    known = ~np.isnan(difference).any(1)
    count = int(known.sum())
    if count < 4:
        return breathing
    spectrum = dct(difference[known], axis=0, norm="ortho")
    frequency = np.arange(count) * rate / (2 * count)
    spectrum[frequency < 0.5] = 0
    breathing[known] = np.linalg.norm(idct(spectrum, axis=0, norm="ortho"), axis=1)
    return breathing


def colour_pumping(
    result: npt.NDArray[np.floating[Any]], plate: npt.NDArray[np.floating[Any]], rate: float
) -> float:
    """How much the result's colour breathes against the plate's: root mean square of `colour_breathing`.

    Target <= 0.3. NaN under 4 frames.
    """
    breathing = colour_breathing(result, plate, rate)
    known = breathing[~np.isnan(breathing)]
    return float(np.sqrt((known**2).mean())) if len(known) else np.nan


def trembling(landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Mean length of the second difference of all points, in parts of the inter-ocular distance, (T,).

    `landmarks` (T, 478, 2 or 3), consecutive frames, unsmoothed, NaN where the face was missed. NaN beside a
    missed frame, and for the first and the last one.
    """
    along = np.full(len(landmarks), np.nan)
    if len(landmarks) >= 3:
        second = landmarks[2:, :, :2] - 2.0 * landmarks[1:-1, :, :2] + landmarks[:-2, :, :2]
        along[1:-1] = np.linalg.norm(second, axis=-1).mean(-1) / interocular(landmarks[1:-1])
    return along


def jitter(landmarks: npt.NDArray[np.floating[Any]]) -> float:
    """Mean `trembling` of the clip. The result's minus the plate's was added; target <= 0.002."""
    along = trembling(landmarks)
    return float(np.nanmean(along)) if np.isfinite(along).any() else np.nan
