"""Clips that lie in memory, and pictures of one drawn performer to fill them with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from understudy.media.frame import ClipInfo, Frame
from understudy.performers import Performance, cast, render

SIZE = 256


@dataclass
class Reel:
    """A clip of pictures (H, W, 3), and the numbers of the frames that were read."""

    pictures: Sequence[np.ndarray]
    fault: str | None = None
    read_frames: list[int] = field(default_factory=list)

    @property
    def info(self) -> ClipInfo:
        height, width = self.pictures[0].shape[:2]
        pts = np.arange(len(self.pictures), dtype=np.int64)
        return ClipInfo(
            Path("reel"), width, height, Fraction(25), Fraction(1, 25), pts, "raw", "rgb24", bit_depth=8
        )

    def read(self, index: int) -> Frame:
        self.read_frames.append(index)
        return Frame(index, index, Fraction(1, 25), self.pictures[index])

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for index in range(start, len(self.pictures) if stop is None else stop):
            yield self.read(index)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@cache
def portrait() -> tuple[np.ndarray, np.ndarray]:
    """A picture (256, 256, 3) uint8 of a drawn performer, and the true landmarks (478, 3)."""
    calm = Performance(seed=7, yaw=6.0, pitch=4.0, liveliness=0.3)
    picture = render(cast("marco")[0], calm, frame=12, size=SIZE)
    image = np.array(picture.image[..., :3], np.uint8)
    image.setflags(write=False)
    return image, np.asarray(picture.truth.landmarks)


def moved(matrix: np.ndarray, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """The portrait through a 2x3 matrix onto a canvas of its own edge colours."""
    image, _ = portrait()
    return cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def shifted(right: float, down: float) -> np.ndarray:
    return moved(np.array([[1.0, 0.0, right], [0.0, 1.0, down]]))


def turned(degrees: float, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The portrait turned clockwise about its centre, and the (2, 3) matrix that did it."""
    centre = (SIZE - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), -degrees, scale)
    return moved(matrix), matrix


def wall() -> np.ndarray:
    """A picture without a face: light that falls off over a grainy wall."""
    grain = np.random.default_rng(3).normal(0, 4, (SIZE, SIZE, 3))
    light = np.linspace(170, 60, SIZE)[:, None, None]
    return np.clip(light + grain, 0, 255).astype(np.uint8)
