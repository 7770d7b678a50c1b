"""A short film whose every flaw is known: a performer, and the performer with another face."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.changes import Film
from understudy.measures.picture import interocular, region_matte
from understudy.performers import Performance, cast, render

FRAMES, SIZE = 36, 256


def another_face(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The picture with the face broadened about its nose and a little redder, alike in every frame."""
    height, width = picture.shape[:2]
    size = float(interocular(points))
    matte = cv2.GaussianBlur(region_matte(points, height, width, "face", -0.05), (0, 0), 0.08 * size)
    y, x = np.indices((height, width), np.float32)
    centre = points[4, :2].astype(np.float32)
    moved = cv2.remap(
        picture,
        x - 0.08 * matte * (x - centre[0]),
        y + 0.05 * matte * (y - centre[1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    tinted = moved + matte[..., None] * np.float32((3, -1, -2))
    return np.clip(np.round(tinted), 0, 255).astype(np.uint8)


def stage() -> Film:
    """The film: nothing is wrong with it."""
    performance = Performance(seed=20, frame_rate=12.5, yaw=15, pitch=6)
    pictures = [render(cast("marco")[0], performance, frame, SIZE) for frame in range(FRAMES)]
    plate = tuple(picture.image for picture in pictures)
    landmarks = np.stack([picture.truth.landmarks for picture in pictures])
    result = tuple(another_face(*pair) for pair in zip(plate, landmarks, strict=True))
    return Film(plate, result, landmarks, landmarks)
