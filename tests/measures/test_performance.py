import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measures.known_pictures import faces, turned
from understudy.geometry import mesh
from understudy.measures import performance
from understudy.measures.gaze import CLOSED, eye_opening, gaze, gaze_error, gaze_offset, gaze_reach
from understudy.measures.performance import (
    PARTS,
    expression_error,
    expression_reach,
    landmark_error,
    pose_error,
    without_pose,
)
from understudy.measures.timing import lids, lips, timing

MOUTH = list(PARTS["mouth"])


def with_part_moved(count, part, by):
    """Every other face has the part moved by that part of the inter-ocular distance, down."""
    moved = faces(count)
    moved[1::2, list(PARTS[part]), 1] += 100 * by
    return moved


def test_landmark_error_of_a_shift():
    assert landmark_error(faces() + np.array((3, 4, 50)), faces()) == pytest.approx(5, rel=1e-3)


def test_expression_error_of_a_moved_mouth():
    moved = with_part_moved(2, "mouth", 0.05)
    assert expression_error(moved, faces(2), "mouth", same_person=True) == pytest.approx((0, 5), abs=0.02)
    assert expression_error(moved, faces(2), "brows", same_person=True) == pytest.approx((0, 0), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(yaw=st.floats(-60, 60), pitch=st.floats(-40, 40), roll=st.floats(-60, 60), size=st.floats(0.2, 4))
def test_expression_error_does_not_see_pose_size_or_place(yaw, pitch, roll, size):
    plate = with_part_moved(4, "mouth", 0.1)
    other = size * turned(plate, yaw, pitch, roll) + (50, -80, 10)
    for part in PARTS:
        assert expression_error(other, plate, part, same_person=True) == pytest.approx(0, abs=1e-6)


def test_another_face_with_the_same_acting_has_no_expression_error():
    plate = with_part_moved(9, "mouth", 0.05)
    other = plate.copy()
    other[:, MOUTH, 0] *= 1.1  # a mouth of another shape, all the time
    assert expression_error(other, plate, "mouth") == pytest.approx(0, abs=1e-6)
    assert expression_error(other, plate, "mouth", same_person=True).min() > 1


def test_reach_is_the_error_of_a_face_that_does_not_act():
    plate = with_part_moved(9, "mouth", 0.05)
    resting = faces(9)
    assert expression_reach(plate, "mouth") == pytest.approx(
        expression_error(resting, plate, "mouth").mean(), rel=1e-6
    )
    assert expression_reach(plate, "mouth") == pytest.approx(5 * 4 / 9, rel=0.01)


def test_without_pose_is_the_canonical_face():
    assert without_pose(turned(faces(), 20, 10, 5)) == pytest.approx(mesh.canonical_face()[None], abs=1e-9)


def test_pose_error_is_the_angle():
    angles = np.array([0.0, 3.0, -7.0, 10.0])
    result = np.concatenate([turned(faces(), yaw=angle) for angle in angles])
    assert pose_error(result, faces(4), same_person=True) == pytest.approx(np.abs(angles), abs=1e-4)


def test_pose_error_forgives_a_constant_tilt_of_another_person():
    result = turned(faces(4), yaw=8)
    assert pose_error(result, faces(4)) == pytest.approx(0, abs=1e-4)
    result[0] = turned(faces(), yaw=20)[0]
    assert pose_error(result, faces(4)) == pytest.approx((9, 3, 3, 3), abs=0.05)


def look(landmarks, degrees_right, degrees_down=0.0):
    """Turn both eyes of canonical-size faces, where an eye is 30 mm wide and its ball has 12 mm radius."""
    out = np.array(landmarks)
    for iris, (outer, inner) in (
        (mesh.RIGHT_IRIS, mesh.RIGHT_EYE_CORNERS),
        (mesh.LEFT_IRIS, mesh.LEFT_EYE_CORNERS),
    ):
        ends = out[:, [outer, inner], :2]
        mm = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1, keepdims=True) / 30
        ball = 12 * np.sin(np.radians([degrees_right, degrees_down]))
        out[:, iris[0], :2] = ends.mean(1) + mm * ball
    return out


def test_gaze_is_the_angle_of_the_iris():
    assert gaze(look(faces(), 10, -5))[0] == pytest.approx(np.array([(10, -5), (10, -5)]), abs=1e-6)


def test_gaze_is_against_the_head_and_not_the_camera():
    assert gaze(turned(look(faces(), 10), yaw=25, roll=10))[0, :, 0] == pytest.approx((10, 10), abs=1e-6)


def test_gaze_error_in_both_meanings():
    plate = look(faces(5), 0)
    off = np.concatenate([look(faces(4), 6), look(faces(1), 9)])
    assert gaze_error(off, plate, same_person=True) == pytest.approx((6, 6, 6, 6, 9), abs=1e-6)
    assert gaze_error(off, plate) == pytest.approx((0, 0, 0, 0, 3), abs=1e-6)
    assert gaze_offset(off, plate) == pytest.approx((6, 0), abs=1e-6)


def test_gaze_reach_is_the_error_of_resting_eyes():
    plate = np.concatenate([look(faces(1), angle) for angle in (0, 0, 8, -8, 4)])
    assert gaze_reach(plate) == pytest.approx(np.median(gaze_error(look(faces(5), 0), plate)))
    assert gaze_reach(plate) == pytest.approx(4, abs=1e-6)


def close_eyes(landmarks, part):
    """Close lids by moving the upper edge to the lower: 0 open, 1 shut."""
    out = np.array(landmarks)
    for upper, lower in (
        (mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
        (mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
    ):
        upper, lower = list(upper), list(lower)
        part_ = np.asarray(part)[:, None, None]
        out[:, upper] = (1 - part_) * out[:, upper] + part_ * out[:, lower]
    return out


def test_a_closed_eye_looks_nowhere():
    shut = close_eyes(look(faces(3), 0), [0, 1, 0])
    assert eye_opening(shut)[1] == pytest.approx((0, 0), abs=1e-6)
    assert eye_opening(shut)[0].min() > CLOSED
    assert np.isnan(gaze(shut)[1]).all()
    error = gaze_error(shut, look(faces(3), 0))
    assert np.isnan(error).tolist() == [False, True, False]


def open_mouth(landmarks, gap):
    """Set the gap between the inner lips, in parts of the inter-ocular distance."""
    out = np.array(landmarks)
    upper, lower = list(mesh.LIP_UPPER_INNER), list(mesh.LIP_LOWER_INNER)
    out[:, lower[1:-1]] = out[:, upper[1:-1]]
    out[:, lower[1:-1], 1] += 100 * np.asarray(gap)[:, None]
    return out


def test_lips_is_the_gap_and_sees_no_pose():
    faces_ = open_mouth(faces(3), [0, 0.1, 0.2])
    assert lips(faces_) == pytest.approx((0, 0.1, 0.2), rel=0.01, abs=1e-4)
    assert lips(turned(faces_, 15, 20, 5)) == pytest.approx(lips(faces_), abs=1e-6)


def test_lids_is_the_share_of_the_open_eye():
    shut = close_eyes(faces(3), [0, 0.5, 1])
    full = lids(faces())[0]
    assert lids(shut) == pytest.approx((full, full / 2, 0), abs=1e-6)


def speech(count=120, late=0):
    t = np.arange(count) - late
    return 0.15 + 0.1 * np.sin(t * 0.7) + 0.04 * np.sin(t * 0.31 + 1)


@pytest.mark.parametrize("late", [-4, 0, 1, 6])
def test_lag_is_found(late):
    assert timing(speech(late=late), speech()).lag == pytest.approx(late, abs=0.2)


def test_same_curve_other_range():
    found = timing(3 * speech() + 0.2, speech())
    assert found.error == pytest.approx(0, abs=1e-6)
    assert found.lag == 0
    assert found.reach == pytest.approx(3)


def test_timing_error_of_a_known_curve():
    # Half the pulses are missing: a quarter of the time it is wrong by the whole range.
    plate = np.tile(np.repeat([0.0, 1.0], 10), 4)
    result = plate.copy()
    result[10:20] = 0
    result[30:40] = 0
    assert timing(result, plate).error == pytest.approx(25)


def test_a_frozen_face_does_not_reach():
    found = timing(np.full(120, 0.1), speech())
    assert found.reach == pytest.approx(0)
    assert np.isnan(found.lag)
    assert found.error > 30


def test_a_plate_that_does_not_move_says_nothing():
    assert np.isnan(timing(speech(), np.full(120, 0.1)).error)
    assert np.isnan(timing(speech(10), speech(10)).error)


def test_parts_are_on_the_face():
    assert {part: len(points) for part, points in performance.PARTS.items()} == {
        "mouth": 40,
        "eyes": 32,
        "brows": 20,
    }


def test_the_error_of_timing_is_the_mean_of_its_frames():
    found = timing(speech(late=3), speech())
    assert found.along.shape == speech().shape
    assert found.error == pytest.approx(found.along.mean())
    assert found.along.max() > 1.5 * found.error
