"""The contract of every detector, and what is done with detections."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.faces.reel import SIZE, moved, portrait, wall
from understudy.faces.finding.detect import (
    Detection,
    Detector,
    MediaPipeDetector,
    box_overlap,
    without_doubles,
)
from understudy.faces.finding.reading import LIKELY

DETECTORS: list[Callable[[], Detector]] = [MediaPipeDetector]


@pytest.fixture(params=DETECTORS, scope="module")
def detector(request: pytest.FixtureRequest) -> Iterator[Detector]:
    made = request.param()
    yield made
    made.close()
    made.close()


def test_the_box_is_around_the_face_and_the_points_are_on_it(detector: Detector) -> None:
    image, truth = portrait()
    (found,) = detector.find(image)
    low, high = truth[:, :2].min(0), truth[:, :2].max(0)
    assert box_overlap(found.box, np.concatenate([low, high])) > 0.5
    eye = np.linalg.norm(truth[33, :2] - truth[263, :2])
    for point, vertices in zip(found.points[:4], ([33, 133], [263, 362], [1], [13, 14]), strict=True):
        assert np.linalg.norm(point - truth[vertices, :2].mean(0)) < 0.25 * eye
    assert 0.5 < found.score <= 1


def test_two_faces_are_two(detector: Detector) -> None:
    image, _ = portrait()
    found = [seen for seen in detector.find(np.hstack([image, image])) if seen.score >= LIKELY]
    assert sorted(d.points[2, 0] // SIZE for d in found) == [0, 1]


@pytest.mark.parametrize("scale", [0.25, 0.5])
def test_small_faces_are_found_where_they_are(detector: Detector, scale: float) -> None:
    _, truth = portrait()
    found = detector.find(moved(np.array([[scale, 0, 20.0], [0, scale, 90.0]])))
    nose = truth[1, :2] * scale + (20, 90)
    assert any(np.linalg.norm(d.points[2] - nose) < 30 * scale for d in found)


def test_a_wall_is_no_likely_face_and_the_dark_none_at_all(detector: Detector) -> None:
    assert all(found.score < 0.5 for found in detector.find(wall()))
    assert detector.find(np.zeros((90, 160, 3), np.uint8)) == []


def test_an_answer_depends_on_the_picture_alone(detector: Detector) -> None:
    image, _ = portrait()
    (first,) = detector.find(image)
    detector.find(wall())
    (second,) = detector.find(image)
    np.testing.assert_array_equal(first.points, second.points)
    np.testing.assert_array_equal(first.box, second.box)


def _detection(left: float, score: float) -> Detection:
    return Detection(np.array([left, 0.0, left + 10, 10]), np.zeros((6, 2)), score)


def test_box_overlap_is_intersection_over_union() -> None:
    a, b = _detection(0, 1).box, _detection(5, 1).box
    assert box_overlap(a, b) == pytest.approx(50 / 150)
    assert box_overlap(a, a) == 1
    assert box_overlap(a, _detection(10, 1).box) == 0


def test_of_doubles_the_best_stays() -> None:
    kept = without_doubles([_detection(1, 0.6), _detection(0, 0.9), _detection(30, 0.5)])
    assert [d.score for d in kept] == [0.9, 0.5]


def test_a_detection_scales_about_the_corner_of_the_picture() -> None:
    one = Detection(np.array([-0.5, -0.5, 9.5, 9.5]), np.full((6, 2), 4.5), 1.0).enlarged(3)
    np.testing.assert_allclose(one.box, [-0.5, -0.5, 29.5, 29.5])
    np.testing.assert_allclose(one.points, 14.5)


def test_the_square_is_level_with_the_eyes() -> None:
    points = np.array([[10.0, 10.0], [20.0, 20.0], *[[15.0, 15.0]] * 4])
    square = Detection(np.array([0.0, 0.0, 30.0, 40.0]), points, 1.0).square()
    assert (square.x, square.y, square.size) == (15, 20, 60)
    assert square.angle == pytest.approx(np.pi / 4)
