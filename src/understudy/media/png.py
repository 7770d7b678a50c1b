"""PNG files that are Understudy's own: cut-out faces, contact sheets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from understudy.errors import BadInputError
from understudy.media.frame import Image


def write_png(path: Path, image: Image, *, effort: int = 3) -> None:
    """Write (H, W, 3) RGB, uint8 or uint16. More `effort` (0 to 9) makes a smaller file, slowly.

    To be called inside `atomic.replacing`. Raises OSError where that cannot be written, and ValueError for a
    picture that is none.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"a picture of {image.shape} {image.dtype} cannot be a PNG")
    _, data = cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, effort])
    path.write_bytes(data.tobytes())


def read_png(path: Path) -> Image:
    """What `write_png` wrote. Raises BadInputError where the file is missing or damaged."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 3:
        raise BadInputError(f"{path} is damaged: delete it and run the same command again.")
    return np.ascontiguousarray(image[..., ::-1])
