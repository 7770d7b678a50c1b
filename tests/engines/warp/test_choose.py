from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.posed_faces import Act, posed, somebody
from understudy.engines.warp.choose import (
    EYES,
    MOUTH,
    REGIONS,
    Looks,
    candidates,
    cheapest_path,
    choose,
    cross_fade,
)
from understudy.engines.warp.shape import Heads, mouth_opening, to_head_space

costs = st.floats(0, 10, allow_subnormal=False)


@st.composite
def problems(draw) -> tuple[np.ndarray, np.ndarray]:
    steps, states = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    return draw(arrays(np.float64, (steps, states), elements=costs)), draw(
        arrays(np.float64, (states, states), elements=costs)
    )


def price(path, unary: np.ndarray, change: np.ndarray) -> float:
    standing = sum(unary[t, state] for t, state in enumerate(path))
    return standing + sum(change[a, b] for a, b in pairwise(path))


@settings(max_examples=150)
@given(problems())
def test_no_path_is_cheaper(problem) -> None:
    unary, change = problem
    steps, states = unary.shape
    path = cheapest_path(unary, change)
    assert path.shape == (steps,)
    best = min(price(each, unary, change) for each in product(range(states), repeat=steps))
    assert price(path, unary, change) == pytest.approx(best, abs=1e-9)


def test_free_changes_take_the_nearest_every_time() -> None:
    unary = np.random.default_rng(0).uniform(size=(30, 8))
    assert np.array_equal(cheapest_path(unary, np.zeros((8, 8))), unary.argmin(1))


def test_dear_changes_stay_where_they_are() -> None:
    unary = np.random.default_rng(1).uniform(size=(30, 8))
    path = cheapest_path(unary, 1e6 * (1 - np.eye(8)))
    assert (path == unary.sum(0).argmin()).all()


def test_the_way_back_may_cost_other_than_the_way_there() -> None:
    """change[a, b] is what it costs to go from a to b."""
    unary = np.array([[0.0, 5.0], [5.0, 0.0]])
    forth, back = np.array([[0.0, 1.0], [100.0, 0.0]]), np.array([[0.0, 100.0], [1.0, 0.0]])
    assert cheapest_path(unary, forth).tolist() == [0, 1]
    assert cheapest_path(unary, back).tolist() in ([0, 0], [1, 1])


paths = arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 6))


def fade(path: np.ndarray, sigma: float, looks: np.ndarray | None = None, alike: float = 1.0):
    offered = np.zeros((10, 1)) if looks is None else looks
    return list(cross_fade(path, replace(MOUTH, fade=sigma, alike=alike), offered))


@given(paths, st.floats(0.3, 4.0), st.floats(0.1, 5.0))
def test_weights_of_a_fade_sum_to_one(path: np.ndarray, sigma: float, alike: float) -> None:
    mixes = fade(path, sigma, np.arange(10.0)[:, None], alike)
    assert len(mixes) == len(path)
    for (picks, weights), here in zip(mixes, path, strict=True):
        assert weights.sum() == pytest.approx(1.0)
        assert weights.min() > 0
        assert len(set(picks.tolist())) == len(picks)
        assert set(picks.tolist()) <= set(path.tolist())
        assert here in picks


def test_a_path_that_stays_is_not_mixed() -> None:
    assert all(picks.tolist() == [4] for picks, _ in fade(np.full(9, 4), 2.0))


def test_a_change_fades_over_symmetrically() -> None:
    path = np.repeat([3, 8], 10)
    share = [
        dict(zip(picks.tolist(), weights, strict=True)).get(8, 0.0) for picks, weights in fade(path, 2.0)
    ]
    assert share[0] == 0
    assert share[-1] == 1
    assert (np.diff(share) >= 0).all()
    assert np.allclose(np.array(share) + np.array(share)[::-1], 1.0)
    assert share[9] == pytest.approx(0.5, abs=0.11)


def test_an_open_mouth_does_not_fade_into_a_shut_one() -> None:
    looks = np.zeros((10, 1))
    looks[8] = 6.0
    mixes = fade(np.repeat([3, 5, 8], 5), 3.0, looks, alike=1.0)
    assert set(mixes[4][0].tolist()) == {3, 5}
    assert mixes[9][0].tolist() == [3, 5]
    assert mixes[10][0].tolist() == [8]
    assert {3, 5, 8} == set(fade(np.repeat([3, 5, 8], 5), 3.0, looks, alike=6.0)[9][0].tolist())


def heads_of(acts: list[Act]) -> Heads:
    return to_head_space(np.stack([posed(somebody(), act, 80, (150, 120)) for act in acts]))


def looks(heads: Heads, right: tuple[float, ...] = ()) -> Looks:
    """Heads with light that falls to the right by so much on each; even light where nothing is said."""
    light = np.zeros((len(heads), 2))
    light[:, 0] = right or 0.0
    return Looks(heads.points, heads.pose, light)


def test_the_mouth_is_picked_by_the_mouth() -> None:
    offered = heads_of([Act(mouth=m, yaw=y) for m in (0.0, 0.1, 0.2) for y in (0.0, 10.0)])
    wanted = heads_of([Act(mouth=0.2), Act(mouth=0.2), Act(mouth=0.0), Act(mouth=0.0)])
    picks = choose(MOUTH, looks(wanted), looks(offered))
    assert np.abs(mouth_opening(offered.points[picks]) - mouth_opening(wanted.points[:])).max() < 0.05


def test_the_eyes_are_picked_by_gaze_whatever_the_mouth_does() -> None:
    offered = heads_of([Act(gaze=(g, 0.0), mouth=m) for g in (-0.06, 0.06) for m in (0.0, 0.2)])
    wanted = heads_of([Act(gaze=(0.06, 0.0))] * 3 + [Act(gaze=(-0.06, 0.0))] * 3)
    picks = choose(EYES, looks(wanted), looks(offered))
    assert (picks[:3] >= 2).all()
    assert (picks[3:] < 2).all()


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_of_equal_shapes_the_nearer_pose_is_picked(region) -> None:
    offered = heads_of([Act(yaw=-25), Act(), Act(yaw=25)])
    wanted = heads_of([Act(yaw=20)] * 4)
    # three poses of one shape agree in head space, so nothing but the pose can tell them apart
    assert (choose(region, looks(wanted), looks(offered)) == 2).all()


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_of_equal_shapes_the_one_in_the_same_light_is_picked(region) -> None:
    offered = looks(heads_of([Act(), Act(), Act()]), (-0.5, 0.0, 0.5))
    for light, row in ((-0.4, 0), (0.1, 1), (0.6, 2)):
        assert (choose(region, looks(heads_of([Act()] * 4), (light,) * 4), offered) == row).all()


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_what_is_offered_exactly_is_taken(region) -> None:
    acts = [Act(yaw=4.0 * k, mouth=0.02 * k, gaze=(0.01 * k, 0.0)) for k in range(6)]
    heads = heads_of(acts)
    still = heads_of([acts[4]] * 5)
    assert (choose(region, looks(still), looks(heads)) == 4).all()


def test_short_footage_is_offered_whole() -> None:
    heads = heads_of([Act(yaw=k) for k in range(5)])
    assert np.array_equal(candidates(heads.points, limit=5), np.arange(5))


def test_candidates_cover_the_range_of_long_footage() -> None:
    """Two hundred frames of rest and a handful of rare ones: every rare one is kept."""
    rng = np.random.default_rng(2)
    acts = [Act(yaw=float(rng.normal())) for _ in range(200)]
    rare = {20: Act(mouth=0.25), 77: Act(blink=1.0), 120: Act(gaze=(0.08, 0)), 199: Act(gaze=(-0.08, 0))}
    for row, act in rare.items():
        acts[row] = act
    kept = candidates(heads_of(acts).points, limit=12)
    assert len(kept) == 12
    assert (np.diff(kept) > 0).all()
    assert set(rare) <= set(kept.tolist())


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_of_equal_looks_the_larger_picture_is_picked(region) -> None:
    offered = to_head_space(np.stack([posed(somebody(), Act(), size, (150, 120)) for size in (25, 80, 30)]))
    wanted = heads_of([Act()] * 3)
    assert (choose(region, looks(wanted), looks(offered)) == 1).all()
