from collections import Counter

import numpy as np
import pytest

from understudy.geometry import mesh

TRIANGLE_SETS = {
    "skin": (mesh.skin_triangles, 852),
    "mouth": (mesh.mouth_triangles, 18),
    "eyes": (mesh.eye_triangles, 28),
    "face": (mesh.face_triangles, 898),
}
RINGS = {
    "oval": mesh.FACE_OVAL,
    "lips outside": mesh.LIPS_OUTER,
    "lips inside": mesh.LIPS_INNER,
    "right eye": mesh.RIGHT_EYE,
    "left eye": mesh.LEFT_EYE,
}


def directed_edges(triangles: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter(
        (int(a), int(b))
        for triangle in triangles
        for a, b in zip(triangle, np.roll(triangle, -1), strict=True)
    )


def borders(triangles: np.ndarray) -> list[set[int]]:
    """The vertices of every closed line that bounds the surface."""
    edges = directed_edges(triangles)
    after = {a: b for a, b in edges if (b, a) not in edges}
    rings = []
    while after:
        first, vertex = after.popitem()
        ring = {first}
        while vertex != first:
            ring.add(vertex)
            vertex = after.pop(vertex)
        rings.append(ring)
    return rings


def signed_areas(triangles: np.ndarray) -> np.ndarray:
    corners = mesh.canonical_face()[triangles, :2]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]


@pytest.mark.parametrize("name", TRIANGLE_SETS)
def test_triangles_are_whole_and_shared_safely(name: str) -> None:
    make, count = TRIANGLE_SETS[name]
    triangles = make()
    assert triangles.shape == (count, 3)
    assert triangles.min() >= 0
    assert triangles.max() < mesh.SKIN_VERTEX_COUNT
    assert all(len(set(triangle)) == 3 for triangle in triangles.tolist())
    with pytest.raises(ValueError, match="read-only"):
        triangles[0, 0] = 1


@pytest.mark.parametrize("name", ["skin", "eyes"])
def test_every_triangle_faces_the_camera(name: str) -> None:
    assert signed_areas(TRIANGLE_SETS[name][0]()).min() > 0


def test_the_surface_is_wound_one_way_and_has_no_fold() -> None:
    """Each edge is walked at most once in each direction, as on any orientable surface."""
    assert max(directed_edges(mesh.face_triangles()).values()) == 1


def test_every_skin_vertex_is_used() -> None:
    assert set(mesh.skin_triangles().ravel()) == set(range(mesh.SKIN_VERTEX_COUNT))


def test_the_skin_ends_at_oval_eyes_and_mouth() -> None:
    expected = [set(RINGS[name]) for name in ("oval", "lips inside", "right eye", "left eye")]
    found = borders(mesh.skin_triangles())
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


def test_the_face_has_no_hole() -> None:
    assert borders(mesh.face_triangles()) == [set(mesh.FACE_OVAL)]


@pytest.mark.parametrize("name", RINGS)
def test_rings_follow_edges_of_the_mesh(name: str) -> None:
    ring = RINGS[name]
    assert len(set(ring)) == len(ring)
    edges = directed_edges(mesh.face_triangles())
    steps = zip(ring, (*ring[1:], ring[0]), strict=True)
    assert all((a, b) in edges or (b, a) in edges for a, b in steps)


def test_the_oval_goes_clockwise_from_the_top() -> None:
    face = mesh.canonical_face()
    oval = face[list(mesh.FACE_OVAL), :2]
    following = np.roll(oval, -1, axis=0)
    assert (oval[:, 0] * following[:, 1] - following[:, 0] * oval[:, 1]).sum() > 0
    assert mesh.FACE_OVAL[0] == face[: mesh.SKIN_VERTEX_COUNT, 1].argmin()


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (mesh.LIP_UPPER_INNER, mesh.LIP_LOWER_INNER),
        (mesh.RIGHT_LID_UPPER, mesh.RIGHT_LID_LOWER),
        (mesh.LEFT_LID_UPPER, mesh.LEFT_LID_LOWER),
    ],
)
def test_edges_that_close_are_paired(upper: tuple[int, ...], lower: tuple[int, ...]) -> None:
    face = mesh.canonical_face()
    above, below = face[list(upper)], face[list(lower)]
    assert (upper[0], upper[-1]) == (lower[0], lower[-1])
    assert (above[1:-1, 1] < below[1:-1, 1]).all()
    width = np.ptp(above[:, 0])
    assert np.abs(above[:, 0] - below[:, 0]).max() < 0.12 * width


def test_mirroring_twice_changes_nothing() -> None:
    index = mesh.mirror_index()
    assert np.array_equal(index[index], np.arange(mesh.VERTEX_COUNT))
    assert np.allclose(mesh.canonical_face()[index] * (-1, 1, 1), mesh.canonical_face())


@pytest.mark.parametrize(
    ("right", "left"),
    [
        (mesh.RIGHT_EYE, mesh.LEFT_EYE),
        (mesh.RIGHT_BROW, mesh.LEFT_BROW),
        (mesh.RIGHT_IRIS, mesh.LEFT_IRIS),
        (mesh.RIGHT_EYE_CORNERS, mesh.LEFT_EYE_CORNERS),
        (mesh.FACE_OVAL, mesh.FACE_OVAL),
        (mesh.LIPS_INNER, mesh.LIPS_INNER),
        (mesh.STABLE, mesh.STABLE),
    ],
)
def test_places_come_in_pairs(right: tuple[int, ...], left: tuple[int, ...]) -> None:
    assert set(mesh.mirror_index()[list(right)]) == set(left)
    if right != left:
        assert mesh.canonical_face()[list(right), 0].max() < 0


def test_the_canonical_face_stands_on_its_eyes() -> None:
    face = mesh.canonical_face()
    right, left = face[33], face[263]
    assert np.linalg.norm(left - right) == pytest.approx(1.0, abs=1e-4)
    assert np.allclose((left + right) / 2, 0.0, atol=1e-4)
    assert face[4, 2] < face[list(mesh.FACE_OVAL), 2].min()  # the nose is nearer than the outline


def test_the_way_along_the_skin_goes_round_holes() -> None:
    distance = mesh.skin_distance()
    straight = np.linalg.norm(
        mesh.canonical_face()[:, None, :2] - mesh.canonical_face()[None, :, :2], axis=-1
    )
    skin = slice(0, mesh.SKIN_VERTEX_COUNT)
    assert np.allclose(distance, distance.T)
    assert (distance >= straight - 1e-9).all()
    edges = mesh.skin_triangles()[:, :2]
    assert np.allclose(distance[edges[:, 0], edges[:, 1]], straight[edges[:, 0], edges[:, 1]])
    assert np.isfinite(distance[skin, skin]).all()
    assert np.isinf(distance[skin, mesh.SKIN_VERTEX_COUNT :]).all()
    assert straight[13, 14] < 0.01
    assert distance[13, 14] > 2 * straight[13, 78]


def test_texture_coordinates_stay_inside_their_margin() -> None:
    uv = mesh.canonical_uv()
    assert uv.shape == (mesh.VERTEX_COUNT, 2)
    assert np.allclose(uv.min(0), 0.02)
    assert np.allclose(uv.max(0), 0.98)


def test_the_unrolled_face_does_not_fold_over() -> None:
    """Nearly all of the skin keeps its winding in the texture; only the nostrils tuck under the nose."""
    corners = mesh.canonical_uv()[mesh.skin_triangles()]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]
    assert area[area < 0].sum() > -1e-3 * area.sum()
