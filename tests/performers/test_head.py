"""The mesh under the skin: topology, subdivision, handles and how expressions move it."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.geometry import mesh
from understudy.performers.cage import cage, loop_subdivision
from understudy.performers.cast import COMPANY
from understudy.performers.deform import Bender
from understudy.performers.head import Head, eased, template
from understudy.performers.identity import Shape
from understudy.performers.moment import Expression, rotation


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(Shape())


def edges(triangles: np.ndarray) -> np.ndarray:
    return triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)


def test_the_cage_is_one_oriented_surface_open_only_at_the_lids_and_below() -> None:
    control = cage()
    directed, uses = np.unique(edges(control.triangles), axis=0, return_counts=True)
    assert uses.max() == 1, "two triangles run along an edge in the same direction"
    there = {tuple(edge) for edge in directed.tolist()}
    border = {vertex for a, b in there if (b, a) not in there for vertex in (a, b)}
    bottom = set(range(control.count - len(mesh.FACE_OVAL), control.count))
    assert border == bottom | {int(i) for rim in control.rims for i in rim}


def test_subdivision_keeps_a_plane_flat_and_quarters_triangles() -> None:
    points = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 0)], float)
    triangles = np.array([(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)])
    matrix, fine = loop_subdivision(triangles, len(points))
    smooth = matrix @ points
    assert np.allclose(np.asarray(matrix.sum(1)), 1)
    assert np.allclose(smooth[:, 2], 0)
    assert np.allclose(smooth[4], (0.5, 0.5, 0))
    assert len(fine) == 4 * len(triangles)
    assert len(np.unique(np.sort(edges(fine), axis=1), axis=0)) == 2 * 8 + 3 * 4


def test_handles_are_followed_mirrored_and_fade_out() -> None:
    field = Bender(cage()).displace({61: (-0.5, 0.2, 0.1)}, fixed=(33, 263, 10, 152))
    assert np.allclose(field[61], (-0.5, 0.2, 0.1), atol=0.02)
    assert np.allclose(field[291], (0.5, 0.2, 0.1), atol=0.02)
    assert np.abs(field[[33, 263, 10]]).max() < 0.01


def test_a_blink_brings_the_lids_together_and_leaves_the_mouth_alone(head: Head) -> None:
    opened, closed = head.posed(Expression()), head.posed(Expression(blink=1.0))
    for upper, lower in ((159, 145), (386, 374)):
        gap = opened[upper, 1] - opened[lower, 1]
        assert gap > 0.6
        assert closed[upper, 1] - closed[lower, 1] < 0.25 * gap
    assert np.allclose(opened[[13, 14, 61, 152]], closed[[13, 14, 61, 152]])


def test_lids_stay_outside_the_eyeball_throughout_a_blink(head: Head) -> None:
    for blink in (0.0, 0.3, 0.6, 1.0):
        points = head.posed(Expression(blink=blink))
        for ring, centre in zip((mesh.RIGHT_EYE, mesh.LEFT_EYE), head.centres, strict=True):
            assert np.linalg.norm(points[list(ring)] - centre, axis=1).min() > head.radius


def test_the_jaw_lowers_the_chin_and_parts_the_lips(head: Head) -> None:
    shut, opened = head.posed(Expression()), head.posed(Expression(jaw=1.0))
    assert shut[152, 1] - opened[152, 1] > 2.0
    assert opened[13, 1] - opened[14, 1] > 1.8
    assert np.abs(opened[[10, 33, 263, 4]] - shut[[10, 33, 263, 4]]).max() < 0.1


@pytest.mark.parametrize(("name", "landmark", "axis", "sign"), [
    ("smile", 61, 1, 1), ("smile", 291, 0, 1), ("pucker", 0, 2, 1), ("brow_raise", 105, 1, 1),
    ("brow_lower", 107, 1, -1),
])  # fmt: skip
def test_expressions_move_their_landmarks_the_right_way(
    head: Head, name: str, landmark: int, axis: int, sign: int
) -> None:
    moved = head.posed(Expression(**{name: 1.0})) - head.posed(Expression())
    assert sign * moved[landmark, axis] > 0.15


def test_rotation_follows_the_house_conventions() -> None:
    ahead, up = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert (rotation(30, 0) @ ahead)[0] > 0.4, "yaw > 0 turns to the picture's right"
    assert (rotation(0, 20) @ ahead)[1] < -0.3, "pitch > 0 looks down"
    assert (rotation(0, 0, 10) @ up)[0] > 0.1, "roll > 0 tilts clockwise"


def test_a_swapped_head_has_ones_face_and_the_others_outline() -> None:
    inner, outer = Head(COMPANY[0].shape), Head(COMPANY[1].shape)
    mixed = eased(inner, outer)
    outline = list(mesh.FACE_OVAL)
    assert np.allclose(mixed[outline], outer.control[outline], atol=0.01)
    assert np.allclose(mixed[cage().skull], outer.control[cage().skull], atol=0.01)
    for core in (4, 13, 133, 362):
        assert np.allclose(mixed[core], inner.control[core], atol=0.02)
    assert np.abs(inner.control[4] - outer.control[4]).max() > 0.2, (
        "the two noses differ, so the test can fail"
    )


def test_fine_vertices_begin_with_the_landmarks() -> None:
    shared = template()
    assert shared.fine.shape[0] == shared.triangles.max() + 1
    smooth = shared.fine @ shared.sharpened(shared.cage.vertices)
    apart = np.linalg.norm(
        smooth[: mesh.SKIN_VERTEX_COUNT] - shared.cage.vertices[: mesh.SKIN_VERTEX_COUNT], axis=1
    )
    assert np.median(apart) < 0.05
