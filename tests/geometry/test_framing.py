import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.posed_faces import Act, posed, somebody
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import UNIT, Framing, aligned_matrix

FRAMINGS = list(Framing)
SIDES = {
    Framing.HALF: 1.0,
    Framing.MID_FULL: 1 + 2 * np.sqrt(2) * 0.0675,
    Framing.FULL: 1 + 2 * np.sqrt(2) * 0.2109375,
    Framing.WHOLE: 1 + 2 * np.sqrt(2) * 0.40,
    Framing.HEAD: 1 + 2 * np.sqrt(2) * 0.70,
}


def moved(points: np.ndarray, scale: float, angle: float, shift: tuple[float, float]) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    out = scale * points
    out[:, :2] = points[:, :2] @ np.array([[c, s], [-s, c]]) + shift
    return out


@pytest.mark.parametrize("framing", FRAMINGS)
@given(
    scale=st.floats(5, 2000),
    angle=st.floats(-np.pi, np.pi),
    shift=st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)),
)
def test_wherever_a_face_is_its_crop_is_the_same(framing, scale, angle, shift) -> None:
    here = mesh.canonical_face().copy()
    there = moved(here, scale, angle, shift)
    one = apply_affine(aligned_matrix(here, 128, framing), here)[:, :2]
    other = apply_affine(aligned_matrix(there, 128, framing), there)[:, :2]
    assert np.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(("framing", "side"), SIDES.items())
def test_the_sides_are_deepfacelabs(framing, side) -> None:
    matrix = aligned_matrix(mesh.canonical_face(), 100, framing)
    assert np.linalg.det(matrix[:, :2]) == pytest.approx((100 / (side * UNIT)) ** 2, rel=2e-3)


def test_the_middle_of_the_unit_square_is_the_middle_of_the_crop() -> None:
    """Pixel centres lie at integers: the middle of 100 pixels is 49.5; whole and head are moved up."""
    for framing, rise in ((Framing.HALF, 0.0), (Framing.WHOLE, 0.07), (Framing.HEAD, 0.5)):
        matrix = aligned_matrix(mesh.canonical_face(), 100, framing)
        middle = apply_affine(matrix, np.array([[0.0, 0.385 - rise * UNIT]]))[0]
        assert np.allclose(middle, 49.5, atol=1e-9)


def test_crops_of_all_sizes_show_the_same_square() -> None:
    face = moved(mesh.canonical_face().copy(), 70, 0.3, (200, 100))
    for framing in FRAMINGS:
        small, large = (apply_affine(aligned_matrix(face, n, framing), face)[:, :2] for n in (64, 512))
        assert np.allclose((small + 0.5) * 8, large + 0.5)


def test_a_stack_is_framed_one_by_one() -> None:
    faces = np.stack([posed(somebody(), Act(yaw=yaw), 60, (90, 80)) for yaw in (-30, 0, 20)])
    for framing in FRAMINGS:
        matrices = aligned_matrix(faces, 96, framing)
        assert matrices.shape == (3, 2, 3)
        for face, matrix in zip(faces, matrices, strict=True):
            assert np.allclose(aligned_matrix(face, 96, framing), matrix)


def test_what_a_face_does_does_not_move_its_crop() -> None:
    calm, loud = (
        posed(somebody(), act, 80, (100, 100)) for act in (Act(), Act(mouth=0.3, blink=1.0, gaze=(0.05, 0)))
    )
    for framing in FRAMINGS:
        assert np.allclose(aligned_matrix(calm, 128, framing), aligned_matrix(loud, 128, framing), atol=1e-9)


@pytest.mark.parametrize("yaw", [-50, -25, 0, 25, 50])
@pytest.mark.parametrize("pitch", [-25, 0, 25])
def test_engines_see_the_whole_face(yaw, pitch) -> None:
    face = posed(somebody(), Act(yaw=yaw, pitch=pitch, roll=20, mouth=0.2), 80, (100, 100))
    seen = apply_affine(aligned_matrix(face, 128), face)[:, :2]
    assert seen.min() > 0
    assert seen.max() < 127


def test_a_turned_head_is_followed_to_its_back() -> None:
    """Turned to the picture's right, a head reaches farther to the left of its face."""

    def nose(yaw: float, framing: Framing) -> float:
        face = posed(somebody(), Act(yaw=yaw), 80, (100, 100))
        return float(apply_affine(aligned_matrix(face, 128, framing), face)[4, 0])

    for yaw in (30, -30):
        further = nose(yaw, Framing.HEAD) - 63.5
        unfollowed = (nose(yaw, Framing.WHOLE) - 63.5) * 2.131 / 2.980
        assert np.sign(further - unfollowed) == np.sign(yaw)
    assert nose(0, Framing.HEAD) == pytest.approx(63.5, abs=1e-6)
