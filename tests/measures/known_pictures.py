"""Hand-made pictures and faces with known properties, for the tests of the measures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh

Array = npt.NDArray[Any]
SIZE = 160


def textured(seed: int = 0, size: int = SIZE) -> Array:
    """A smooth, coloured random picture (size, size, 3) float32, around 0.5, away from black and white."""
    noise = np.random.default_rng(seed).normal(size=(size, size, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return (0.5 + 0.12 * soft / soft.std()).clip(0.1, 0.9).astype(np.float32)


def noise(seed: int, sigma: float, size: int = SIZE) -> Array:
    """Grey noise (size, size, 1) of that standard deviation."""
    return np.random.default_rng(seed).normal(scale=sigma, size=(size, size, 1)).astype(np.float32)


def disc(size: int = SIZE, radius: float = 45, feather: float = 0) -> Array:
    """A round matte (size, size) float32 in the middle, hard or with a linear feather of that width."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    distance = radius - np.hypot(x, y)
    if not feather:
        return (distance >= 0).astype(np.float32)
    return np.clip(distance / feather + 0.5, 0, 1).astype(np.float32)


def clip_of(picture: Array, count: int = 6, speed: float = 2.0) -> list[Array]:
    """`picture` moving right by `speed` pixels a frame (bilinear, mirrored at the border)."""
    height, width = picture.shape[:2]
    return [
        cv2.warpAffine(
            picture,
            np.array([[1, 0, i * speed], [0, 1, 0]], np.float64),
            (width, height),
            borderMode=cv2.BORDER_REFLECT,
        )
        for i in range(count)
    ]


def faces(count: int = 1) -> Array:
    """The canonical face `count` times, 100 pixels between the eyes, (count, 478, 3) float64."""
    return np.repeat(mesh.canonical_face()[None] * 100 + (300, 250, 0), count, axis=0)


def turned(landmarks: Array, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """Faces turned by these angles in degrees (any consistent sense) about their eyes' midpoint."""
    from scipy.spatial.transform import Rotation

    rotation = Rotation.from_euler("yxz", [yaw, pitch, roll], degrees=True).as_matrix()
    centre = np.array((300, 250, 0))
    return (landmarks - centre) @ rotation.T + centre
