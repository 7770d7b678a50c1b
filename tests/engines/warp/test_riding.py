from dataclasses import replace

import numpy as np

from tests.filmed_takes import filmed
from tests.posed_faces import Act, complexion, somebody
from understudy.engines.warp.riding import lying_on, ride
from understudy.faces.faceset import Faceset
from understudy.geometry import mesh

FACE = mesh.canonical_face() * 100 + 200
FRAMES = 60
SKIN = [4, 50, 280, 152, 10]


def a_plate(landmarks: np.ndarray) -> Faceset:
    """A track of a face of which only the landmarks count."""
    one = filmed(somebody(), complexion((0.8, 0.6, 0.5), 1), [Act()]).faces
    many = one.select(np.zeros(len(landmarks), int))
    return replace(
        many, landmarks=landmarks.astype(np.float32), frame=np.arange(len(landmarks), dtype=many.frame.dtype)
    )


def swaying(by: float) -> np.ndarray:
    return FACE + by * np.sin(np.linspace(0, 6, FRAMES))[:, None, None] * (1.0, 0.5, 0.0)


def test_a_vertex_on_itself_lies_in_a_corner() -> None:
    corners, shares = lying_on(FACE, FACE)
    assert np.allclose(shares.sum(1), 1.0)
    skin = np.arange(mesh.SKIN_VERTEX_COUNT)
    place = np.einsum("vk,vkd->vd", shares, FACE[corners][..., :2])
    assert np.abs(place - FACE[:, :2])[skin].max() < 1e-6


def test_places_between_vertices_are_told_by_the_corners_around_them() -> None:
    moved = FACE + np.array([3.0, 2.0, 0.0])
    corners, shares = lying_on(FACE, moved)
    place = np.einsum("vk,vkd->vd", shares, FACE[corners][..., :2])
    inside = [50, 280, 205, 425, 4, 151]
    assert np.abs(place - moved[:, :2])[inside].max() < 1e-6
    assert shares.min() >= 0


def test_what_moves_as_the_plate_does_is_left_alone() -> None:
    target = (swaying(8.0) + np.array([2.0, -1.0, 5.0])).astype(np.float32)
    out = ride(target, a_plate(swaying(8.0)), (FACE, FACE))
    assert np.abs(out - target).max() < 1e-3


def test_skin_loses_its_own_trembling_and_keeps_its_place() -> None:
    random = np.random.default_rng(3)
    target = swaying(8.0) + np.array([2.0, -1.0, 0.0])
    trembling = target + random.normal(0, 0.5, (FRAMES, 478, 1))
    out = ride(trembling.astype(np.float32), a_plate(swaying(8.0)), (FACE, FACE))
    left, was = ((each - target)[:, SKIN, :2] for each in (out, trembling))
    assert np.diff(left, axis=0).std() < 0.1 * np.diff(was, axis=0).std()
    assert np.abs(left.mean(0)).max() < 0.3


def test_lids_and_irises_go_their_own_way() -> None:
    target = swaying(0.0)
    lids = [*mesh.RIGHT_EYE, *mesh.LEFT_IRIS]
    target[20:23, lids, 1] += 6.0
    out = ride(target, a_plate(swaying(0.0)), (FACE, FACE))
    assert np.abs(out - target)[:, lids].max() < 1e-4


def test_skin_follows_the_plate_where_it_lies_and_not_the_vertex_of_its_name() -> None:
    """The plate's left cheek trembles; a likeness whose whole face lies a little aside trembles there too."""
    cheek = np.exp(-0.5 * (np.linalg.norm(FACE[:, :2] - FACE[280, :2], axis=1) / 10.0) ** 2)
    plate = FACE + 3.0 * np.sin(np.arange(FRAMES))[:, None, None] * cheek[:, None] * (0.0, 1.0, 0.0)
    beside = FACE + np.array([25.0, 0.0, 0.0])
    out = ride(np.repeat(beside[None], FRAMES, 0), a_plate(plate), (FACE, beside))
    where = np.linalg.norm(beside[:, :2] - FACE[280, :2], axis=1).argmin()
    assert where != 280
    trembles = out[:, :, 1].std(0)
    assert trembles[where] > 0.5 * plate[:, 280, 1].std()
    assert trembles[280] < 0.5 * trembles[where]


def test_tracks_and_gaps_are_not_carried_over() -> None:
    plate = swaying(0.0)
    plate[30:] += (40.0, 0.0, 0.0)
    target = plate + np.array([2.0, 0.0, 0.0])
    target[30:] += (0.0, 3.0, 0.0)
    faces = a_plate(plate)
    for other in (
        replace(faces, track=np.where(np.arange(FRAMES) < 30, 0, 1).astype(faces.track.dtype)),
        replace(faces, frame=(faces.frame + 5 * (np.arange(FRAMES) >= 30)).astype(faces.frame.dtype)),
    ):
        assert np.abs(ride(target, other, (FACE, FACE)) - target).max() < 1e-3
    joined = ride(target, faces, (FACE, FACE))
    assert np.abs(joined - target)[29:31, SKIN, 1].min() > 1.0


def test_a_small_face_does_not_ride() -> None:
    target = (0.5 * swaying(8.0)).astype(np.float32)
    assert ride(target, a_plate(0.5 * swaying(3.0)), (FACE, FACE)) is target
