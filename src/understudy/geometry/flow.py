"""Optical flow at the points of a face."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_SIZE = 256
"""Longer side of the pictures that flow is computed on: accurate enough below the pixel, and quick."""


class PointFlow:
    """Where the points of a face go from one frame to the next, by dense inverse search.

    T. Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016, as OpenCV has it. One object
    a thread.
    """

    def __init__(self) -> None:
        self._quick = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._fine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._fine.setFinestScale(self._quick.getFinestScale() - 1)
        self._fine.setPatchStride(4)
        self._fine.setGradientDescentIterations(12)
        self._fine.setVariationalRefinementIterations(3)
        self._back = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._back.setVariationalRefinementIterations(0)

    def between(
        self,
        first: npt.NDArray[Any],
        second: npt.NDArray[Any],
        first_points: npt.NDArray[np.floating[Any]],
        second_points: npt.NDArray[np.floating[Any]],
    ) -> tuple[Floats, Floats]:
        """Displacement (N, 2) in pixels and trust (N,) in [0, 1] of the points, from `first` to `second`.

        first, second   two RGB frames of one size, uint8 or uint16
        first_points, second_points   (N, 2 or more), about where the points are; the first ones are followed
        Trust falls where the flow back misses where it came from: of a large face by about a pixel of the
        small picture, since there the way back is found roughly, in a fifth of the time; else by half of one.
        """
        both = np.concatenate([first_points[:, :2], second_points[:, :2]])
        height, width = first.shape[:2]
        margin = 0.08 * float(np.ptp(both, axis=0).max())
        x0, y0 = np.clip(np.floor(both.min(0) - margin), 0, (width - 2, height - 2)).astype(int)
        x1, y1 = np.clip(np.ceil(both.max(0) + margin), (x0 + 2, y0 + 2), (width, height)).astype(int)
        scale = min(1.0, _SIZE / max(x1 - x0, y1 - y0))
        size = (max(16, round((x1 - x0) * scale)), max(16, round((y1 - y0) * scale)))
        before, after = (_grey(frame[y0:y1, x0:x1], size) for frame in (first, second))
        # A face that is small as it is shows grain on the finer scale.
        if scale < 1.0:
            ahead, back, miss = self._fine, self._back, 1.0
        else:
            ahead, back, miss = self._quick, self._quick, 0.5
        forward, backward = ahead.calc(before, after, None), back.calc(after, before, None)

        ratio = np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)])
        points = ((first_points[:, :2] - (x0, y0) + 0.5) * ratio - 0.5).astype(np.float32)[:, None]
        there = _at(forward, points)
        returned = _at(backward, points + there[:, None])
        trust = np.exp(-0.5 * ((there + returned) ** 2).sum(1) / miss**2)
        inside = ((points[:, 0] >= 0) & (points[:, 0] <= np.array(size) - 1)).all(1)
        return (there / ratio).astype(np.float32), (trust * inside).astype(np.float32)


def _grey(picture: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    # Grey first: averaging down by a broken factor takes its time, and one channel takes a third of it.
    grey = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small >> 8 if small.dtype == np.uint16 else small, np.uint8)


def _at(flow: Floats, points: Floats) -> Floats:
    sampled: Floats = cv2.remap(flow, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0]
    return sampled
