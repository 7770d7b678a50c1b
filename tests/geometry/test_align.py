import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from understudy.geometry.align import (
    Similarity,
    apply_affine,
    fit_similarity,
    invert_affine,
    rotation_angle,
)

seeds = st.integers(0, 2**32 - 1)
scales = st.floats(0.01, 100)


def random_rotation(rng: np.random.Generator, dimensions: int) -> np.ndarray:
    if dimensions == 3:
        return Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    angle = rng.uniform(-np.pi, np.pi)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def random_similarity(rng: np.random.Generator, scale: float, dimensions: int) -> Similarity:
    return Similarity(np.array(scale), random_rotation(rng, dimensions), rng.uniform(-50, 50, dimensions))


@pytest.mark.parametrize("dimensions", [2, 3])
@given(seed=seeds, scale=scales)
def test_a_similarity_is_recovered(dimensions: int, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    true = random_similarity(rng, scale, dimensions)
    points = rng.normal(size=(12, dimensions))
    found = fit_similarity(points, true.apply(points))
    assert found.scale == pytest.approx(scale, rel=1e-9)
    assert np.allclose(found.rotation, true.rotation, atol=1e-7)
    assert np.allclose(found.translation, true.translation, atol=1e-7 * max(1, scale))


@pytest.mark.parametrize("dimensions", [2, 3])
@given(seed=seeds, scale=scales)
def test_the_inverse_undoes(dimensions: int, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    move = random_similarity(rng, scale, dimensions)
    points = rng.normal(size=(7, dimensions))
    assert np.allclose(move.inverse().apply(move.apply(points)), points, atol=1e-8)
    assert np.allclose(move.apply(move.inverse().apply(points)), points, atol=1e-8)


def test_a_stack_is_fitted_one_by_one() -> None:
    rng = np.random.default_rng(3)
    moves = [random_similarity(rng, scale, 3) for scale in (0.5, 1.0, 40.0)]
    points = rng.normal(size=(20, 3))
    targets = np.stack([move.apply(points) for move in moves])
    stack = fit_similarity(points, targets)
    assert stack.scale.shape == (3,)
    assert stack.rotation.shape == (3, 3, 3)
    assert np.allclose(stack.apply(np.broadcast_to(points, targets.shape)), targets)
    assert np.allclose(stack.inverse().apply(targets), points)
    for index, move in enumerate(moves):
        alone = fit_similarity(points, targets[index])
        assert np.allclose(stack.rotation[index], alone.rotation)
        assert np.allclose(stack.rotation[index], move.rotation)


def test_a_point_without_weight_has_no_say() -> None:
    rng = np.random.default_rng(4)
    move = random_similarity(rng, 3.0, 3)
    points = rng.normal(size=(10, 3))
    target = move.apply(points)
    target[6] += 100.0
    weights = np.ones(10)
    weights[6] = 0.0
    assert np.allclose(fit_similarity(points, target, weights).rotation, move.rotation)
    assert not np.allclose(fit_similarity(points, target).rotation, move.rotation, atol=1e-2)


def test_a_weight_of_two_counts_like_two_points() -> None:
    rng = np.random.default_rng(5)
    source, target = rng.normal(size=(2, 6, 3))
    weighted = fit_similarity(source, target, np.array([2.0, 1, 1, 1, 1, 1]))
    doubled = fit_similarity(source[[0, *range(6)]], target[[0, *range(6)]])
    assert np.allclose(weighted.rotation, doubled.rotation)
    assert np.allclose(weighted.scale, doubled.scale)
    assert np.allclose(weighted.translation, doubled.translation)


@given(seed=seeds)
def test_the_fit_is_the_best_one(seed: int) -> None:
    """No small change of scale, angle or place lowers the squared distance."""
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(9, 2))
    target = random_similarity(rng, 2.0, 2).apply(source) + 0.3 * rng.normal(size=(9, 2))
    best = fit_similarity(source, target)

    def misfit(move: Similarity) -> float:
        return float(((move.apply(source) - target) ** 2).sum())

    tilt = np.array([[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]])
    others = [
        Similarity(best.scale * 1.01, best.rotation, best.translation),
        Similarity(best.scale * 0.99, best.rotation, best.translation),
        Similarity(best.scale, tilt @ best.rotation, best.translation),
        Similarity(best.scale, tilt.T @ best.rotation, best.translation),
        Similarity(best.scale, best.rotation, best.translation + np.array([0.01, 0.0])),
        Similarity(best.scale, best.rotation, best.translation - np.array([0.0, 0.01])),
    ]
    assert misfit(best) <= min(map(misfit, others))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_mirror_image_is_never_matched_by_mirroring(dimensions: int) -> None:
    points = np.random.default_rng(6).normal(size=(15, dimensions))
    mirrored = points * np.array([-1.0] + [1.0] * (dimensions - 1))
    assert np.linalg.det(fit_similarity(points, mirrored).rotation) == pytest.approx(1.0)


@given(degrees=st.floats(0.1, 179.9), seed=seeds)
def test_the_angle_between_rotations(degrees: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    turn = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis)).as_matrix()
    start = random_rotation(rng, 3)
    assert rotation_angle(start, turn @ start) == pytest.approx(degrees, abs=1e-4)


def test_the_angle_to_itself_is_zero_despite_rounding() -> None:
    rotations = Rotation.random(50, random_state=1).as_matrix()
    assert np.allclose(rotation_angle(rotations, rotations), 0.0, atol=1e-4)


def test_an_affine_matrix_moves_points_and_scales_depth() -> None:
    matrix = np.array([[0.0, -2.0, 10.0], [2.0, 0.0, 20.0]])
    points = np.array([[[1.0, 2.0, 3.0]], [[0.0, 0.0, -1.0]]])
    assert np.allclose(apply_affine(matrix, points), [[[6, 22, 6]], [[10, 20, -2]]])
    assert np.allclose(apply_affine(matrix, points[..., :2]), [[[6, 22]], [[10, 20]]])
    assert np.array_equal(points[0, 0], [1, 2, 3])


@given(seed=seeds)
def test_an_inverted_matrix_undoes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.hstack([random_rotation(rng, 2) * rng.uniform(0.1, 10), rng.uniform(-100, 100, (2, 1))])
    points = rng.uniform(-100, 100, (5, 3))
    assert np.allclose(apply_affine(invert_affine(matrix), apply_affine(matrix, points)), points, atol=1e-8)
