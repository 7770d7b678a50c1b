"""Scenes of drawn faces: where everybody is in every frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tests.posed_faces import Act, posed, somebody
from understudy.faces.faceset import Faceset

Row = tuple[int, np.ndarray]


def scene(rows: Iterable[Row], track: int = -1) -> Faceset:
    ordered = sorted(rows, key=lambda row: row[0])
    return Faceset(
        frame=np.array([t for t, _ in ordered], np.int32),
        track=np.full(len(ordered), track, np.int32),
        landmarks=np.array([points for _, points in ordered], np.float32).reshape(-1, 478, 3),
        score=np.ones(len(ordered), np.float32),
        found=np.zeros(len(ordered), np.uint8),
        light=np.zeros((len(ordered), 2), np.float32),
    )


def face(
    x: float, y: float = 200.0, eyes: float = 60.0, wide: float = 1.0, act: Act | None = None
) -> np.ndarray:
    return posed(somebody(wide=wide), act or Act(), eyes, (x, y))
