"""Detector and landmarker, which know nothing of our truth, find the performers where the truth says."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.faces.finding.detect import MediaPipeDetector
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


@pytest.mark.slow
@pytest.mark.parametrize("name", [identity.name for identity in cast()])
def test_the_detector_finds_every_face_up_to_45_degrees(name: str) -> None:
    identity, take = cast(name)[0], Performance(seed=101)
    frames = range(0, 1500, 62)
    turned = []
    with MediaPipeDetector() as detector:
        for frame in frames:
            picture = render(identity, take, frame, SIZE)
            x, y = picture.truth.landmarks[:468, :2].mean(0)
            boxes = [detection.box for detection in detector.find(picture.image)]
            inside = [left < x < right and top < y < bottom for left, top, right, bottom in boxes]
            assert any(inside), f"no face in frame {frame} at yaw {picture.truth.pose.yaw:.0f}"
            turned.append(picture.truth.pose.yaw)
    assert min(turned) < -35 < 35 < max(turned), "the take should reach both sides"
