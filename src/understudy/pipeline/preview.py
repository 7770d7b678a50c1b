"""Previews: what a swap is without a consent record, small and marked across every replaced face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.compositing.marking import mark
from understudy.media import ClipInfo, Image, OutputSpec

LONG_SIDE, SHORT_SIDE = 960, 540
"""540p: a preview fits into 960 x 540 pixels, whichever way it is turned."""

Points = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Preview:
    """Size of a preview's pictures, pixels."""

    width: int
    height: int

    @classmethod
    def of(cls, info: ClipInfo) -> Preview:
        """The preview of a plate: its own size where that is small enough, otherwise with even sides."""
        long, short = max(info.width, info.height), min(info.width, info.height)
        scale = min(LONG_SIDE / long, SHORT_SIDE / short)
        if scale >= 1:
            return cls(info.width, info.height)
        return cls(_even(scale * info.width), _even(scale * info.height))

    def limited(self, spec: OutputSpec) -> OutputSpec:
        """The same output at this size."""
        return replace(spec, width=self.width, height=self.height)

    def of_frame(self, image: Image, faces: Sequence[Points]) -> Image:
        """A frame as it may be shown; `faces` are the landmarks (478, 3) of those replaced, in its pixels."""
        small, scale = resized(image, self.width, self.height)
        return mark(small, [scaled(landmarks, scale) for landmarks in faces])


def resized(image: Image, width: int, height: int) -> tuple[Image, tuple[float, float]]:
    """An image at another size, and the factors in x and y that lead there."""
    factors = (width / image.shape[1], height / image.shape[0])
    if factors == (1.0, 1.0):
        return image, factors
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), factors


def scaled(landmarks: Points, factors: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Landmarks (478, 3) of an image in the pixels of the same image at another size; z is left as it is."""
    points = np.array(landmarks, np.float64)
    points[:, :2] = (points[:, :2] + 0.5) * factors - 0.5
    return points


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
