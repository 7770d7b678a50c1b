"""What is measured of one frame, where the answer is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
import pytest

from benchmarks.changes import At, Film, ghost
from understudy.geometry import mesh
from understudy.inspection.numbers import of_both


def with_glasses(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    drawn = picture.copy()
    for eye in mesh.EYES.values():
        x, y = np.round(points[list(eye), :2].mean(0)).astype(int).tolist()
        cv2.circle(drawn, (x, y), 17, (30, 25, 20), 2, cv2.LINE_AA)
    return drawn


@pytest.mark.parametrize("where", ["brows", "jaw", "glasses"])
def test_a_ghost_of_the_plate_is_measured_where_it_is(
    where: Literal["brows", "jaw", "glasses"], film: Film
) -> None:
    points = film.landmarks[12]
    plate = with_glasses(film.plate[12], points)
    bare = replace(film, plate=(*film.plate[:12], plate, *film.plate[13:]))
    clean = of_both(plate, film.result[12], points)
    for strength in (0.4, 0.8):
        doubled = of_both(plate, ghost(where)(At(bare, 12, 0, strength)), points)
        more = {key: doubled[key] - clean[key] for key in clean if key.startswith("ghost")}
        assert max(more, key=lambda key: more[key]) == f"ghost_{where}"
        assert 0.3 * strength < more[f"ghost_{where}"] < 1.1 * strength
