"""A plate face as a network sees it, upright in a square, and what the network made of it put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.engines.base import PlateFace
from understudy.faces.sampling import sample_floats
from understudy.geometry.align import invert_affine
from understudy.geometry.framing import Framing, aligned_matrix

Floats = npt.NDArray[np.float32]

ROOM = 0.3
"""How far around a face the plate has to be known (`Model.room`) so that a square of Framing.FACE is full."""


@dataclass(frozen=True)
class AlignedView:
    """The square in which a network works, and the crop that the pipeline works in.

    to_square   (2, 3), crop pixels to the square's
    """

    to_square: npt.NDArray[np.float64]
    size: int
    height: int
    width: int

    @classmethod
    def of(
        cls,
        face: PlateFace,
        landmarks: npt.NDArray[np.floating[Any]],
        size: int,
        framing: Framing = Framing.FACE,
    ) -> AlignedView:
        """For a plate face with its landmarks (478, 3) in frame pixels: the square that was learned from."""
        to_frame = np.vstack([invert_affine(face.to_crop), (0.0, 0.0, 1.0)])
        matrix = aligned_matrix(landmarks, size, framing) @ to_frame
        return cls(matrix, size, *face.image.shape[:2])

    def seen(self, image: Floats) -> Floats:
        """A crop (h, w, 3) in [0, 1] in the square, (S, S, 3)."""
        return sample_floats(image, self.to_square, self.size)

    def placed(self, square: Floats) -> Floats:
        """A square (S, S) or (S, S, at most 4) in the crop, (h, w) or (h, w, C); 0 outside of it. Bicubic.

        Not averaged where the crop is the coarser: make small pictures of it by working in smaller squares.
        """
        return np.asarray(
            cv2.warpAffine(
                square,
                self.to_square,
                (self.width, self.height),
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_CONSTANT,
            ),
            np.float32,
        )
