from pathlib import Path

import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.faces.people import identity
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine

needs_extra = pytest.mark.skipif(not identity.available(), reason="the identity extra is not installed")

# Where dlib's own 5-point alignment puts the outer and inner corners of the left and the right eye, on the
# 150-pixel chip with a quarter of padding.
CHIP_POINTS = {263: (110.96, 46.35), 362: (89.61, 47.90), 33: (37.06, 46.37), 133: (58.41, 47.91)}


def _face(scale: float = 1.0, angle: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Landmarks whose corners and nose base lie exactly in dlib's mean shape, turned, scaled and moved."""
    points = mesh.canonical_face().copy()
    for index, place in (*CHIP_POINTS.items(), (2, (74.01, 87.78))):
        points[index, :2] = place
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points[:, :2] = points[:, :2] @ turn.T + shift
    return points


@pytest.mark.parametrize(("scale", "angle"), [(1.0, 0.0), (3.0, 0.5), (0.4, -1.2)])
def test_the_chip_is_aligned_as_dlib_aligns_it(scale: float, angle: float) -> None:
    points = _face(scale, angle, (40, 70))
    on_chip = apply_affine(identity.to_chip(points), points[:, :2])
    for index, place in CHIP_POINTS.items():
        np.testing.assert_allclose(on_chip[index], place, atol=0.02)


def test_a_chip_shows_the_face_whatever_the_scale_of_the_frame() -> None:
    y, x = np.mgrid[:600, :800]
    picture = np.stack([x / 800, y / 600, (x + y) / 1400], axis=-1)
    for image in ((picture * 255).astype(np.uint8), (picture * 65535).astype(np.uint16)):
        chip = identity.chip(image, _face(3.0, 0.0, (150, 50)))
        assert chip.shape == (150, 150, 3)
        assert chip.dtype == np.uint8
        x_at, y_at = 110.96 * 3 + 150, 46.35 * 3 + 50
        np.testing.assert_allclose(
            chip[46, 111] / 255, (x_at / 800, y_at / 600, (x_at + y_at) / 1400), atol=0.01
        )


def test_without_the_extra_the_user_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "model_path", lambda: None)
    identity._network.cache_clear()
    assert not identity.available()
    with pytest.raises(BadInputError, match=r"pip install 'understudy\[identity\]'"):
        identity.embed(np.zeros((200, 200, 3), np.uint8), _face())


@needs_extra
def test_an_embedding_is_128_numbers_and_depends_on_the_picture_alone() -> None:
    identity._network.cache_clear()
    chips = np.random.default_rng(0).integers(0, 255, (2, 150, 150, 3), dtype=np.uint8)
    both = identity.embed_chips(chips)
    assert both.shape == (2, 128)
    assert both.dtype == np.float32
    np.testing.assert_allclose(identity.embed_chips(chips[1:])[0], both[1], atol=1e-6)
    assert identity.embed_chips(chips[:0]).shape == (0, 128)


@pytest.mark.footage
@needs_extra
def test_one_person_is_near_himself_and_far_from_others(footage: Path) -> None:
    from mediapipe.python.solutions.face_mesh import FaceMesh

    from understudy.media import open_clip

    men = {"bbaf2n.mpg": "A", "s1_test_video.mp4": "A", "pwij3p.mpg": "G", "id2_vcd_swwp2s.mpg": "G"}
    found = {}
    with FaceMesh(static_image_mode=True, refine_landmarks=True) as landmarker:
        for name in men:
            with open_clip(footage / "grid-lowres" / name) as clip:
                image = clip.read(30).image
            height, width = image.shape[:2]
            [face] = landmarker.process(np.ascontiguousarray(image)).multi_face_landmarks
            points = np.array([(p.x * width, p.y * height, p.z * width) for p in face.landmark])
            found[name] = identity.embed(image, points)
    for one in men:
        for other in men:
            distance = np.linalg.norm(found[one] - found[other])
            assert (distance < identity.SAME_PERSON) == (men[one] == men[other]), (one, other, distance)
