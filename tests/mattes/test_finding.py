"""Mattes that were found: steady in time, and told as occluders are."""

from __future__ import annotations

import numpy as np

from understudy.faces.occlusion.solving import Occlusion
from understudy.mattes.finding import occlusion, steadied

_NUMBERS = np.arange(9)


def _passing() -> np.ndarray:
    """A bar that goes through a square of 16, two pixels a frame."""
    cover = np.zeros((9, 16, 16), np.uint8)
    for k in range(9):
        cover[k, :, max(0, 2 * k - 6) : 2 * k] = 255
    return cover


def test_what_passes_stays_as_it_is() -> None:
    cover = _passing()
    np.testing.assert_array_equal(steadied(cover, _NUMBERS), cover)


def test_what_comes_for_two_frames_goes_and_what_goes_for_two_stays() -> None:
    cover = _passing()
    cover[:, 10:] = 0
    cover[:, 12] = 255
    flickering = cover.copy()
    flickering[2:4, 11, 3] = 255
    flickering[4:6, 12, 9] = 0
    np.testing.assert_array_equal(steadied(flickering, _NUMBERS), cover)


def test_frames_beyond_a_gap_have_no_say() -> None:
    cover = np.zeros((6, 4, 4), np.uint8)
    cover[3:] = 200
    steady = steadied(cover, np.array([0, 1, 2, 30, 31, 32]))
    np.testing.assert_array_equal(steady, cover)


def test_faint_covers_are_none() -> None:
    cover = np.zeros((3, 8, 8), np.uint8)
    cover[0] = 100  # nowhere certain
    cover[1, 2, 2], cover[1, 4, 4] = 200, 20
    found = occlusion(cover, np.zeros((3, 2, 3)))
    assert found.slot.tolist() == [-1, 0, -1]
    face = found.of_face(1)
    assert face is not None
    assert face[2, 2] == 200
    assert face.sum() == 200


def test_what_was_found_without_training_is_added_where_it_is() -> None:
    """The other square has twice the scale and another corner."""
    ours = np.array([[[0.5, 0.0, 1.0], [0.0, 0.5, 0.0]]])
    theirs = np.array([[[1.0, 0.0, -2.0], [0.0, 1.0, -4.0]]])
    maps = np.zeros((1, 32, 32), np.uint8)
    maps[0, 8:16, 10:14] = 255  # frame x 12 to 15, y 12 to 19: 7 to 8.5 and 6 to 9.5 in ours
    found = occlusion(np.zeros((1, 16, 16), np.uint8), ours, Occlusion(np.zeros(1, np.int32), theirs, maps))
    face = found.of_face(0)
    assert face is not None
    assert face[6:10, 7:9].min() == 255
    assert face[:5].max() == face[11:].max() == face[:, :6].max() == 0
