from collections import Counter

import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.engines.warp.layers import (
    RIM,
    Grid,
    eye_span,
    mouth_span,
    rimmed_triangles,
    vertex_shares,
    with_rim,
)
from understudy.geometry import mesh

OVAL = list(mesh.FACE_OVAL)
FACE = posed(somebody(), Act(yaw=8), 90, (150, 110))


def test_the_rim_stands_outside_the_oval() -> None:
    points = with_rim(somebody())
    assert points.shape == (mesh.VERTEX_COUNT + len(OVAL), 3)
    assert np.array_equal(points[: mesh.VERTEX_COUNT], somebody())
    middle = somebody()[OVAL, :2].mean(0)
    reach = np.linalg.norm(points[mesh.VERTEX_COUNT :, :2] - middle, axis=1)
    assert np.allclose(reach, (1 + RIM) * np.linalg.norm(somebody()[OVAL, :2] - middle, axis=1))


def test_a_rim_of_many_faces_is_that_of_each() -> None:
    faces = np.stack([FACE, 2 * FACE + 5])
    assert np.allclose(with_rim(faces)[1], with_rim(faces[1]))
    assert np.allclose(with_rim(faces)[..., :2], with_rim(faces[..., :2]))


def test_the_rim_continues_the_surface() -> None:
    edges = Counter(
        (int(a), int(b)) for t in rimmed_triangles() for a, b in zip(t, np.roll(t, -1), strict=True)
    )
    assert max(edges.values()) == 1
    border = {a for a, b in edges if (b, a) not in edges}
    assert border == set(range(mesh.VERTEX_COUNT, mesh.VERTEX_COUNT + len(OVAL)))


def test_spans_name_the_triangles_of_eyes_and_mouth() -> None:
    triangles = rimmed_triangles()
    assert np.array_equal(triangles[slice(*mouth_span())], mesh.mouth_triangles())
    assert np.array_equal(triangles[slice(*eye_span())], mesh.eye_triangles())


def test_each_feature_belongs_to_its_layer() -> None:
    mouth, eyes, depth = vertex_shares().T
    assert mouth[list(mesh.LIPS_OUTER + mesh.LIPS_INNER)].min() == 1
    assert eyes[list(mesh.RIGHT_EYE + mesh.LEFT_EYE + mesh.RIGHT_IRIS + mesh.LEFT_IRIS)].min() == 1
    assert not (mouth * eyes).any()
    for plain in (10, 152, 234, 454, 4):
        assert mouth[plain] == eyes[plain] == 0
    assert np.allclose(depth[OVAL], 0)
    assert not vertex_shares()[mesh.VERTEX_COUNT :].any()
    assert depth.argmax() in {5, 195, 197, 4, 1, 2, 94, 164, 0, 11, 6}


@pytest.mark.parametrize("size", [(220, 300), (700, 900)])
def test_a_grid_carries_positions_to_where_they_are(size: tuple[int, int]) -> None:
    """Carrying each vertex's own place gives every covered pixel its own coordinates, fine grid or coarse."""
    height, width = size
    scale = width / 300
    target = with_rim(FACE * scale)
    grid = Grid(target, height, width)
    carried = grid.enlarge(grid.raster.interpolate(target[:, :2]))
    assert carried.shape == (height, width, 2)
    x0, y0 = FACE[OVAL, :2].min(0) * scale
    x1, y1 = FACE[OVAL, :2].max(0) * scale
    ys, xs = np.mgrid[
        int(y0 + 0.2 * (y1 - y0)) : int(y1 - 0.2 * (y1 - y0)),
        int(x0 + 0.2 * (x1 - x0)) : int(x1 - 0.2 * (x1 - x0)),
    ]
    assert np.abs(carried[ys, xs, 0] - xs).max() < 0.1 * scale
    assert np.abs(carried[ys, xs, 1] - ys).max() < 0.1 * scale


def test_a_window_is_enlarged_as_the_whole_is() -> None:
    grid = Grid(with_rim(FACE * 4), 881, 1203)
    assert grid.step == 4
    eyes = grid.raster.interpolate(vertex_shares())[..., 1]
    window = grid.window(eyes)
    assert window is not None
    whole, part = grid.enlarge(eyes), grid.enlarge(eyes[window], window)
    assert whole.shape == (881, 1203)
    assert part.max() > 0.99
    assert np.abs(whole[grid.pixels(window)] - part).max() < 0.01
    outside = whole.copy()
    outside[grid.pixels(window)] = 0
    assert outside.max() < 0.01


def test_a_window_of_nothing_is_none() -> None:
    grid = Grid(with_rim(FACE), 220, 300)
    assert grid.window(np.zeros((220, 300), np.float32)) is None


def test_between_the_lids_is_where_the_eyes_are() -> None:
    grid = Grid(with_rim(FACE), 220, 300)
    eyes = grid.between(eye_span())
    assert eyes.shape == (220, 300)
    assert eyes.min() == 0
    assert eyes.max() == 1
    for iris in (468, 473):
        x, y = np.round(FACE[iris, :2]).astype(int)
        assert eyes[y, x] > 0.99
    for plain in (4, 50, 280, 13):
        x, y = np.round(FACE[plain, :2]).astype(int)
        assert eyes[y, x] == 0
