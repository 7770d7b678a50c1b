"""Which likeness face is most like a plate face: shown beside it where an engine learned from them all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from understudy.engines.base import LikenessFaces
from understudy.faces.faceset import Faceset
from understudy.faces.stretches import stretches
from understudy.geometry.pose import head_angles

_MOST = 48


def likest(likeness: LikenessFaces, plate: Faceset) -> npt.NDArray[np.int64]:
    """For each plate face the likeness row whose head is turned most like its own, (N,).

    At most 48 rows are used, spread over the likeness, so that few pictures have to be cut out.
    """
    count = len(likeness)
    rows = np.unique(np.linspace(0, count - 1, min(count, _MOST)).round().astype(np.int64))
    turned = head_angles(likeness.faces.landmarks[rows])
    nearest = np.empty(len(plate), np.int64)
    for some in stretches(len(plate), plate.landmarks, likeness.faces.landmarks):
        wanted = head_angles(plate.landmarks[some])
        apart = np.abs(wanted[:, None] - turned[None]) @ np.array([1.0, 1.0, 0.3])
        nearest[some] = rows[apart.argmin(1)]
    return nearest
