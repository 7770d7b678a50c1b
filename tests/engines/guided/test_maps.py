"""What a face should show, as maps: at known places of a face whose mesh is known."""

import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.engines.guided import maps
from understudy.engines.guided.lessons import mirrored
from understudy.geometry import mesh

SIZE = 128
LIGHT = np.tile(np.arange(SIZE, dtype=np.uint8), (SIZE, 1))


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return posed(somebody(1.0, 1.0), Act(mouth=0.2), 45.0, (64.0, 48.0))


@pytest.fixture(scope="module")
def shows(points) -> np.ndarray:
    return maps.geometry_maps(points, SIZE, LIGHT)


def at(shows: np.ndarray, place: np.ndarray) -> np.ndarray:
    column, row = np.round(place[:2]).astype(int)
    return shows[row, column] / 127.5 - 1


def test_outside_the_face_nothing_is_shown(shows) -> None:
    assert (shows[2, 2, maps.COVER : maps.COUNT - 1] == 0).all()


def test_light_is_shown_as_it_is_given(shows) -> None:
    np.testing.assert_array_equal(shows[..., -1], LIGHT)


def test_the_maps_of_a_mirrored_face_are_mirrored_maps(shows, points) -> None:
    other = maps.geometry_maps(mirrored(points.astype(np.float32), SIZE), SIZE, LIGHT[:, ::-1])
    wanted = shows[:, ::-1].astype(int)
    wanted[..., list(maps.SIDEWAYS)] = 255 - wanted[..., list(maps.SIDEWAYS)]
    shown = (wanted[..., maps.COVER] > 0) & (other[..., maps.COVER] > 0)
    assert shown.mean() > 0.2
    assert np.quantile(np.abs(other.astype(int) - wanted)[shown], 0.99) <= 8


def test_a_nose_faces_the_camera_and_cheeks_their_sides(shows, points) -> None:
    assert at(shows, points[4])[2] < -0.7
    right, left = at(shows, points[123])[0], at(shows, points[352])[0]
    assert right < -0.1 < 0.1 < left
    assert right == pytest.approx(-left, abs=0.15)


def test_places_on_the_face_are_those_of_the_unrolled_mesh(shows, points) -> None:
    for vertex in (4, 151, 205, 425):
        wanted = 2 * mesh.canonical_uv()[vertex] - 1
        np.testing.assert_allclose(at(shows, points[vertex])[3:5], wanted, atol=0.05)


def test_eyes_irises_and_the_open_mouth_are_where_they_are(shows, points) -> None:
    mouth = (points[13] + points[14]) / 2
    assert at(shows, mouth)[maps.MOUTH] > 0.8
    assert at(shows, mouth)[maps.EYES] < -0.9
    iris = at(shows, points[mesh.RIGHT_IRIS[0]])
    assert iris[maps.EYES] > 0.6
    assert iris[8] > 0.6
    corner = at(shows, 0.8 * points[33] + 0.2 * points[133])
    assert corner[8] < 0.0


def test_features_are_eyes_and_mouth_and_the_face_ends_inside_its_rim(shows, points) -> None:
    def at_vertex(picture: np.ndarray, vertex: int) -> int:
        column, row = np.round(points[vertex, :2]).astype(int)
        return int(picture[row, column])

    features, face = maps.feature_mask(shows), maps.face_mask(shows)
    for vertex in (mesh.LEFT_IRIS[0], mesh.RIGHT_IRIS[0], 13, 14):
        assert at_vertex(features, vertex) > 200
    for vertex in (4, 151, 205, 152):
        assert at_vertex(features, vertex) < 10
    assert at_vertex(face, 4) == 255
    assert max(at_vertex(face, vertex) for vertex in mesh.FACE_OVAL) < 128
    assert features[2, 2] == face[2, 2] == 0
