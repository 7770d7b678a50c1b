import numpy as np
import pytest

from tests.filmed_takes import filmed
from tests.posed_faces import Act, complexion, portrait, posed, somebody
from understudy.engines.aligned import ROOM, AlignedView
from understudy.engines.base import PlateFace
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine, invert_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.matte import face_matte

SIZE = 96
ACTS = [Act(), Act(yaw=15, roll=10, mouth=0.1), Act(pitch=8, roll=-20)]
TAKE = filmed(somebody(), complexion((0.8, 0.6, 0.5), 0), ACTS, size=50.0)


def face(row: int, margin: float = ROOM) -> PlateFace:
    box = TAKE.box(row, margin)
    return PlateFace(row, (TAKE.pictures[row][box.rows, box.columns] / 255.0).astype(np.float32), box.to_crop)


@pytest.mark.parametrize("row", range(len(ACTS)))
def test_what_is_put_back_unchanged_lies_where_it_was(row) -> None:
    one = face(row)
    view = AlignedView.of(one, TAKE.faces.landmarks[row], SIZE)
    back = view.placed(view.seen(one.image))
    assert back.shape == one.image.shape
    points = apply_affine(one.to_crop, TAKE.faces.landmarks[row])
    inside = face_matte(points, *one.image.shape[:2]) > 0.99
    assert np.abs(back - one.image)[inside].mean() < 0.012
    assert np.abs(np.roll(back, 2, axis=1) - one.image)[inside].mean() > 0.03


def test_the_square_is_the_one_that_is_learned_from() -> None:
    one = face(1)
    view = AlignedView.of(one, TAKE.faces.landmarks[1], SIZE, Framing.FULL)
    landmarks = TAKE.faces.landmarks[1]
    wanted = apply_affine(aligned_matrix(landmarks, SIZE, Framing.FULL), landmarks)
    assert np.allclose(apply_affine(view.to_square, apply_affine(one.to_crop, landmarks)), wanted)


def test_with_its_room_a_crop_fills_the_square() -> None:
    """Up to the corners of a square that is turned."""
    for row in range(len(ACTS)):
        one = face(row)
        view = AlignedView.of(one, TAKE.faces.landmarks[row], SIZE)
        middle, end = (SIZE - 1) / 2, SIZE - 1
        sides = np.array([(0, middle), (end, middle), (middle, 0), (middle, end)])
        places = apply_affine(invert_affine(view.to_square), sides)
        assert places.min() >= 0
        assert (places <= np.array(one.image.shape[1::-1]) - 1).all()


def test_the_matte_of_a_mesh() -> None:
    points = posed(somebody(), Act(yaw=20), 40, (50, 40))
    matte = face_matte(points, 100, 120)
    assert matte.shape == (100, 120)
    assert matte.min() == 0
    assert matte.max() == 1
    drawn = portrait(points, np.ones((mesh.VERTEX_COUNT, 3)), 100, 120)[..., 0] > 0.5
    assert (np.abs(matte - drawn) > 0.6).mean() < 0.03
    for vertex in (10, 4, 159, 13, 152):
        x, y = np.round(0.9 * points[vertex, :2] + 0.1 * points[4, :2]).astype(int)
        assert matte[y, x] > 0.99
