"""Tracks against scenes of which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.faces.scene import face, scene
from tests.posed_faces import Act
from understudy.faces.faceset import Faceset, face_size
from understudy.faces.tracking.gaps import believable, interpolated, missed_frames, without_strays
from understudy.faces.tracking.tracks import MAX_GAP, foretold, link, renumbered


def numbers_at(faces: Faceset, x_of: dict[int, float]) -> set[int]:
    """Tracks of the faces at these places, by frame."""
    found = set()
    for frame, x in x_of.items():
        rows = np.flatnonzero(faces.frame == frame)
        near = rows[np.argmin(np.abs(faces.landmarks[rows, :, 0].mean(1) - x))]
        found.add(int(faces.track[near]))
    return found


def test_one_moving_face_is_one_track() -> None:
    faces = link(scene((t, face(100 + 12 * t, act=Act(yaw=t))) for t in range(30)), [])
    assert set(faces.track.tolist()) == {0}


def test_two_people_who_cross_keep_their_numbers_even_if_one_hides_the_other() -> None:
    left = {t: 100.0 + 10 * t for t in range(41)}
    right = {t: 500.0 - 10 * t for t in range(41)}
    rows = [(t, face(x, eyes=60, wide=1.0)) for t, x in left.items()]
    rows += [(t, face(x, eyes=52, wide=0.85)) for t, x in right.items() if not 18 <= t <= 22]
    faces = link(scene(rows), [])
    seen = {t: x for t, x in right.items() if not 18 <= t <= 22}
    assert numbers_at(faces, left) == {0}
    assert numbers_at(faces, {t: x for t, x in seen.items() if abs(x - left[t]) > 30}) == {1}


def test_the_larger_face_is_numbered_first_and_rows_are_in_order() -> None:
    rows = [(t, face(100, eyes=30)) for t in range(5)] + [(t, face(400, eyes=70)) for t in range(5)]
    faces = link(scene(rows), [])
    assert numbers_at(faces, dict.fromkeys(range(5), 400.0)) == {0}
    assert faces.frame.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert faces.track.tolist() == [0, 1] * 5


def test_a_cut_ends_all_tracks() -> None:
    faces = link(scene((t, face(100)) for t in range(10)), cuts=[4, 7])
    assert faces.track.tolist() == [0] * 4 + [1] * 3 + [2] * 3


@pytest.mark.parametrize(("gap", "tracks"), [(MAX_GAP, {0}), (MAX_GAP + 1, {0, 1})])
def test_a_track_is_taken_up_again_after_a_gap_that_is_not_too_long(gap: int, tracks: set[int]) -> None:
    later = range(5 + gap, 10 + gap)
    faces = link(scene((t, face(100)) for t in (*range(5), *later)), [])
    assert set(faces.track.tolist()) == tracks


def test_a_face_that_is_suddenly_elsewhere_is_another_track() -> None:
    faces = link(scene([(0, face(100)), (1, face(100)), (2, face(400))]), [])
    assert faces.track.tolist() == [0, 0, 1]


def test_a_motion_is_foretold_forwards_and_backwards() -> None:
    points = [np.full((478, 2), 10.0 * t) for t in range(5)]
    np.testing.assert_allclose(foretold([0, 1, 2, 3, 4], points, 6), 60.0)
    np.testing.assert_allclose(foretold([4, 3, 2, 1, 0], points[::-1], -1), -10.0)
    np.testing.assert_allclose(foretold([7], points[:1], 9), 0.0)


def test_renumbering_counts_from_nought_in_order_of_appearance() -> None:
    faces = link(scene([(0, face(100)), (1, face(100)), (1, face(400)), (2, face(400))]), [])
    faces.track[:] = np.where(faces.track == 0, 7, 3)
    assert renumbered(faces).track.tolist() == [0, 0, 1, 1]


def test_a_short_gap_is_filled_in_a_straight_line_and_a_long_one_is_not() -> None:
    frames = [0, 1, 5, 30]
    faces = interpolated(scene([(t, face(100 + 10 * t)) for t in frames], track=0))
    assert faces.frame.tolist() == [0, 1, 2, 3, 4, 5, 30]
    assert faces.found.tolist() == [0, 0, 6, 6, 6, 0, 0]
    np.testing.assert_allclose(faces.landmarks[3], face(130), atol=1e-3)


def test_missed_frames_are_gaps_and_where_a_face_was_lost_in_the_middle_of_the_picture() -> None:
    inside = scene([(t, face(300)) for t in (10, 11, 40, 41)], track=0)
    assert missed_frames(inside, [(5, 45)], 600, 400) == {0: (*range(5, 10), *range(12, 40), *range(42, 46))}


def test_a_face_that_left_by_the_border_or_was_cut_is_not_missed() -> None:
    leaving = scene([(t, face(300 + 30 * t)) for t in range(10)], track=0)
    assert missed_frames(leaving, [(0, 30)], 600, 400) == {}
    whole_shot = scene([(t, face(300)) for t in range(10)], track=0)
    assert missed_frames(whole_shot, [(0, 9), (10, 50)], 600, 400) == {}


def test_a_face_that_comes_back_as_another_track_takes_over() -> None:
    rows = [*((t, face(300)) for t in range(5)), *((t, face(300)) for t in range(50, 60))]
    assert missed_frames(link(scene(rows), []), [(0, 59)], 600, 400) == {
        0: tuple(range(5, 50)),
        1: tuple(range(5, 50)),
    }


def test_a_face_that_is_seen_askew_in_one_frame_is_a_stray() -> None:
    acts = [Act(yaw=t) for t in range(8)]
    acts[0], acts[4] = Act(roll=90), Act(roll=-70)
    kept = without_strays(scene([(t, face(100, act=act)) for t, act in enumerate(acts)], track=0))
    assert kept.frame.tolist() == [1, 2, 3, 5, 6, 7]


def test_a_head_that_really_turns_has_no_strays() -> None:
    turning = scene([(t, face(100, act=Act(yaw=8 * t - 30, roll=10 * t))) for t in range(8)], track=0)
    assert len(without_strays(turning)) == 8


def test_what_is_fleeting_or_changes_its_shape_is_no_face() -> None:
    rng = np.random.default_rng(1)
    steady = scene([(t, face(100)) for t in range(6)], track=0)
    fleeting = scene([(t, face(100)) for t in range(3)], track=0)
    wavering = scene([(t, face(100) + rng.normal(0, 4, (478, 3))) for t in range(6)], track=0)
    assert len(believable(steady, [(0, 50)])) == 6
    assert len(believable(fleeting, [(0, 50)])) == 0
    assert len(believable(fleeting, [(0, 2)])) == 3
    assert len(believable(wavering, [(0, 50)])) == 0


def test_size_is_the_mean_of_width_and_height() -> None:
    points = np.zeros((478, 3))
    points[0], points[1] = (9, 4, 70), (0, 0, -5)
    assert face_size(points) == pytest.approx(6)
