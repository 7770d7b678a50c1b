import numpy as np
import pytest

from tests.measures.known_pictures import disc, noise, textured
from understudy.measures.ciede2000 import ciede2000
from understudy.measures.edges import ring_colour_difference, seam, seam_along_edge

MATTE = disc()
# Sharma, Wu, Dalal 2005, table 1 (a selection that takes every branch)
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0010), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_ciede2000_against_its_authors(one, other, expected):
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(np.array(other), np.array(one)) == pytest.approx(expected, abs=1e-4)


def test_no_seam_where_nothing_changed():
    assert seam(textured(), textured(), MATTE) == 0.0
    assert ring_colour_difference(textured(), textured(), MATTE, 60) == 0.0


def test_a_seam_is_the_step_over_the_plates_own_deviation():
    # A checkerboard of +-0.1 has a deviation of 0.1 in any large window.
    y, x = np.indices((160, 160))
    plate = np.repeat((0.5 + 0.1 * (-1.0) ** (x + y))[..., None], 3, axis=-1)
    result = plate + 0.05 * MATTE[..., None]
    assert seam(result, plate, MATTE) == pytest.approx(0.5, rel=0.02)


def test_a_step_on_flat_skin_is_measured_against_two_code_values():
    plate = np.full((160, 160, 3), 0.5)
    result = plate + MATTE[..., None] * (4 / 255)
    assert seam(result, plate, MATTE) == pytest.approx(2.0, rel=0.02)


def test_a_wide_feather_hides_a_step():
    plate = np.full((160, 160, 3), 0.5)
    hard, soft = (seam(plate + 0.1 * m[..., None], plate, m) for m in (disc(), disc(feather=40)))
    assert soft < 0.45 * hard


def test_grain_is_no_seam():
    plate = textured()
    assert seam(plate + noise(2, 0.04) * MATTE[..., None], plate, MATTE) < 0.35
    assert seam(plate + 0.04 * MATTE[..., None], plate, MATTE) > 0.45


def test_a_seam_on_one_side_is_found_there():
    plate = np.full((160, 160, 3), 0.5)
    right = (np.arange(160) > 80)[None, :, None]
    points, values = seam_along_edge(plate + 0.1 * right * MATTE[..., None], plate, MATTE)
    assert values[points[:, 0] < 65].max() == pytest.approx(0, abs=1e-9)
    assert values[points[:, 0] > 95].min() > 5
    assert np.hypot(*(points - 79.5).T) == pytest.approx(45, abs=1.5)


def test_a_seam_is_not_sought_beyond_the_frame():
    plate = np.full((100, 100, 3), 0.5)
    matte = np.zeros((100, 100))
    matte[:, :50] = 1
    points, _ = seam_along_edge(plate, plate, matte)
    assert len(points)
    assert points[:, 0] == pytest.approx(49)
    assert np.isnan(seam(plate, plate, np.ones((100, 100))))
    assert np.isnan(seam(plate, plate, np.zeros((100, 100))))


def test_ring_difference_of_a_step_between_greys():
    plate = np.full((160, 160, 3), 0.5)
    result = plate + 0.05 * MATTE[..., None]
    # L of sRGB 0.5 is 53.389 and of 0.55 is 58.286 (CIE 15): greys differ in lightness alone.
    expected = ciede2000(np.array((53.389, 0, 0)), np.array((58.286, 0, 0)))
    assert ring_colour_difference(result, plate, MATTE, 75) == pytest.approx(float(expected), abs=0.1)


def test_opposite_casts_of_two_sides_do_not_cancel():
    plate = np.full((160, 160, 3), 0.5)
    cast = np.where(np.arange(160)[None, :, None] < 80, (0.05, -0.05, 0), (-0.05, 0.05, 0))
    assert ring_colour_difference(plate + cast * MATTE[..., None], plate, MATTE, 75) > 3


def test_the_plates_own_step_is_taken_off():
    plate = textured() * 0.5 + 0.3 * disc(radius=45)[..., None]
    assert ring_colour_difference(plate, plate, MATTE, 75) == 0.0
    assert ring_colour_difference(textured() * 0.5 + 0.15, plate, MATTE, 75) > 5


def test_a_cast_is_seen_beside_any_colour():
    hair = np.where(MATTE[..., None] > 0, (0.6, 0.5, 0.45), (0.2, 0.15, 0.1))
    darker = hair - 0.05 * MATTE[..., None]
    lighter = hair + 0.05 * MATTE[..., None]
    assert ring_colour_difference(darker, hair, MATTE, 75) > 3
    assert ring_colour_difference(lighter, hair, MATTE, 75) > 3


def test_noise_is_no_ring_difference():
    plate = textured()
    assert abs(ring_colour_difference(plate + noise(1, 0.03), plate, MATTE, 75)) < 0.6
