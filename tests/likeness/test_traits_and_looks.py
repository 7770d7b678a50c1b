import cv2
import numpy as np
import pytest

from tests.posed_faces import Act, complexion, faceset, portrait, posed, somebody
from understudy.likeness.looks import COLUMNS, Looks, look, stacked
from understudy.likeness.traits import traits_of

SIZE = 200


def played(*acts):
    return faceset(np.stack([posed(somebody(), act, 90.0, (100.0, 90.0)) for act in acts]))


REST = [Act()] * 8


def test_how_heads_are_turned():
    found = traits_of(played(*REST, Act(yaw=30), Act(pitch=-12), Act(roll=9)))
    assert found.yaw[8:] == pytest.approx((30, 0, 0), abs=0.1)
    assert found.pitch[8:] == pytest.approx((0, -12, 0), abs=0.1)
    assert found.roll[8:] == pytest.approx((0, 0, 9), abs=0.1)


def test_mouth_and_lids_and_gaze_against_rest():
    found = traits_of(played(*REST, Act(mouth=0.2), Act(blink=1.0), Act(gaze=(0.04, 0.0))))
    assert found.lips[:8] == pytest.approx(found.lips[0])
    assert found.lips[8] - found.lips[0] == pytest.approx(0.18, abs=0.03)
    assert found.lids[9] == pytest.approx(0, abs=0.02)
    assert found.lids[:8] == pytest.approx(1)
    assert found.gaze_x[10] > 5
    assert found.gaze_x[9] == 0  # shut
    assert found.expression[8:10].min() > 1
    assert found.expression[:8] == pytest.approx(0, abs=1e-4)


def test_a_turned_head_neither_acts_nor_looks_elsewhere():
    found = traits_of(played(*REST, Act(yaw=25, pitch=8)))
    assert found.expression[8] == pytest.approx(0, abs=1e-3)
    assert (found.gaze_x[8], found.gaze_y[8]) == pytest.approx((0, 0), abs=0.1)


def test_no_faces_have_no_traits():
    assert len(traits_of(played(Act()).select(np.zeros(0, np.int64)))) == 0


# --- looks


def drawn(act=None, colours=None):
    points = posed(somebody(), act or Act(), 90.0, (100.0, 90.0))
    colours = complexion((0.6, 0.45, 0.35), 1) if colours is None else colours
    return np.round(255 * portrait(points, colours, SIZE, SIZE)).astype(np.uint8), points


def test_a_blurred_face_is_less_sharp():
    picture, points = drawn()
    found = [
        float(look(cv2.GaussianBlur(picture, (0, 0), sigma), points)["sharpness"]) for sigma in (0.3, 1.5, 4)
    ]
    assert found[0] > found[1] + 0.05 > found[2] + 0.1


def test_a_face_that_moves_is_blurred_along_one_way():
    picture, points = drawn()
    still = float(look(cv2.GaussianBlur(picture, (0, 0), 3), points)["motion_blur"])
    moved = float(look(cv2.blur(picture, (17, 1)), points)["motion_blur"])
    assert moved > still + 0.05


def test_brightness_and_hue_are_those_of_the_skin():
    for colour, hue, luma in (((0.6, 0.45, 0.3), 30, 0.47), ((0.2, 0.2, 0.6), 240, 0.23)):
        picture, points = drawn(colours=np.tile(colour, (478, 1)))
        found = look(picture, points)
        assert float(found["brightness"]) == pytest.approx(luma, abs=0.05)
        assert float(found["hue"]) == pytest.approx(hue, abs=6)


def test_what_is_beyond_the_frame_is_black():
    picture, points = drawn()
    inside, half = look(picture, points), look(picture, points + np.array([100.0, 0.0, 0.0]))
    assert float(inside["black"]) < 0.3
    assert float(half["black"]) > float(inside["black"]) + 0.2


def test_small_pictures_are_alike_in_another_exposure_and_differ_with_the_act():
    picture, points = drawn()
    darker = (picture.astype(int) - 20).clip(0, 255).astype(np.uint8)
    first, again = look(picture, points)["small"].astype(int), look(darker, points)["small"].astype(int)
    other = look(*drawn(Act(mouth=0.25)))["small"].astype(int)
    assert np.abs(first - again).mean() < 2
    assert np.sqrt(((first - other) ** 2).mean()) > 4


def test_columns_of_rows_and_of_none():
    rows = [look(*drawn()), look(*drawn(Act(yaw=20)))]
    whole, none = Looks(**stacked(rows)), Looks(**stacked([]))
    assert [getattr(whole, name).shape for name in COLUMNS[-2:]] == [(2, 3, 16), (2, 16, 16)]
    assert len(none) == 0
    assert [getattr(none, name).dtype for name in COLUMNS] == [getattr(whole, n).dtype for n in COLUMNS]
