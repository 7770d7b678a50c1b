import numpy as np
import pytest

from tests.likeness.galleries import gallery
from understudy.likeness.best import best
from understudy.likeness.duplicates import duplicates
from understudy.likeness.gallery import NUMBERS, WORDS
from understudy.likeness.order import KEYS, beside_alike, ordered, principal, unlike_all


def every(faces):
    return np.arange(len(faces))


def test_every_column_has_a_value_for_every_face():
    faces = gallery(5)
    assert set(faces.columns()) == set(WORDS)
    assert {column.shape for column in faces.columns().values()} == {(5,)}
    assert set(NUMBERS) < set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_gives_every_face_once(key):
    rng = np.random.default_rng(3)
    faces = gallery(
        40,
        yaw=rng.normal(0, 20, 40),
        sharpness=rng.random(40),
        small=rng.integers(0, 255, (40, 16, 16), np.uint8),
        histogram=rng.integers(0, 255, (40, 3, 16), np.uint8),
    )
    assert sorted(ordered(faces, every(faces), key)) == list(range(40))
    backwards = ordered(faces, every(faces), key, reverse=True)
    assert sorted(backwards) == list(range(40))


def test_columns_sort_as_one_expects():
    faces = gallery(4, sharpness=[0.2, 0.9, 0.4, 0.9], yaw=[5, -20, 30, 0])
    assert ordered(faces, every(faces), "sharpness").tolist() == [1, 3, 2, 0]
    assert ordered(faces, every(faces), "sharpness", reverse=True).tolist() == [0, 2, 1, 3]
    assert ordered(faces, every(faces), "yaw").tolist() == [1, 3, 0, 2]
    assert ordered(faces, np.array([0, 2]), "yaw", reverse=True).tolist() == [2, 0]
    assert ordered(faces, every(faces), "order").tolist() == [0, 1, 2, 3]


def test_what_is_unknown_comes_last_in_both_directions():
    faces = gallery(3, identity=np.array([0.5, np.nan, 0.1]))
    assert ordered(faces, every(faces), "identity").tolist() == [2, 0, 1]
    assert ordered(faces, every(faces), "identity", reverse=True).tolist() == [0, 2, 1]


def test_clips_sort_by_name():
    faces = gallery(3, clips=("zoe.mp4", "anna.mp4"), clip=np.array([0, 1, 0], np.int32))
    assert ordered(faces, every(faces), "clip").tolist() == [1, 0, 2]


def test_like_stands_beside_like():
    rng = np.random.default_rng(5)
    group = rng.permutation(np.repeat(np.arange(6), 50))
    points = rng.integers(0, 256, (6, 48))[group] + rng.normal(0, 2, (300, 48))
    order = beside_alike(points)
    assert sorted(order) == list(range(300))
    assert np.count_nonzero(np.diff(group[order])) == 5


def test_a_line_is_walked_from_end_to_end():
    place = np.random.default_rng(1).permutation(60)
    order = beside_alike(np.column_stack([place * 3.0, np.zeros(60)]))
    assert abs(np.diff(place[order])).tolist() == [1] * 59


def test_equal_points_and_few_points_have_an_order():
    assert sorted(beside_alike(np.zeros((30, 4)))) == list(range(30))
    assert [beside_alike(np.zeros((count, 4))).tolist() for count in (0, 1, 2)] == [[], [0], [0, 1]]


def test_equal_points_stand_together_in_the_order_of_the_footage():
    # so many that comparing each with all of them would be noticed
    group = np.random.default_rng(3).integers(0, 3, 50_000)
    points = np.array([[0.0, 0, 9], [200, 10, 0], [10, 0, 9]])[group] + 40
    order = beside_alike(points)
    along = group[order]
    assert np.flatnonzero(np.diff(along)).size == 2
    assert along[len(along) // 2] != 1 or set(along[[0, -1]]) == {0, 2}
    for each in range(3):
        assert (np.diff(order[along == each]) > 0).all()


def test_how_unlike_all_is_the_sum_over_all_pairs():
    points = np.random.default_rng(2).normal(0, 3, (50, 7))
    pairs = ((points[:, None] - points[None]) ** 2).sum((1, 2))
    assert unlike_all(points) == pytest.approx(pairs)


def test_the_rarest_histogram_comes_first():
    histogram = np.zeros((5, 3, 16), np.uint8)
    histogram[:, :, 3] = 250
    histogram[2, :, 3], histogram[2, :, 12] = 0, 250
    faces = gallery(5, histogram=histogram)
    assert ordered(faces, every(faces), "dissimilar")[0] == 2


def test_a_projection_enlarges_no_distance():
    points = np.random.default_rng(7).normal(0, 5, (200, 30))
    flat = principal(points, 8)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert (np.linalg.norm(flat[:, None] - flat[None], axis=-1) <= apart + 1e-3).all()


# --- near-duplicates


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(60, 200, (count, 16, 16)).astype(np.uint8)


def test_of_near_duplicates_the_sharpest_stays():
    small = pictures(3)[[0, 0, 1, 1, 1, 2]]
    small[1] += 1
    faces = gallery(6, small=small, sharpness=[0.2, 0.6, 0.5, 0.4, 0.7, 0.1])
    assert duplicates(faces, every(faces)).tolist() == [0, 2, 3]


def test_only_what_was_asked_for_counts():
    faces = gallery(4, small=pictures(1)[[0, 0, 0, 0]], sharpness=[0.9, 0.2, 0.3, 0.1])
    assert duplicates(faces, np.array([1, 2])).tolist() == [1]
    assert duplicates(faces, np.array([3])).tolist() == []


def test_what_is_left_differs_and_what_went_had_a_better_one():
    walk = np.cumsum(np.random.default_rng(4).normal(0, 1.6, (150, 16, 16)), axis=0)
    small = np.clip(128 + walk, 0, 255).astype(np.uint8)
    sharp = np.random.default_rng(5).random(150)
    gone = duplicates(gallery(150, small=small, sharpness=sharp), np.arange(150), 4.0)
    left = np.setdiff1d(np.arange(150), gone)
    apart = np.sqrt(((small[:, None].astype(float) - small[None]) ** 2).mean((2, 3)))
    assert 15 < len(left) < 140
    assert (apart[np.ix_(left, left)] + 150 * np.eye(len(left)) >= 4.0).all()
    for row in gone:
        better = left[sharp[left] > sharp[row]]
        assert apart[row, better].min() < 4.0


# --- the best


def test_all_are_best_where_there_are_no_more():
    faces = gallery(3)
    assert best(faces, np.array([2, 0]), 5).tolist() == [0, 2]


def test_the_best_cover_what_there_is_evenly():
    # 900 frames look ahead, 30 to the left, 30 to the right, 30 have an open mouth
    yaw = np.concatenate([np.zeros(900), np.full(30, -40.0), np.full(30, 40.0), np.zeros(30)])
    lips = np.concatenate([np.zeros(960), np.full(30, 0.3)])
    sharp = np.random.default_rng(0).random(990)
    found = best(gallery(990, yaw=yaw, lips=lips, sharpness=sharp), np.arange(990), 40)
    kinds = np.select([found < 900, found < 930, found < 960], [0, 1, 2], 3)
    assert np.bincount(kinds).tolist() == [10, 10, 10, 10]
    for kind, span in enumerate(((0, 900), (900, 930), (930, 960), (960, 990))):
        there = np.argsort(-sharp[slice(*span)])[:10] + span[0]
        assert sorted(there) == found[kinds == kind].tolist()


def test_more_room_gives_finer_steps():
    yaw = np.linspace(-45, 45, 1000)
    for count in (10, 40):
        found = best(gallery(1000, yaw=yaw), np.arange(1000), count)
        assert len(found) == count
        assert np.diff(yaw[found]).max() < 3 * 90 / count
