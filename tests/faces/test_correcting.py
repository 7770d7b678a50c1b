"""What was dragged stays where it was put, its surroundings follow, and it fades along the track."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as some

from understudy.faces.correcting import corrected
from understudy.faces.faceset import Faceset, Found
from understudy.geometry import mesh
from understudy.project.corrections import Correction, Moved

LIP_CORNER, OTHER_LIP_CORNER, UPPER_LIP, LOWER_LIP, FOREHEAD = 61, 291, 13, 14, 10


def filmed(frames: int = 40, *, turned: float = 0.0, size: float = 100.0) -> Faceset:
    """Two faces, 300 pixels apart, that stand still; the second is rolled by `turned` degrees half way."""
    base = mesh.canonical_face() * size
    sets = []
    for track, place in enumerate((200.0, 500.0)):
        for frame in range(frames):
            angle = np.radians(turned) * (track == 1) * (frame >= frames // 2)
            rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            points = base.copy()
            points[:, :2] = points[:, :2] @ rotation.T + (place, 200.0)
            sets.append((frame, track, points))
    sets.sort(key=lambda each: each[:2])
    count = len(sets)
    return Faceset(
        frame=np.array([each[0] for each in sets], np.int32),
        track=np.array([each[1] for each in sets], np.int32),
        landmarks=np.array([each[2] for each in sets], np.float32),
        score=np.ones(count, np.float32),
        found=np.full(count, Found.DETECTED, np.uint8),
        light=np.zeros((count, 2), np.float32),
    )


def centre(faces: Faceset, frame: int, track: int) -> tuple[float, float]:
    (row,) = np.flatnonzero((faces.frame == frame) & (faces.track == track))
    points = faces.landmarks[row, :, :2]
    x, y = (points.min(0) + points.max(0)) / 2
    return float(x), float(y)


def shift(before: Faceset, after: Faceset, track: int) -> npt.NDArray[np.float32]:
    """(frames, 478, 2)."""
    rows = before.track == track
    return np.asarray(after.landmarks[rows, :, :2] - before.landmarks[rows, :, :2])


def test_nothing_to_put_right_changes_nothing() -> None:
    faces = filmed()
    assert corrected(faces, ()) is faces


def test_what_was_dragged_lies_where_it_was_put_and_fades_in_its_own_track_alone() -> None:
    faces = filmed()
    key = Correction(20, *centre(faces, 20, 0), (Moved(LIP_CORNER, -3.0, 2.0),), reach=5)
    after = corrected(faces, [key])
    moved = shift(faces, after, 0)
    assert moved[20, LIP_CORNER] == pytest.approx((-3.0, 2.0), abs=1e-4)
    lengths = np.linalg.norm(moved[:, LIP_CORNER], axis=1)
    assert (np.diff(lengths[14:21]) > 0).all()
    assert lengths[:15] == pytest.approx(0)
    assert lengths[26:] == pytest.approx(0)
    assert not shift(faces, after, 1).any()
    assert (after.landmarks[..., 2] == faces.landmarks[..., 2]).all()


def test_the_skin_around_follows_and_the_other_lip_does_not() -> None:
    faces = filmed()
    key = Correction(20, *centre(faces, 20, 0), (Moved(UPPER_LIP, 0.0, -4.0),))
    moved = shift(faces, corrected(faces, [key]), 0)[20, :, 1]
    above = 0  # the middle of the upper lip's red
    assert -4.0 < moved[above] < -1.0
    assert abs(moved[LOWER_LIP]) < 0.3
    assert abs(moved[FOREHEAD]) < 1e-3


def test_the_centre_of_an_iris_takes_its_rim_along_and_no_lid() -> None:
    faces = filmed()
    key = Correction(20, *centre(faces, 20, 0), (Moved(mesh.RIGHT_IRIS[0], 1.5, 0.5),))
    moved = shift(faces, corrected(faces, [key]), 0)[20]
    assert moved[list(mesh.RIGHT_IRIS)] == pytest.approx(np.tile((1.5, 0.5), (5, 1)), abs=1e-4)
    assert not np.delete(moved, mesh.RIGHT_IRIS, axis=0).any()


def test_it_turns_with_the_head() -> None:
    faces = filmed(turned=90.0)
    key = Correction(19, *centre(faces, 19, 1), (Moved(OTHER_LIP_CORNER, 4.0, 0.0),), reach=200)
    moved = shift(faces, corrected(faces, [key]), 1)[21, OTHER_LIP_CORNER]
    assert moved == pytest.approx((0.0, 4.0), abs=0.05)


def test_between_two_corrections_one_passes_over_into_the_other() -> None:
    faces = filmed()
    keys = [
        Correction(10, *centre(faces, 10, 0), (Moved(LIP_CORNER, 2.0, 0.0),), reach=8),
        Correction(20, *centre(faces, 20, 0), (Moved(LIP_CORNER, 4.0, 0.0),), reach=8),
    ]
    moved = shift(faces, corrected(faces, keys), 0)[:, LIP_CORNER, 0]
    assert moved[10:21] == pytest.approx(np.linspace(2, 4, 11), abs=1e-4)
    assert 0 < moved[25] < 4
    assert moved[30] == pytest.approx(0)


def test_a_clip_that_was_looked_at_at_every_third_frame() -> None:
    faces = filmed()
    key = Correction(61, *centre(faces, 20, 0), (Moved(LIP_CORNER, 3.0, 0.0),), reach=6)
    moved = shift(faces, corrected(faces, [key], step=3), 0)[:, LIP_CORNER, 0]
    assert moved[20] > 2.8
    assert moved[23] == pytest.approx(0)


def test_a_face_that_is_not_there_any_more_is_left_alone() -> None:
    faces = filmed()
    elsewhere = Correction(20, 900.0, 900.0, (Moved(LIP_CORNER, 3.0, 0.0),))
    past_the_end = Correction(400, *centre(faces, 20, 0), (Moved(LIP_CORNER, 3.0, 0.0),))
    assert corrected(faces, [elsewhere, past_the_end]) is faces


def test_a_guessed_face_that_was_put_right_counts_as_found() -> None:
    faces = filmed()
    faces.found[faces.frame == 20] = Found.INTERPOLATED
    key = Correction(20, *centre(faces, 20, 0), (Moved(LIP_CORNER, 3.0, 0.0),))
    found = corrected(faces, [key]).found[faces.frame == 20]
    assert found.tolist() == [Found.FOLLOWED, Found.INTERPOLATED]


@given(
    some.lists(
        some.tuples(some.integers(0, 39), some.integers(0, 12), some.floats(-9, 9)),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each[0],
    )
)
def test_no_frame_moves_farther_than_what_was_dragged(drawn: list[tuple[int, int, float]]) -> None:
    faces = filmed()
    keys = [
        Correction(frame, *centre(faces, frame, 0), (Moved(LIP_CORNER, dx, 0.0),), reach)
        for frame, reach, dx in drawn
    ]
    moved = shift(faces, corrected(faces, keys), 0)[:, LIP_CORNER, 0]
    assert np.abs(moved).max() <= max(abs(each[2]) for each in drawn) + 1e-3
    for frame, _, dx in drawn:
        assert moved[frame] == pytest.approx(dx, abs=1e-3)
