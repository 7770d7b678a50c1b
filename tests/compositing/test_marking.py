"""The mark of previews: across every face, whatever the head does, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from understudy.compositing.marking import mark
from understudy.geometry import mesh


def face(centre: tuple[float, float], height: float, roll: float = 0.0) -> np.ndarray:
    """Landmarks of a face seen from the front."""
    points = mesh.canonical_face()[:, :2].astype(float)
    points -= (points.min(0) + points.max(0)) / 2
    points *= height / np.ptp(points[:, 1])
    turn = np.deg2rad(roll)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    count = 478 - len(points)
    return np.pad(points @ rotation.T + centre, ((0, count), (0, 0)), "edge")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("roll", [0.0, 40.0, -100.0, 180.0])
def test_every_skin_is_marked_legibly(dtype, shade, roll) -> None:
    top = np.iinfo(dtype).max
    image = np.full((240, 320, 3), shade * top, dtype)
    marked = mark(image, [face((160, 120), 150, roll)])
    assert marked.dtype == dtype
    inside = marked[60:180, 100:220].astype(float) / top
    assert np.percentile(inside, 98) - np.percentile(inside, 2) > 0.3
    assert (image == np.full_like(image, shade * top)).all(), "the image itself is not to be written to"


def test_it_crosses_the_face_and_leaves_the_rest() -> None:
    image = np.full((300, 300, 3), 128, np.uint8)
    changed = (mark(image, [face((150, 150), 120)]) != image).any(-1)
    assert changed[150].sum() > 100
    assert changed[140:160, 140:160].all()
    assert not changed[:40].any()
    assert not changed[260:].any()


def test_alpha_stays() -> None:
    image = np.full((100, 100, 4), 77, np.uint8)
    marked = mark(image, [face((50, 50), 60)])
    assert (marked[..., 3] == 77).all()
    assert (marked[..., :3] != 77).any()


@pytest.mark.parametrize("centre", [(0, 0), (99, 50), (50, -20), (-500, -500), (1000, 20)])
def test_faces_at_the_edge_or_outside(centre) -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    assert mark(image, [face(centre, 60)]).shape == image.shape


def test_nobody_is_no_mark() -> None:
    image = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
    assert np.array_equal(mark(image, []), image)
