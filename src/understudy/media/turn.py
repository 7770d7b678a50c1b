"""Standing pictures upright that are stored turned or mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from understudy.media.frame import Image


@dataclass(frozen=True)
class Turn:
    """One of the eight ways a stored picture is turned and mirrored to stand upright.

    `swap` exchanges rows and columns first; then the columns (`flip_x`) and rows (`flip_y`) are reversed.
    """

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_display_matrix(cls, matrix: bytes) -> Self:
        """From FFmpeg's 3x3 matrix of int32: a, b, u, c, d, v, … with x' = a x + c y and y' = b x + d y."""
        a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
        return cls(True, c < 0, b < 0) if a == 0 and d == 0 else cls(False, a < 0, d < 0)

    @classmethod
    def from_exif(cls, orientation: int) -> Self:
        """From the Exif (TIFF 6.0) orientation tag, 1..8; anything else stands upright already."""
        ways = {
            2: (False, True, False),
            3: (False, True, True),
            4: (False, False, True),
            5: (True, False, False),
            6: (True, True, False),
            7: (True, True, True),
            8: (True, False, True),
        }
        return cls(*ways.get(orientation, (False, False, False)))

    @property
    def degrees(self) -> int:
        """The clockwise turn, mirroring set aside: 0, 90, 180 or 270."""
        if self.swap:
            return 90 if self.flip_x else 270
        return 180 if self.flip_x and self.flip_y else 0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Upright (width, height) of a picture stored `width` x `height`."""
        return (height, width) if self.swap else (width, height)

    def upright(self, image: Image) -> Image:
        """The picture as it is to be seen, C-contiguous."""
        if not (self.swap or self.flip_x or self.flip_y):
            return image
        image = image.transpose(1, 0, 2) if self.swap else image
        image = image[:, ::-1] if self.flip_x else image
        return np.ascontiguousarray(image[::-1] if self.flip_y else image)
