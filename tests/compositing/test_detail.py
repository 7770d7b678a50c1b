import cv2
import numpy as np
import pytest

from tests.posed_faces import Act, complexion, portrait, posed, somebody
from understudy.compositing.detail import (
    Detail,
    add_grain,
    edge_sharpness,
    match,
    measure,
    noise_level,
)

SIZE = 320
IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
FACE = posed(somebody(), Act(), 130, (160, 125))
ALL = np.ones((SIZE, SIZE), np.float32)


@pytest.fixture(scope="module")
def sharp() -> np.ndarray:
    """A face with features, hard stripes over it for edges, as a lens of about half a pixel sees it."""
    picture = portrait(FACE, complexion((0.7, 0.5, 0.4), 1), SIZE, SIZE)
    ys, xs = np.mgrid[:SIZE, :SIZE]
    picture[(xs // 9 + ys // 9) % 2 == 0] *= 0.6
    return cv2.GaussianBlur(picture, (0, 0), 0.5)


@pytest.mark.parametrize("sigma", [0.7, 1.1, 1.8])
def test_a_known_blur_is_found(sharp: np.ndarray, sigma: float) -> None:
    found = measure(cv2.GaussianBlur(sharp, (0, 0), sigma), sharp, ALL, FACE, IDENTITY)
    assert found.blur == pytest.approx(sigma, rel=0.1)
    assert found.sharpen == 0


def test_equal_pictures_want_nothing(sharp: np.ndarray) -> None:
    found = measure(sharp, sharp, ALL, FACE, IDENTITY)
    assert (found.blur, found.sharpen) == (0.0, 0.0)
    assert found.grain < 1e-3


def test_blurring_brings_sharpness_to_the_plate(sharp: np.ndarray) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    plate = cv2.GaussianBlur(sharp, (0, 0), 1.4)
    matched = match(sharp, measure(plate, sharp, ALL, FACE, IDENTITY))
    wanted, got = (edge_sharpness(picture[..., 1], everywhere) for picture in (plate, matched))
    assert got == pytest.approx(wanted, rel=0.03)


def test_sharpening_goes_towards_the_plate_and_not_past_it(sharp: np.ndarray) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    likeness = cv2.GaussianBlur(sharp, (0, 0), 0.6)
    matched = match(likeness, measure(sharp, likeness, ALL, FACE, IDENTITY))
    before, got, wanted = (edge_sharpness(p[..., 1], everywhere) for p in (likeness, matched, sharp))
    assert before + 0.02 < got < wanted


def test_a_softer_likeness_is_sharpened_and_not_blurred(sharp: np.ndarray) -> None:
    found = measure(sharp, cv2.GaussianBlur(sharp, (0, 0), 1.0), ALL, FACE, IDENTITY)
    assert found.sharpen > 0.1
    assert found.blur == 0


@pytest.mark.parametrize("sigma", [0.008, 0.02])
def test_known_grain_is_found(sigma: float) -> None:
    smooth = portrait(FACE, complexion((0.7, 0.5, 0.4), 1), SIZE, SIZE)
    smooth = cv2.GaussianBlur(smooth, (0, 0), 1.5)
    noise = np.random.default_rng(3).standard_normal((SIZE, SIZE, 1)).astype(np.float32)
    found = measure(smooth + sigma * noise, smooth, ALL, FACE, IDENTITY)
    assert found.grain == pytest.approx(sigma, rel=0.15)


def test_grain_that_the_likeness_has_is_not_added_again() -> None:
    smooth = cv2.GaussianBlur(portrait(FACE, complexion((0.7, 0.5, 0.4), 1), SIZE, SIZE), (0, 0), 1.5)
    noise = np.random.default_rng(4).standard_normal((2, SIZE, SIZE, 1)).astype(np.float32)
    found = measure(smooth + 0.015 * noise[0], smooth + 0.015 * noise[1], ALL, FACE, IDENTITY)
    assert found.grain < 0.007


def test_a_face_that_hardly_shows_asks_for_nothing(sharp: np.ndarray) -> None:
    soft = cv2.GaussianBlur(sharp, (0, 0), 2.0)
    assert measure(soft, sharp, 0 * ALL, FACE, IDENTITY) == Detail()


@pytest.mark.parametrize("sigma", [0.005, 0.05])
def test_noise_is_told_from_edges(sigma: float) -> None:
    picture = np.zeros((200, 200), np.float32)
    picture[:, 100:] = 0.8
    picture += np.linspace(0, 0.3, 200, dtype=np.float32)[:, None]
    noisy = picture + sigma * np.random.default_rng(5).standard_normal((200, 200)).astype(np.float32)
    everywhere = np.ones((200, 200), bool)
    assert noise_level(noisy, everywhere) == pytest.approx(sigma, rel=0.05)
    assert noise_level(picture, everywhere) < 1e-4


def test_noise_of_a_few_pixels_is_not_judged() -> None:
    picture = np.random.default_rng(6).standard_normal((20, 20)).astype(np.float32)
    few = np.zeros((20, 20), bool)
    few[:7, :9] = True
    assert noise_level(picture, few) == 0.0


def test_sharpness_falls_with_blur(sharp: np.ndarray) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    curve = [
        edge_sharpness(cv2.GaussianBlur(sharp[..., 1], (0, 0), sigma), everywhere)
        for sigma in (0.4, 0.8, 1.2, 2.0, 3.0)
    ]
    assert (np.diff(curve) < 0).all()
    assert curve[-1] > 1.0


def test_no_detail_leaves_the_picture(sharp: np.ndarray) -> None:
    assert np.array_equal(match(sharp, Detail()), sharp)


def test_blurring_spreads_a_point_as_a_gaussian() -> None:
    point = np.zeros((41, 41, 3), np.float32)
    point[20, 20] = 1.0
    spread = match(point, Detail(blur=1.5))[..., 0]
    ys, xs = np.mgrid[-20:21, -20:21]
    assert spread.sum() == pytest.approx(1.0, abs=1e-4)
    assert np.sqrt((spread * xs**2).sum()) == pytest.approx(1.5, rel=0.03)
    assert np.sqrt((spread * ys**2).sum()) == pytest.approx(1.5, rel=0.03)


def test_grain_has_its_strength_under_the_matte_only() -> None:
    plate = np.full((200, 200, 3), 0.5, np.float32)
    matte = np.zeros((200, 200), np.float32)
    matte[:, :80], matte[:, 80:140] = 1.0, 0.5
    noise = add_grain(plate, matte, 0.02, seed=7) - plate
    assert noise[:, :80].std() == pytest.approx(0.02, rel=0.03)
    assert noise[:, 80:140].std() == pytest.approx(0.01, rel=0.03)
    assert not noise[:, 140:].any()
    assert np.allclose(noise[..., 0], noise[..., 1], atol=1e-7)
    assert np.allclose(noise[..., 0], noise[..., 2], atol=1e-7)


def test_the_same_seed_makes_the_same_grain() -> None:
    plate, matte = np.full((50, 60, 3), 0.5, np.float32), np.ones((50, 60), np.float32)
    first, again, other = (add_grain(plate, matte, 0.02, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef((first - plate)[..., 0].ravel(), (other - plate)[..., 0].ravel())[0, 1]) < 0.1


def test_no_grain_changes_nothing() -> None:
    plate = np.random.default_rng(8).uniform(size=(20, 20, 3)).astype(np.float32)
    assert np.array_equal(add_grain(plate, np.ones((20, 20), np.float32), 0.0, 1), plate)
