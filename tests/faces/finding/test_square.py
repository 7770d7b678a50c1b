"""Squares against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.posed_faces import Act, posed, somebody
from understudy.faces.finding.square import Square, around_landmarks, around_points
from understudy.geometry.align import apply_affine

finite = st.floats(-500, 500)
squares = st.builds(Square, finite, finite, st.floats(5, 800), st.floats(-3.1, 3.1))


def test_the_corners_of_an_upright_square_are_the_corners_of_its_crop() -> None:
    square = Square(x=99.5, y=49.5, size=100, angle=0)
    corners = apply_affine(square.to_crop(50), np.array([[49.5, -0.5], [149.5, 99.5]]))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [49.5, 49.5]], atol=1e-9)


@given(squares)
def test_the_centre_is_the_crops_centre_and_lengths_scale(square: Square) -> None:
    matrix = square.to_crop(192)
    np.testing.assert_allclose(
        apply_affine(matrix, np.array([[square.x, square.y]])), [[95.5, 95.5]], atol=1e-6
    )
    np.testing.assert_allclose(np.linalg.det(matrix[:, :2]), (192 / square.size) ** 2, rtol=1e-9)


def test_a_face_with_a_roll_stands_upright_in_its_crop() -> None:
    for roll in (-120.0, -30.0, 0.0, 45.0, 90.0):
        face = posed(somebody(), Act(roll=roll), 60.0, (200.0, 150.0))
        square = around_landmarks(face)
        crop = apply_affine(square.to_crop(192), face)
        assert abs(crop[33, 1] - crop[263, 1]) < 3
        assert crop[33, 0] < crop[263, 0]
        low, high = crop[:, :2].min(0), crop[:, :2].max(0)
        np.testing.assert_allclose((low + high) / 2, 95.5, atol=1e-6)
        assert (high - low).max() == pytest.approx(192 / 1.5)


@given(squares, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_square_moves_along_its_own_sides(square: Square, right: float, down: float) -> None:
    there = square.changed(right, down, 1.0, 0.0)
    place = apply_affine(square.to_crop(100), np.array([[there.x, there.y]]))[0]
    np.testing.assert_allclose(place, 49.5 + 100 * np.array([right, down]), atol=1e-6)


def test_points_are_held_with_their_margin() -> None:
    square = around_points(np.array([[0.0, 0.0], [10.0, 4.0]]), 0.0, margin=2.0)
    assert square == Square(5.0, 2.0, 20.0, 0.0)
