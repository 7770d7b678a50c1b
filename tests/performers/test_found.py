"""The landmarker, which knows nothing of our truth, finds the performers where the truth says."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.performers import Performance, cast, render

SIZE = 320


@pytest.mark.parametrize("name", [identity.name for identity in cast()])
def test_the_landmarker_agrees_with_the_truth(name: str) -> None:
    mediapipe = pytest.importorskip("mediapipe")
    identity, take = cast(name)[0], Performance(seed=21)
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as landmarker:
        for frame in (0, 45):
            picture = render(identity, take, frame, SIZE)
            found = landmarker.process(picture.image).multi_face_landmarks
            assert found, f"no face at yaw {picture.truth.pose.yaw:.0f}"
            marks = np.array([(p.x * SIZE - 0.5, p.y * SIZE - 0.5) for p in found[0].landmark])
            apart = np.linalg.norm(marks - picture.truth.landmarks[:, :2], axis=1)
            height = np.ptp(picture.truth.landmarks[:, 1])
            assert np.median(apart) < 0.035 * height
            assert apart[[468, 473]].max() < 0.05 * height
