"""Polygons with soft edges, against areas that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.geometry.polygons import coverage

_COORDINATE = st.floats(-6, 26, allow_nan=False)


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def test_a_rectangle_covers_just_its_pixels() -> None:
    """From -0.5 to 2.5 are the pixels 0, 1 and 2; a quarter of the next when it goes on for a quarter."""
    drawn = coverage(_rectangle(0.5, 1.5, 3.75, 3.0), 6, 6)
    expected = np.zeros((6, 6))
    expected[2, 1:4], expected[3, 1:4] = 1.0, 0.5
    expected[2, 4], expected[3, 4] = 0.25, 0.125
    np.testing.assert_allclose(drawn, expected, atol=1e-6)


def test_direction_does_not_matter() -> None:
    corners = np.array([(1.2, 0.7), (9.1, 3.3), (4.0, 8.8)])
    np.testing.assert_allclose(coverage(corners, 12, 12), coverage(corners[::-1], 12, 12), atol=1e-6)


def test_what_is_gone_round_twice_is_outside() -> None:
    outer, inner = _rectangle(0.5, 0.5, 9.5, 9.5), _rectangle(3.5, 3.5, 6.5, 6.5)
    ring = np.concatenate([outer, outer[:1], inner, inner[:1]])
    drawn = coverage(ring, 12, 12)
    assert drawn[5, 5] == 0.0
    assert drawn[2, 2] == 1.0
    assert drawn.sum() == pytest.approx(81 - 9, abs=1e-4)


def test_the_diagonal_of_a_pixel_halves_it() -> None:
    drawn = coverage(np.array([(-0.5, -0.5), (4.5, 4.5), (-0.5, 4.5)]), 5, 5)
    np.testing.assert_allclose(np.diag(drawn), 0.5, atol=1e-6)
    assert drawn[4, 0] == 1.0
    assert drawn[0, 4] == 0.0


def test_a_circle_has_its_area() -> None:
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    drawn = coverage(20.3 + 13.7 * np.stack([np.cos(turn), np.sin(turn)], 1), 40, 40)
    assert drawn.sum() == pytest.approx(np.pi * 13.7**2, rel=1e-3)


def test_outside_of_the_picture_nothing_is_drawn() -> None:
    assert not coverage(_rectangle(-50, -50, -10, 90), 8, 8).any()
    assert coverage(_rectangle(-1e5, -1e5, 1e5, 1e5), 8, 8).min() == 1.0


@given(st.lists(st.tuples(_COORDINATE, _COORDINATE), min_size=3, max_size=3))
def test_any_triangle_inside_has_its_area(corners: list[tuple[float, float]]) -> None:
    a, b, c = np.array(corners) * 0.5 + 5.0
    area = abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]) / 2
    drawn = coverage(np.array([a, b, c]), 24, 24)
    assert drawn.sum() == pytest.approx(area, abs=0.05 * (np.ptp([a[0], b[0], c[0]]) + 1) * 2)
    assert 0 <= drawn.min() <= drawn.max() <= 1
