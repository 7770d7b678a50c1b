import cv2
import numpy as np
import pytest

from tests.measures.known_pictures import faces, noise
from understudy.geometry import mesh
from understudy.measures.mouth import detail_over, mouth_detail
from understudy.measures.picture import region_matte

SIZE = 600


def face(opening: float = 0.3) -> np.ndarray:
    """One face, 100 pixels between the eyes, whose lower lip hangs by that part of it."""
    (points,) = faces()
    points[list(mesh.LIP_LOWER_INNER[1:-1]), 1] += 100 * opening
    points[list(mesh.LIPS_OUTER[:10]), 1] += 100 * opening
    return points


def picture(sigma: float = 0.05, brightness: float = 0.5) -> np.ndarray:
    return np.full((SIZE, SIZE, 3), brightness, np.float32) + noise(3, sigma, SIZE)


def test_the_detail_of_noise_is_its_deviation_times_what_the_two_bands_let_through():
    # differences of Gaussians: 1 - 2 / (2 pi) + 1 / (4 pi), and 1 / (4 pi) + 1 / (16 pi) - 2 / (10 pi)
    bands = (1 - 3 / (4 * np.pi)) + (5 / (16 * np.pi) - 2 / (10 * np.pi))
    assert mouth_detail(picture(0.05), face()) == pytest.approx(0.05 * np.sqrt(bands) / 0.5, rel=0.06)


def test_exposure_does_not_count_and_blur_does():
    sharp = picture()
    assert mouth_detail(0.6 * sharp, face()) == pytest.approx(mouth_detail(sharp, face()), rel=1e-4)
    assert mouth_detail(cv2.GaussianBlur(sharp, (0, 0), 2), face()) < 0.2 * mouth_detail(sharp, face())


def test_only_what_is_between_the_lips_counts():
    inside = region_matte(face(), SIZE, SIZE, "inner mouth")[..., None]
    beside = np.where(cv2.dilate(inside[..., 0], np.ones((31, 31)))[..., None] > 0, 0.5, picture())
    assert mouth_detail(beside.astype(np.float32), face()) == pytest.approx(0, abs=1e-6)


def test_a_closed_mouth_shows_nothing():
    assert np.isnan(mouth_detail(picture(), face(opening=0.0)))


def test_a_mouth_too_small_to_see_into_shows_nothing():
    assert np.isnan(mouth_detail(picture()[:60, :60], face(0.1) * 0.1))


def test_detail_is_compared_at_the_same_opening():
    openings = np.array([0.1, 0.4, 0.1])
    own_openings = np.repeat([0.1, 0.4], 5)
    own = np.repeat([0.02, 0.05], 5)
    found = detail_over(np.array([0.01, 0.05, np.nan]), openings, own, own_openings)
    assert found[:2] == pytest.approx([0.5, 1.0])
    assert np.isnan(found[2])


def test_a_likeness_that_never_opens_its_mouth_says_nothing():
    assert np.isnan(detail_over(np.ones(3), np.ones(3), np.full(4, np.nan), np.zeros(4))).all()
    assert np.isnan(detail_over(np.ones(3), np.ones(3), np.zeros(0), np.zeros(0))).all()
