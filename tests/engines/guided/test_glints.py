"""Glints of painted eyes: known places, known colours."""

import cv2
import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.engines.guided import glints
from understudy.geometry import mesh

SIZE = 240
SKIN, WHITE, IRIS, GLINT = (0.6, 0.4, 0.35), (0.62, 0.6, 0.58), (0.1, 0.25, 0.15), (0.95, 0.97, 0.9)


def face(middle=(120.0, 100.0), scale=85.0, blink=0.0) -> np.ndarray:
    return posed(somebody(1.0, 1.0), Act(blink=blink), scale, middle)


def painted(points: np.ndarray, at: tuple[float, float] | None, across: float = 0.35) -> np.ndarray:
    """Eyes with a glint `at` radii beside the middle of their irises, `across` radii wide either way."""
    picture = np.full((SIZE, SIZE, 3), SKIN, np.float32)
    for side, ring in (("right", mesh.RIGHT_IRIS), ("left", mesh.LEFT_IRIS)):
        eye = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(eye, [np.round(16 * points[list(mesh.EYES[side]), :2]).astype(np.int32)], 1, shift=4)
        centre, radius = iris(points, ring)
        discs = [(WHITE, (0, 0), 99.0), (IRIS, (0, 0), 1.0)] + ([(GLINT, at, across)] if at else [])
        for colour, place, size in discs:
            rows, columns = np.mgrid[:SIZE, :SIZE]
            middle = centre + radius * np.array(place)
            inside = np.hypot(columns - middle[0], rows - middle[1]) <= size * radius
            picture[inside & (eye > 0)] = colour
    return picture


def iris(points: np.ndarray, ring: tuple[int, ...]) -> tuple[np.ndarray, float]:
    centre = points[ring[0], :2]
    return centre, float(np.linalg.norm(points[list(ring[1:]), :2] - centre, axis=1).mean())


def middle_of(shares: np.ndarray, near: np.ndarray, reach: float) -> np.ndarray:
    rows, columns = np.mgrid[: shares.shape[0], : shares.shape[1]]
    here = shares * (np.hypot(columns - near[0], rows - near[1]) < reach)
    return np.array([(columns * here).sum(), (rows * here).sum()]) / here.sum()


@pytest.mark.parametrize("at", [(0.0, 0.0), (0.5, -0.2), (-0.6, 0.1)])
def test_a_glint_is_found_where_it_is_and_nothing_else(at) -> None:
    points = face()
    found = glints.glints(painted(points, at), points)
    bright = (painted(points, at) == np.float32(GLINT)).all(-1)
    assert bright.sum() > 20
    assert found[bright].mean() > 0.9
    assert found[~bright].sum() < 0.05 * bright.sum()


def test_eyes_without_glints_have_none_however_white() -> None:
    points = face()
    assert not glints.glints(painted(points, None), points).any()


def test_what_is_taken_out_leaves_the_iris_and_touches_nothing_else() -> None:
    points = face()
    picture, plain = painted(points, (0.3, -0.2)), painted(points, None)
    mended = glints.without_glints(picture, points)
    assert np.abs(mended - plain).max() < 0.06
    far = cv2.dilate((picture != plain).any(-1).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert np.array_equal(mended[far], picture[far])
    assert glints.without_glints(plain, points) is plain


def test_glints_move_with_the_iris_and_grow_with_it() -> None:
    shown, wanted = face((112.0, 96.0), 60.0), face((125.0, 110.0), 90.0)
    picture = painted(shown, (0.4, -0.1), 0.4)
    colours, shares = glints.moved(picture, shown, wanted)
    for ring in (mesh.RIGHT_IRIS, mesh.LEFT_IRIS):
        (centre, radius), (_, small) = iris(wanted, ring), iris(shown, ring)
        place = centre + radius * np.array([0.4, -0.1])
        np.testing.assert_allclose(middle_of(shares, centre, 2 * radius), place, atol=1.0)
        column, row = np.round(place).astype(int)
        assert shares[row, column] > 0.95
        np.testing.assert_allclose(colours[row, column], GLINT, atol=0.02)
        reach = np.hypot(*np.mgrid[-row : SIZE - row, -column : SIZE - column]) < radius
        before = glints.glints(picture, shown)[
            tuple(slice(int(c - 2 * small), int(c + 2 * small)) for c in iris(shown, ring)[0][::-1])
        ]
        assert shares[reach].sum() == pytest.approx(before.sum() * (radius / small) ** 2, rel=0.2)


def test_closed_lids_show_no_glint() -> None:
    shown, closed = face(), face(blink=1.0)
    _, shares = glints.moved(painted(shown, (0.0, 0.0)), shown, closed)
    assert shares.sum() < 0.1 * glints.glints(painted(shown, (0.0, 0.0)), shown).sum()


def test_a_face_beside_the_picture_has_no_glints() -> None:
    away = face((-400.0, -400.0))
    picture = np.ones((SIZE, SIZE, 3), np.float32)
    assert not glints.glints(picture, away).any()
    assert not glints.moved(picture, face(), away)[1].any()
