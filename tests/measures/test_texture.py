import cv2
import numpy as np
import pytest

from tests.measures.known_pictures import disc, noise, textured
from understudy.measures.texture import Grain, GrainMeter, band_energies, sharpness_match

MATTE = disc()


def detailed():
    return textured() + noise(5, 0.03)


def grain(plate, result) -> Grain:
    meter = GrainMeter()
    for ours, theirs in zip(result, plate, strict=True):
        meter.add(theirs, ours, MATTE)
    return meter.read()


def grainy(sigma, count=4, first=0, still=False):
    return [textured() + noise(0 if still else first + i, sigma) for i in range(count)]


def test_the_plate_is_as_sharp_as_itself():
    assert (sharpness_match(detailed(), detailed(), MATTE) == 0).all()


def test_half_the_contrast_is_two_stops_of_energy():
    flat = 0.5 + 0.5 * (detailed() - 0.5)
    assert sharpness_match(flat, detailed(), MATTE) == pytest.approx((-2, -2, -2), abs=1e-3)


def test_blur_takes_from_the_finest_band_most():
    blurred = cv2.GaussianBlur(detailed(), (0, 0), 1.5)
    fine, middle, coarse = sharpness_match(blurred, detailed(), MATTE)
    assert fine < middle < coarse < 0
    assert fine < -3


def test_the_finest_band_of_white_noise():
    # Energy of noise minus its Gaussian blur: sigma² (1 - 2 k0 + sum k²), k the 2-D kernel of sigma 1.
    line = cv2.getGaussianKernel(9, 1.0)[:, 0]
    kernel = np.outer(line, line)
    expected = 0.03**2 * (1 - 2 * kernel[4, 4] + (kernel**2).sum())
    picture = np.repeat(0.5 + noise(3, 0.03, 400), 3, axis=-1)
    assert band_energies(picture, np.ones((400, 400)))[0] == pytest.approx(expected, rel=0.02)


def test_sharpness_without_a_matte_is_unknown():
    assert np.isnan(sharpness_match(detailed(), detailed(), np.zeros_like(MATTE))).all()


def test_the_plate_is_as_grainy_as_itself():
    assert grain(grainy(0.02), grainy(0.02)) == Grain(1.0, 0.0)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_grain_ratio_is_the_ratio_of_the_noise(factor):
    found = grain(grainy(0.02), grainy(0.02 * factor, first=50))
    assert found.ratio == pytest.approx(factor, rel=0.06)
    assert found.frozen == pytest.approx(0, abs=0.05)


def test_frozen_grain_is_told_from_fresh_grain():
    found = grain(grainy(0.02), grainy(0.02, still=True))
    assert found.ratio == pytest.approx(1, rel=0.06)
    assert found.frozen == pytest.approx(1, abs=0.06)


def test_grain_is_compared_at_like_brightness():
    bright = [0.25 * (frame - 0.5) + 0.7 + noise(70 + i, 0.02) for i, frame in enumerate([textured()] * 4)]
    assert grain(grainy(0.02), [f - 0.2 for f in bright]).ratio == pytest.approx(1, rel=0.06)


def test_grain_that_cannot_be_seen_is_unknown():
    found = GrainMeter().read()
    assert np.isnan([found.ratio, found.frozen]).all()


def test_after_a_cut_nothing_is_correlated():
    meter = GrainMeter()
    for frame in grainy(0.02, still=True):
        meter.cut()
        meter.add(frame, frame, MATTE)
    assert np.isnan(meter.read().frozen)
    assert meter.read().ratio == 1.0


def test_a_matte_that_moves_is_followed():
    meter = GrainMeter()
    plate = np.repeat(0.5 + noise(0, 0.02), 3, axis=-1)
    for i in range(3):
        meter.add(np.repeat(0.5 + noise(10 + i, 0.02), 3, axis=-1), plate, np.roll(MATTE, 6 * i, axis=1))
    assert meter.read().frozen == pytest.approx(1, abs=0.06)
