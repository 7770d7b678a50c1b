"""Glints of painted eyes: known places, known colours."""

import heapq

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.posed_faces import Act, posed, somebody
from understudy.engines.guided.eyes import eyes_of
from understudy.engines.guided.glints import _above_ways_out, with_glints, without_glints
from understudy.geometry import mesh

SIZE = 320
SKIN, WHITE, IRIS, GLINT = (0.6, 0.4, 0.35), (0.62, 0.6, 0.58), (0.1, 0.25, 0.15), (0.95, 0.97, 0.9)
RINGS = {"right": mesh.RIGHT_IRIS, "left": mesh.LEFT_IRIS}


def face(middle=(160.0, 140.0), scale=130.0, blink=0.0) -> np.ndarray:
    return posed(somebody(1.0, 1.0), Act(blink=blink), scale, middle)


def iris(points: np.ndarray, side: str) -> tuple[np.ndarray, float]:
    centre, *rim = points[list(RINGS[side]), :2]
    return centre, float(np.linalg.norm(np.array(rim) - centre, axis=1).mean())


def painted(points: np.ndarray, at: tuple[float, float] | None, across: float = 0.35) -> np.ndarray:
    """Eyes with a glint `at` radii beside the middle of their irises, `across` radii wide either way."""
    picture = np.full((SIZE, SIZE, 3), SKIN, np.float32)
    for side in RINGS:
        eye = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(eye, [np.round(16 * points[list(mesh.EYES[side]), :2]).astype(np.int32)], 1, shift=4)
        centre, radius = iris(points, side)
        discs = [(WHITE, (0, 0), 99.0), (IRIS, (0, 0), 1.0)] + ([(GLINT, at, across)] if at else [])
        for colour, place, size in discs:
            picture[within(centre + radius * np.array(place), size * radius) & (eye > 0)] = colour
    return picture


def within(middle: np.ndarray, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return np.hypot(columns - middle[0], rows - middle[1]) <= radius


@pytest.mark.parametrize("at", [(0.0, 0.0), (0.4, -0.1), (-0.4, 0.1)])
def test_what_is_taken_out_leaves_the_iris_and_touches_nothing_else(at) -> None:
    points = face()
    picture, plain = painted(points, at), painted(points, None)
    mended = without_glints(picture, points)
    assert np.abs(mended - plain).max() < 0.1
    assert np.abs(picture - plain).max() > 0.7
    far = cv2.dilate((picture != plain).any(-1).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    assert np.array_equal(mended[far], picture[far])
    assert without_glints(plain, points) is plain


def test_large_eyes_are_mended_likewise() -> None:
    points = face((160.0, 120.0), 420.0)
    assert iris(points, "right")[1] > 25
    picture, plain = painted(points, (0.3, -0.1)), painted(points, None)
    mended = without_glints(picture, points)
    wrong = (picture != plain).any(-1)
    assert wrong.sum() > 500
    assert np.abs(mended - plain)[wrong].max() < 0.1
    glinting, _ = with_glints(plain, points, picture, points)
    kernel = np.ones((5, 5), np.uint8)
    inner, far = (
        cv2.erode(wrong.astype(np.uint8), kernel) > 0,
        cv2.dilate(wrong.astype(np.uint8), kernel) == 0,
    )
    np.testing.assert_allclose(glinting[inner], picture[inner], atol=0.03)
    np.testing.assert_allclose(glinting[far], plain[far], atol=0.02)


def test_whites_and_skin_stay_where_landmarks_take_them_for_the_iris() -> None:
    points = face()
    picture, beside = painted(points, None), points.copy()
    beside[:, 0] += 0.7 * iris(points, "right")[1]
    assert np.array_equal(without_glints(picture, beside), picture)


def test_a_dark_pupil_is_not_filled_with_the_iris() -> None:
    points = face()
    picture, plain = painted(points, (0.1, 0.0), 0.2), painted(points, None)
    for side in RINGS:
        centre, radius = iris(points, side)
        pupil = within(centre, 0.45 * radius)
        plain[pupil] = 0.02
        picture[pupil & (picture[..., 0] < 0.9)] = 0.02
    assert np.abs(without_glints(picture, points) - plain).max() < 0.1


def test_glints_move_with_the_iris_and_grow_with_it() -> None:
    shown, wanted = face((152.0, 136.0), 120.0), face((165.0, 150.0), 150.0)
    dull = painted(wanted, None)
    glinting, shares = with_glints(dull, wanted, painted(shown, (0.4, -0.1), 0.4), shown)
    for side in RINGS:
        centre, radius = iris(wanted, side)
        expected = within(centre + radius * np.array((0.4, -0.1)), 0.4 * radius)
        kernel = np.ones((3, 3), np.uint8)
        inner = cv2.erode(expected.astype(np.uint8), kernel) > 0
        around = within(centre, 1.2 * radius) & (
            cv2.dilate(expected.astype(np.uint8), kernel, iterations=2) == 0
        )
        assert inner.sum() > 12
        np.testing.assert_allclose(glinting[inner], np.broadcast_to(GLINT, (inner.sum(), 3)), atol=0.03)
        assert shares[inner].min() > 0.95
        np.testing.assert_allclose(glinting[around], dull[around], atol=0.02)
    far = shares == 0
    assert np.array_equal(glinting[far], dull[far])


def test_a_glint_across_the_rim_of_the_iris_is_put_in_whole() -> None:
    points = face()
    picture = painted(points, (0.9, 0.0), 0.3)
    glinting, _ = with_glints(painted(points, None), points, picture, points)
    bright = (picture == np.float32(GLINT)).all(-1)
    assert (glinting[bright] > 0.85).all(-1).mean() > 0.8


def test_eyes_without_glints_give_none_however_white() -> None:
    points = face()
    dull = painted(points, None)
    glinting, shares = with_glints(dull, points, dull, points)
    assert not shares.any()
    assert np.array_equal(glinting, dull)


def test_what_is_put_in_only_brightens() -> None:
    points = face()
    bright = np.ones((SIZE, SIZE, 3), np.float32)
    glinting, shares = with_glints(bright, points, painted(points, (0.2, 0.0)), points)
    assert shares.any()
    assert np.array_equal(glinting, bright)


def test_closed_lids_show_no_glint() -> None:
    shown, closed = face(), face(blink=1.0)
    plate, dull = painted(shown, (0.0, 0.0)), painted(face(), None)
    _, shares = with_glints(dull, closed, plate, shown)
    assert shares.sum() < 0.1 * with_glints(dull, shown, plate, shown)[1].sum()


def test_small_eyes_stay_as_they_are() -> None:
    small, large = face(scale=30.0), face()
    assert iris(small, "right")[1] < 3 < 5 < iris(large, "right")[1]
    picture = painted(small, (0.3, 0.0))
    assert without_glints(picture, small) is picture
    for plate, plate_points, points in (
        (picture, small, large),
        (painted(large, (0.3, 0.0)), large, small),
    ):
        assert not with_glints(picture, points, plate, plate_points)[1].any()


def test_a_face_beside_the_picture_has_no_eyes() -> None:
    away = face((-400.0, -400.0))
    picture = np.ones((SIZE, SIZE, 3), np.float32)
    assert eyes_of(away, picture.shape) == {}
    assert without_glints(picture, away) is picture
    assert not with_glints(picture, face(), picture, away)[1].any()
    assert not with_glints(picture, away, painted(face(), (0.0, 0.0)), face())[1].any()


def test_an_eye_at_the_edge_of_the_picture_is_cut() -> None:
    points = face((8.0, 140.0))
    picture = painted(points, (0.3, 0.0))
    for eye in eyes_of(points, picture.shape).values():
        assert picture[eye.part].shape[:2] == eye.opening.shape == eye.away.shape
        row, column = np.unravel_index(eye.away.argmin(), eye.away.shape)
        inside = (0 <= eye.centre[0] < eye.away.shape[1]) and (0 <= eye.centre[1] < eye.away.shape[0])
        if inside:
            assert np.hypot(column - eye.centre[0], row - eye.centre[1]) < 1
    assert without_glints(picture, points).shape == picture.shape


@settings(max_examples=60, deadline=None)
@given(
    brightness=arrays(np.float32, (6, 7), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
    inside=arrays(np.bool_, (6, 7)),
)
def test_islands_are_as_high_as_above_the_best_way_out(brightness, inside) -> None:
    """Against a search for the widest way, pixel by pixel."""
    best = np.zeros_like(brightness)
    heap = [(-brightness[place], place) for place in zip(*np.nonzero(~inside), strict=True)]
    heapq.heapify(heap)
    seen = set()
    while heap:
        level, (row, column) = heapq.heappop(heap)
        if (row, column) in seen:
            continue
        seen.add((row, column))
        best[row, column] = -level
        for r in range(max(0, row - 1), min(6, row + 2)):
            for c in range(max(0, column - 1), min(7, column + 2)):
                if (r, c) not in seen:
                    heapq.heappush(heap, (-min(-level, brightness[r, c]), (r, c)))
    np.testing.assert_array_equal(_above_ways_out(brightness, inside), brightness - best)
