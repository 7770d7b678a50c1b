import cv2
import numpy as np
import pytest

from understudy.compositing.hair import foreign_hair
from understudy.compositing.light import Shading
from understudy.geometry import mesh

SIZE = 240
FACE = mesh.canonical_face() * 110 + (120, 95, 0)
MATTE = np.ones((SIZE, SIZE), np.float32)
BROWS = FACE[list(mesh.LEFT_BROW + mesh.RIGHT_BROW), :2]
LOCK = ((120, 32), (180, 48))
"""Over the forehead, above the left brow."""


@pytest.fixture(scope="module")
def shading() -> Shading:
    return Shading.of(FACE, np.eye(2, 3), SIZE, SIZE)


def skin(lock: bool = False) -> np.ndarray:
    picture = np.full((SIZE, SIZE, 3), (0.7, 0.55, 0.45), np.float32)
    cv2.polylines(picture, [BROWS.astype(np.int32)], False, (0.1, 0.08, 0.06), 3)
    if lock:
        cv2.line(picture, *LOCK, (0.08, 0.06, 0.05), 8)
    return picture


def test_bare_foreheads_have_no_hair(shading: Shading) -> None:
    assert foreign_hair(skin(), skin(), MATTE, shading) is None


def test_skin_that_is_a_little_darker_is_not_hair(shading: Shading) -> None:
    assert foreign_hair(skin(), skin() * np.float32(0.8), MATTE, shading) is None


@pytest.mark.parametrize("whose", ["plate", "likeness"])
def test_a_lock_is_found_whoever_has_it(shading: Shading, whose) -> None:
    hair = foreign_hair(skin(whose == "plate"), skin(whose == "likeness"), MATTE, shading)
    assert hair is not None
    assert hair[32:49, 120:181].max() > 0.95
    assert hair[40, 150] > 0.9
    assert hair[40, 70] == 0


def test_eyes_mouth_and_cheeks_are_left_alone(shading: Shading) -> None:
    dark = np.full((SIZE, SIZE, 3), 0.02, np.float32)
    hair = foreign_hair(skin(), dark, MATTE, shading)
    assert hair is not None
    assert hair.min() >= 0
    assert hair.max() <= 1
    for vertex in (4, 13, 50, 280, 33, 263, *mesh.LEFT_BROW, *mesh.RIGHT_BROW):
        x, y = FACE[vertex, :2].round().astype(int)
        assert hair[y, x] < 0.35
    assert hair[int(FACE[13, 1]), int(FACE[13, 0])] == 0


def test_without_a_matte_there_is_nothing_to_see(shading: Shading) -> None:
    assert foreign_hair(skin(), skin(True), MATTE * 0, shading) is None
