"""The faces that a network learns from: aligned pictures of one person, resident in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TrainingFaces:
    """Aligned faces of one person, all of one size S. Arrays may be mapped from disk.

    Convention: crop space of `geometry` (x right, y down, pixel centres at integers), RGB.

    images     (N, S, S, 3) uint8
    mattes     (N, S, S) uint8, 255 where the face is seen, 0 outside it and where something stands before it
    landmarks  (N, 478, 3) float32, crop pixels
    pose       (N, 3) float32, yaw, pitch and roll in degrees
    to_crop    (N, 2, 3) float64, from the pixels of the frame to crop pixels
    row        (N,) int64, the row of the faceset that each comes from, ascending
    """

    images: npt.NDArray[np.uint8] = field(repr=False)
    mattes: npt.NDArray[np.uint8] = field(repr=False)
    landmarks: npt.NDArray[np.float32] = field(repr=False)
    pose: npt.NDArray[np.float32] = field(repr=False)
    to_crop: npt.NDArray[np.float64] = field(repr=False)
    row: npt.NDArray[np.int64] = field(repr=False)

    def __post_init__(self) -> None:
        count, size = self.images.shape[:2]
        shapes = {
            "images": (count, size, size, 3),
            "mattes": (count, size, size),
            "landmarks": (count, 478, 3),
            "pose": (count, 3),
            "to_crop": (count, 2, 3),
            "row": (count,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the square pictures, pixels."""
        return int(self.images.shape[1])


@dataclass(frozen=True)
class PromotedFaces:
    """Faces of a plate as somebody has repaired them in a film: what should have come out.

    faces    `mattes` are 255 where something was repaired, and 0 where it is as it was; `row` counts in the
             plate's faces
    weight   (N,) how often each is to be seen, of another face
    """

    faces: TrainingFaces
    weight: npt.NDArray[np.float64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.faces)
