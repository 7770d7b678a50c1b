import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import BadInputError
from understudy.faces.faceset import Faceset, Found
from understudy.faces.people.grouping import (
    TrackIdentity,
    best_faces,
    group,
    identify,
    matching,
    mean_embedding,
)
from understudy.geometry import mesh

PEOPLE = np.linalg.qr(np.random.default_rng(0).normal(size=(128, 6)))[0].T  # 1.41 apart from each other


def _seen(person: int, away: float = 0.2, seed: int = 0) -> np.ndarray:
    """An embedding `away` from the person's own."""
    step = np.random.default_rng(seed).normal(size=128)
    return (PEOPLE[person] + away * step / np.linalg.norm(step)).astype(np.float32)


def _track(
    number: int, person: int, first: int, last: int, clip: str = "a", away: float = 0.2
) -> TrackIdentity:
    return TrackIdentity(clip, number, first, last, _seen(person, away, number))


def test_tracks_of_one_person_are_grouped_over_shots_and_clips() -> None:
    tracks = [
        _track(0, person=2, first=0, last=9),
        _track(1, person=4, first=0, last=99),
        _track(2, person=2, first=50, last=59),
        _track(3, person=4, first=0, last=9, clip="b"),
        _track(4, person=5, first=0, last=4, clip="b"),
    ]
    assert group(tracks) == [1, 0, 1, 0, 2]


def test_two_tracks_at_once_are_two_people_however_alike() -> None:
    twins = [_track(0, 1, 0, 50, away=0.01), _track(1, 1, 50, 90, away=0.01)]
    assert group(twins) == [0, 1]
    after_each_other = [_track(0, 1, 0, 49, away=0.01), _track(1, 1, 50, 90, away=0.01)]
    assert group(after_each_other) == [0, 0]


def test_a_third_track_does_not_join_two_that_overlap() -> None:
    tracks = [_track(0, 1, 0, 50), _track(1, 1, 40, 90), _track(2, 1, 100, 110)]
    people = group(tracks)
    assert people[0] != people[1]
    assert people[2] in people[:2]


def test_strangers_stay_apart_and_nobody_is_no_group() -> None:
    assert group([_track(i, i, 10 * i, 10 * i + 9) for i in range(4)]) == [0, 1, 2, 3]
    assert group([]) == []


@given(st.permutations(range(6)))
def test_the_order_of_tracks_does_not_matter(order: list[int]) -> None:
    tracks = [_track(i, i % 3, 100 * i, 100 * i + 9 + i) for i in range(6)]
    people = dict(zip(order, group([tracks[i] for i in order]), strict=True))
    assert [people[i] for i in range(6)] == [2, 1, 0, 2, 1, 0]


def test_a_reference_picture_finds_its_tracks_nearest_first() -> None:
    tracks = [_track(0, 1, 0, 9, away=0.4), _track(1, 3, 0, 9), _track(2, 1, 20, 29, away=0.1)]
    assert [t.track for t in matching(PEOPLE[1].astype(np.float32), tracks)] == [2, 0]


def test_a_profile_is_found_through_its_frontal_shots() -> None:
    """Its distance to the picture is beyond the threshold, but not to the shots between."""
    axis = _seen(1, 1.0) - PEOPLE[1]
    tracks = [
        TrackIdentity("a", 0, 0, 9, (PEOPLE[1] + 0.3 * axis).astype(np.float32)),
        TrackIdentity("a", 1, 10, 19, (PEOPLE[1] + 0.8 * axis).astype(np.float32)),
    ]
    assert [t.track for t in matching(PEOPLE[1].astype(np.float32), tracks)] == [0, 1]


def test_of_two_at_once_only_the_nearer_matches() -> None:
    tracks = [_track(0, 1, 0, 50, away=0.5), _track(1, 1, 30, 90, away=0.1)]
    assert [t.track for t in matching(PEOPLE[1].astype(np.float32), tracks)] == [1]


def test_when_nobody_matches_the_user_is_told() -> None:
    with pytest.raises(BadInputError, match="Nobody in the plate looks like"):
        matching(PEOPLE[0].astype(np.float32), [_track(0, 1, 0, 9)])
    with pytest.raises(BadInputError, match="no face in the plate"):
        matching(PEOPLE[0].astype(np.float32), [])


def test_the_mean_leaves_out_what_stands_apart_and_keeps_its_length() -> None:
    rows = np.stack([*(_seen(1, 0.2, seed) for seed in range(5)), _seen(3)])
    mean = mean_embedding(rows)
    assert np.linalg.norm(mean - PEOPLE[1]) < 0.2
    assert np.linalg.norm(mean) == pytest.approx(np.median(np.linalg.norm(rows[:5], axis=1)), rel=0.01)
    np.testing.assert_allclose(mean_embedding(rows[:1]), rows[0], rtol=1e-6)


def _faces(yaw: np.ndarray, scale: np.ndarray) -> Faceset:
    canonical = mesh.canonical_face()
    points = []
    for angle, size in zip(yaw, scale, strict=True):
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        points.append(canonical @ turn.T * size)
    n = len(points)
    return Faceset(
        frame=np.arange(100, 100 + n, dtype=np.int32),
        track=np.full(n, 7, np.int32),
        landmarks=np.array(points, np.float32),
        score=np.ones(n, np.float32),
        found=np.zeros(n, np.uint8),
        light=np.zeros((n, 2), np.float32),
    )


def test_the_best_faces_are_frontal_and_large_and_from_all_of_the_track() -> None:
    yaw = np.tile([1.2, 0.6, 0.0, 0.0, 0.9], 4)
    scale = np.tile([90.0, 90.0, 40.0, 90.0, 90.0], 4)
    assert best_faces(_faces(yaw, scale), count=4).tolist() == [3, 8, 13, 18]


def test_sharpness_decides_between_equals() -> None:
    faces = _faces(np.zeros(6), np.full(6, 50.0))
    assert best_faces(faces, np.array([1, 5, 1, 1, 1, 9.0]), count=2).tolist() == [1, 5]


def test_interpolated_faces_are_a_last_resort() -> None:
    faces = _faces(np.zeros(4), np.array([50.0, 99.0, 50.0, 40.0]))
    faces.found[1] = Found.INTERPOLATED
    assert best_faces(faces, count=1).tolist() == [0]
    faces.found[:] = Found.INTERPOLATED
    assert best_faces(faces, count=1).tolist() == [1]
    assert best_faces(faces.select(np.zeros(0, int))).tolist() == []


def test_a_track_identity_spans_its_frames() -> None:
    [found] = identify("plate", _faces(np.zeros(5), np.ones(5)), {7: _seen(1)[None], 8: _seen(2)[None]})
    assert (found.clip, found.track, found.first, found.last) == ("plate", 7, 100, 104)
    np.testing.assert_allclose(found.embedding, _seen(1), rtol=1e-5)
