import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.geometry.raster import Raster, vertex_normals

ONE = np.array([[0, 1, 2]], np.int32)


def triangle(*corners: tuple[float, float, float]) -> np.ndarray:
    return np.array(corners, np.float64)


def polygon_area(corners: np.ndarray) -> float:
    x, y = corners[:, 0], corners[:, 1]
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


@settings(max_examples=60)
@given(
    corners=st.lists(st.tuples(st.floats(-30, 70), st.floats(-30, 70)), min_size=3, max_size=3),
    slope=st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-5, 5)),
)
def test_an_affine_function_is_carried_exactly(corners, slope) -> None:
    vertices = np.column_stack([np.array(corners), np.zeros(3)]).astype(np.float32)
    a, b, c = slope
    raster = Raster(vertices, ONE, 40, 40)
    carried = raster.interpolate((a * vertices[:, :1] + b * vertices[:, 1:2] + c), fill=1e6)[..., 0]
    ys, xs = np.nonzero(raster.covered)
    # float32 weights on a sliver lose digits in proportion to its length over its area
    longest = max(float(np.ptp(vertices[:, :2], axis=0).max()), 1.0)
    tolerance = 1e-3 + 1e-4 * longest**2 / max(polygon_area(vertices), 1e-3)
    assert np.abs(carried[ys, xs] - (a * xs + b * ys + c)).max(initial=0.0) < tolerance
    assert (carried[~raster.covered] == 1e6).all()


@settings(max_examples=60)
@given(corners=st.lists(st.tuples(st.floats(-20, 60), st.floats(-20, 60)), min_size=3, max_size=3))
def test_exactly_the_pixels_inside_are_covered(corners) -> None:
    """Against the half-plane test for every pixel, leaving out pixels within a hair of an edge."""
    points = np.array(corners, np.float32).astype(np.float64)
    area = (points[1] - points[0])[0] * (points[2] - points[0])[1] - (points[2] - points[0])[0] * (
        points[1] - points[0]
    )[1]
    if abs(area) < 0.5:
        return
    ys, xs = np.mgrid[:40, :40].astype(np.float64)
    sides = []
    for k in range(3):
        start, along = points[k], points[(k + 1) % 3] - points[k]
        sides.append(np.sign(area) * (along[0] * (ys - start[1]) - along[1] * (xs - start[0])) / abs(area))
    least = np.min(sides, axis=0)
    covered = Raster(np.column_stack([points, np.zeros(3)]), ONE, 40, 40).covered
    assert covered[least > 1e-3].all()
    assert not covered[least < -1e-3].any()


@pytest.mark.parametrize("corners", [(0, 1, 2), (0, 2, 1)])
def test_both_windings_are_drawn(corners: tuple[int, int, int]) -> None:
    vertices = triangle((2, 2, 0), (17, 4, 0), (6, 15, 0))
    raster = Raster(vertices, np.array([corners], np.int32), 20, 20)
    assert np.array_equal(raster.covered, Raster(vertices, ONE, 20, 20).covered)
    assert raster.covered.sum() > 60


def test_coverage_equals_the_area() -> None:
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    rim = np.column_stack([100 + 80.3 * np.cos(angles), 90 + 70.7 * np.sin(angles)])
    vertices = np.column_stack([np.vstack([[100, 90], rim]), np.zeros(65)])
    ring = np.arange(64)
    fan = np.stack([np.zeros(64), 1 + ring, 1 + (ring + 1) % 64], axis=1).astype(np.int32)
    covered = Raster(vertices, fan, 180, 200).covered.sum()
    assert covered == pytest.approx(polygon_area(rim), rel=2e-3)


def test_neighbours_leave_no_gap() -> None:
    grid = np.stack(np.meshgrid(np.linspace(0.3, 49.7, 12), np.linspace(0.2, 49.6, 12)), axis=-1)
    grid[1:-1, 1:-1] += np.random.default_rng(0).uniform(-1.2, 1.2, (10, 10, 2))
    vertices = np.column_stack([grid.reshape(-1, 2), np.zeros(144)])
    corner = (np.arange(11)[:, None] * 12 + np.arange(11)).ravel()
    squares = np.stack([corner, corner + 1, corner + 13, corner + 12], axis=1)
    triangles = np.concatenate([squares[:, [0, 1, 2]], squares[:, [0, 2, 3]]]).astype(np.int32)
    assert Raster(vertices, triangles, 50, 50).covered[1:49, 1:49].all()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_triangle_wins_whatever_the_order(order: tuple[int, int]) -> None:
    near = triangle((2, 2, 1), (18, 2, 1), (2, 18, 1))
    far = triangle((2, 2, 5), (18, 2, 5), (18, 18, 5))
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)[list(order)]
    raster = Raster(np.vstack([near, far]), triangles, 20, 20)
    alone_near, alone_far = Raster(near, ONE, 20, 20).covered, Raster(far, ONE, 20, 20).covered
    assert (raster.owner[alone_near] == order.index(0)).all()
    assert (raster.owner[alone_far & ~alone_near] == order.index(1)).all()
    assert np.allclose(raster.depth[alone_near], 1.0)
    assert np.isinf(raster.depth[~raster.covered]).all()


def test_triangles_that_cross_change_over_where_they_meet() -> None:
    level = triangle((0, 0, 5), (30, 0, 5), (0, 30, 5))
    ramp = triangle((0, 0, 0), (30, 0, 15), (0, 30, 0))  # z = x / 2: meets the level at x = 10
    triangles = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    owner = Raster(np.vstack([level, ramp]), triangles, 30, 30).owner
    _, xs = np.mgrid[:30, :30]
    covered = owner >= 0
    assert (owner[covered & (xs < 10)] == 1).all()
    assert (owner[covered & (xs > 10)] == 0).all()


@pytest.mark.parametrize("shift", [(-100, 0), (100, 0), (0, -100), (0, 100)])
def test_nothing_off_the_picture_is_drawn(shift: tuple[int, int]) -> None:
    vertices = triangle((2, 2, 0), (18, 2, 0), (2, 18, 0)) + np.array([*shift, 0])
    assert not Raster(vertices, ONE, 20, 20).covered.any()


def test_what_reaches_past_the_edge_is_cut() -> None:
    vertices = triangle((-30, -30, 0), (60, -30, 0), (-30, 60, 0))
    part = Raster(vertices, ONE, 20, 24)
    whole = Raster(vertices + np.array([40, 40, 0]), ONE, 140, 140)
    assert np.array_equal(part.covered, whole.covered[40:60, 40:64])


def test_a_flat_triangle_draws_nothing() -> None:
    assert not Raster(triangle((1, 1, 0), (9, 9, 0), (5, 5, 0)), ONE, 10, 10).covered.any()


def sphere(rings: int = 24, around: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """A sphere whose triangles are wound as `geometry.mesh` winds those of a face, and its true normals."""
    polar = np.linspace(0.02, np.pi - 0.02, rings)
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    theta, phi = np.meshgrid(polar, turn, indexing="ij")
    points = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), -np.cos(theta)], axis=-1)
    r, a = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    corner = [(r + i) * around + (a + j) % around for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
    squares = np.stack(corner, axis=-1).reshape(-1, 4)
    return points.reshape(-1, 3), np.concatenate([squares[:, [0, 1, 2]], squares[:, [0, 2, 3]]]).astype(
        np.int32
    )


def test_normals_of_a_sphere_point_outwards() -> None:
    points, triangles = sphere()
    normals = vertex_normals(7.0 * points + (3, -2, 11), triangles)
    inner = slice(48, -48)
    assert (normals[inner] * points[inner]).sum(1).min() > np.cos(np.radians(1.5))
    assert np.allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-6)


def test_normals_turn_round_with_the_winding() -> None:
    points, triangles = sphere()
    assert np.allclose(
        vertex_normals(points, triangles[:, ::-1]), -vertex_normals(points, triangles), atol=1e-6
    )


def test_a_vertex_without_triangle_faces_the_camera() -> None:
    vertices = np.vstack([triangle((0, 0, 0), (1, 0, 0), (0, 1, 0)), [[9, 9, 9]]])
    assert np.array_equal(vertex_normals(vertices, ONE), [[0, 0, -1]] * 4)
