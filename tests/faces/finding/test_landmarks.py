"""The contract of every landmarker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.faces.reel import moved, portrait, turned, wall
from understudy.faces.finding.landmarks import Landmarker, MediaPipeLandmarker
from understudy.faces.finding.plausible import is_face_shaped, shape_distance
from understudy.faces.finding.square import Square, around_landmarks
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine

LANDMARKERS: list[Callable[[], Landmarker]] = [MediaPipeLandmarker]


@pytest.fixture(params=LANDMARKERS, scope="module")
def landmarker(request: pytest.FixtureRequest) -> Iterator[Landmarker]:
    made = request.param()
    yield made
    made.close()
    made.close()


def _eye_distance(points: np.ndarray) -> float:
    return float(np.linalg.norm(points[33, :2] - points[263, :2]))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance in the picture as a part of the eye distance."""
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean()) / _eye_distance(b)


def test_landmarks_lie_where_the_face_is(landmarker: Landmarker) -> None:
    image, truth = portrait()
    look = landmarker.find(image, around_landmarks(truth))
    assert look.points.shape == (478, 3)
    assert look.score > 0.9
    assert _apart(look.points, truth) < 0.1
    iris = list(mesh.RIGHT_IRIS[:1] + mesh.LEFT_IRIS[:1])
    assert np.linalg.norm(look.points[iris, :2] - truth[iris, :2], axis=1).max() < 0.06 * _eye_distance(truth)


def test_depth_is_in_pixels_and_grows_away_from_the_camera(landmarker: Landmarker) -> None:
    image, truth = portrait()
    points = landmarker.find(image, around_landmarks(truth)).points
    assert shape_distance(points, truth) < 0.12
    nose, ears = points[1, 2], points[[234, 454], 2].mean()
    assert 0.4 < (ears - nose) / _eye_distance(truth) < 1.3


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 180.0])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_landmarks_go_with_the_face(landmarker: Landmarker, degrees: float, scale: float) -> None:
    image, truth = portrait()
    upright = landmarker.find(image, around_landmarks(truth)).points
    picture, matrix = turned(degrees, scale)
    there = apply_affine(matrix, truth)
    points = landmarker.find(picture, around_landmarks(there)).points
    assert _apart(points, apply_affine(matrix, upright)) < 0.03


def test_where_there_is_no_face_the_score_says_so(landmarker: Landmarker) -> None:
    _, truth = portrait()
    assert landmarker.find(wall(), around_landmarks(truth)).score < 0.5
    assert landmarker.find(np.zeros((64, 64, 3), np.uint8), Square(32, 32, 60, 0)).score < 0.5


def test_a_square_may_reach_outside_the_frame(landmarker: Landmarker) -> None:
    _, truth = portrait()
    cut = np.array([[1.0, 0.0, -truth[:, 0].min()], [0.0, 1.0, 0.0]])
    there = apply_affine(cut, truth)
    assert _apart(landmarker.find(moved(cut), around_landmarks(there)).points, there) < 0.15


def test_an_answer_depends_on_the_picture_alone_and_sixteen_bits_are_fine(landmarker: Landmarker) -> None:
    image, truth = portrait()
    square = around_landmarks(truth)
    first = landmarker.find(image, square)
    landmarker.find(wall(), Square(100, 100, 50, 1))
    deep = landmarker.find(image.astype(np.uint16) * 257, square)
    np.testing.assert_array_equal(first.points, deep.points)


def test_a_face_has_the_shape_of_one() -> None:
    face = mesh.canonical_face() * 80 + 100
    assert is_face_shaped(face)
    assert not is_face_shaped(face * (1, 0.2, 1))
    assert not is_face_shaped(face / 40)
    assert not is_face_shaped(np.where(np.arange(478)[:, None] == 7, np.nan, face))
    crumpled = face + np.random.default_rng(0).normal(0, 30, face.shape)
    assert not is_face_shaped(crumpled)
