"""Where the mesh of a face is seen in a picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.geometry import mesh
from understudy.geometry.raster import Raster


def face_matte(points: npt.NDArray[np.floating[Any]], height: int, width: int) -> npt.NDArray[np.float32]:
    """Where a face (478, 3), in pixels, is seen: (height, width) in [0, 1], forehead, eyes and mouth too.

    Each pixel is the mean of four samples, or of sixteen where the picture is small.
    """
    fine = 4 if max(height, width) <= 128 else 2
    spread = np.array(points, np.float64)
    spread[:, :2] = (spread[:, :2] + 0.5) * fine - 0.5
    seen = Raster(spread, mesh.face_triangles(), height * fine, width * fine).covered
    matte: npt.NDArray[np.float32] = cv2.resize(
        seen.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    return matte
