import numpy as np
import pytest

from understudy.faces.steadying.following import follow, track_windows


def by_the_book(places: np.ndarray, steps: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The same least squares with a dense matrix for every point."""
    count = len(places)
    found = np.empty_like(places)
    for v in range(places.shape[1]):
        moves = np.sqrt(weight[:, v, None]) * (np.eye(count, k=1) - np.eye(count))[:-1]
        rows = np.concatenate([np.eye(count), moves])
        wanted = np.concatenate([places[:, v], np.sqrt(weight[:, v, None]) * steps[:, v]])
        found[:, v] = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 17])
def test_it_is_the_least_squares_solution(count: int) -> None:
    random = np.random.default_rng(count)
    places, steps = random.normal(size=(count, 4, 2)), random.normal(size=(count - 1, 4, 2))
    weight = random.uniform(0, 60, (count - 1, 4))
    assert np.allclose(follow(places, steps, weight), by_the_book(places, steps, weight))


def test_without_weight_every_place_is_kept() -> None:
    places = np.random.default_rng(0).normal(size=(9, 3, 2))
    assert np.array_equal(follow(places, np.ones((8, 3, 2)), np.zeros((8, 3))), places)


def test_windows_cover_every_point_of_every_face_once() -> None:
    times = np.zeros((5000, 150), int)
    for wanted, seen, inner, some in track_windows(5000, 150):
        times[wanted, some] += 1
        assert np.array_equal(np.arange(5000)[seen][inner], np.arange(5000)[wanted])
        assert seen.start == 0 or wanted.start - seen.start == 256
        assert seen.stop == 5000 or seen.stop - wanted.stop == 256
    assert (times == 1).all()
