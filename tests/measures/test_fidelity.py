import numpy as np
import pytest

from tests.measures.known_pictures import disc, textured
from understudy.measures.fidelity import fidelity, fit_colour, gradient_error, psnr, ssim

MATTE = disc()


def test_equal_pictures_are_perfect():
    found = fidelity(textured(), textured(), MATTE)
    assert (found.psnr, found.gradient) == (np.inf, 0.0)
    assert found.ssim == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("offset", [0.1, 0.01])
def test_psnr_of_an_offset(offset):
    assert psnr(textured() + offset, textured(), MATTE) == pytest.approx(-20 * np.log10(offset), abs=1e-3)


def test_psnr_weighs_by_the_matte_and_ignores_what_is_outside():
    truth = textured()
    result = np.where(MATTE[..., None] > 0, truth + 0.1, 0)
    assert psnr(result, truth, MATTE) == pytest.approx(20, abs=1e-3)


def test_integers_are_read_on_their_full_scale():
    eight = np.full((40, 40, 3), 100, np.uint8)
    sixteen = np.full((40, 40, 3), 100 * 257, np.uint16)
    matte = np.ones((40, 40), bool)
    assert psnr(eight, sixteen, matte) > 120
    assert psnr(eight + np.uint8(51), eight, matte) == pytest.approx(-20 * np.log10(0.2), abs=1e-3)


def test_ssim_of_an_offset_on_a_flat_picture_is_its_luminance_term():
    a, b = np.full((40, 40, 3), 0.5), np.full((40, 40, 3), 0.7)
    c1 = 0.01**2
    expected = (2 * 0.5 * 0.7 + c1) / (0.5**2 + 0.7**2 + c1)
    assert ssim(a, b, np.ones((40, 40))) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_an_inverted_detail_is_negative():
    picture = textured()
    assert ssim(1 - picture, picture, MATTE) < -0.3


def test_gradient_error_of_a_ramp_is_its_slope_and_of_an_offset_nothing():
    truth = textured()
    ramp = (np.arange(truth.shape[1]) * 0.002)[None, :, None]
    assert gradient_error(truth + ramp, truth, MATTE) == pytest.approx(0.002 * 255, rel=1e-3)
    assert gradient_error(truth + 0.05, truth, MATTE) == pytest.approx(0, abs=1e-3)


def test_a_colour_fit_undoes_gain_and_offset_of_every_channel():
    truth = textured()
    graded = truth * (0.5, 0.8, 1.2) + (0.2, 0.1, -0.1)
    assert np.allclose(fit_colour(graded, truth, MATTE), truth, atol=1e-5)
    assert fidelity(graded, truth, MATTE).psnr < 27
    assert fidelity(graded, truth, MATTE, fit=True).psnr > 90


def test_a_colour_fit_of_a_flat_picture_moves_it_to_the_mean():
    truth = textured()
    fitted = fit_colour(np.full_like(truth, 0.3), truth, MATTE)
    assert fitted[80, 80] == pytest.approx(truth[MATTE > 0].mean(0), abs=1e-4)


def test_nothing_is_known_without_a_matte():
    found = fidelity(textured(), textured(), np.zeros_like(MATTE))
    assert np.isnan([found.psnr, found.ssim, found.gradient]).all()
