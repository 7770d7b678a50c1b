import numpy as np
import pytest

from tests.measures.known_pictures import clip_of, disc, faces, noise, textured
from understudy.measures.temporal import (
    Flicker,
    FlickerMeter,
    colour_breathing,
    colour_pumping,
    jitter,
    mean_lab,
    trembling,
)

MATTE = disc()


def flicker(plate, result, matte=MATTE) -> Flicker:
    meter = FlickerMeter()
    for ours, theirs in zip(result, plate, strict=True):
        meter.add(theirs, ours, matte)
    return meter.read()


def grainy(count=6, sigma=0.02, still=False):
    clip = clip_of(textured(), count, speed=0 if still else 2)
    return [frame + noise(i, sigma) for i, frame in enumerate(clip)]


def test_the_plate_flickers_exactly_as_much_as_itself():
    found = flicker(grainy(), grainy())
    assert found.ratio == 1.0
    assert found.result == found.plate > 0
    assert found.residual == 1.0
    assert (found.per_frame == 1.0).all()
    assert len(found.per_frame) == 5


def test_flicker_of_noise_on_a_still_plate_is_its_energy():
    plate = grainy(still=True)
    result = [frame + noise(100 + i, 0.04) for i, frame in enumerate(plate)]
    found = flicker(plate, result)
    # Two frames' noise adds up; DIS finds little motion in a still plate, so little is interpolated away.
    assert found.plate == pytest.approx(255 * np.sqrt(2) * 0.02, rel=0.15)
    assert found.residual == found.result / found.plate == pytest.approx(np.sqrt(1 + 4), rel=0.1)
    assert found.ratio > 3


def test_flicker_ignores_a_grade_and_a_pumping_of_the_colours():
    plate = grainy()
    graded = [0.8 * frame + np.float32((0.02, 0.05, 0.1)) for frame in plate]
    assert flicker(plate, graded).ratio == pytest.approx(1, abs=1e-4)
    pumping = [frame + np.float32(0.03 * (-1) ** i) for i, frame in enumerate(plate)]
    assert flicker(plate, pumping).ratio == pytest.approx(1, abs=1e-4)


def test_half_the_contrast_is_half_the_residual_and_the_same_flicker():
    plate = grainy()
    found = flicker(plate, [0.5 * frame for frame in plate])
    assert found.residual == pytest.approx(0.5, abs=1e-3)
    assert found.ratio == pytest.approx(1, abs=1e-3)


def test_the_residual_over_a_plate_that_stands_still_is_over_its_rounding():
    still = clip_of(textured(), 4, speed=0)
    found = flicker(still, still)
    assert found.plate < 0.01
    assert found.residual == 1.0


def test_flicker_finds_a_shaking_result():
    plate = grainy(sigma=0.01)
    shaking = [np.roll(frame, 2 * (i % 2), axis=0) for i, frame in enumerate(plate)]
    assert flicker(plate, shaking).ratio > 4


def test_flicker_sees_only_the_matte():
    plate = grainy()
    outside = [frame + (1 - MATTE)[..., None] * noise(50 + i, 0.1) for i, frame in enumerate(plate)]
    # DIS does not see the result, and bilinear sampling reaches one pixel across the edge at most.
    assert flicker(plate, outside, disc(radius=42)).ratio == 1.0


def test_a_cut_is_no_flicker():
    meter = FlickerMeter()
    for seed in (1, 2):
        meter.cut()
        for frame in clip_of(textured(seed), 3):
            meter.add(frame, frame, MATTE)
    assert len(meter.read().per_frame) == 4


def test_flicker_on_a_large_face_uses_a_smaller_flow():
    plate = clip_of(textured(size=640), 3)
    assert flicker(plate, plate, disc(640, 300)).ratio == 1.0


def test_flicker_of_an_absolutely_still_plate_is_finite():
    plate = [textured()] * 3
    assert flicker(plate, plate).ratio == 1.0
    restless = [frame + noise(i, 0.01) for i, frame in enumerate(plate)]
    assert 1 < flicker(plate, restless).ratio < np.inf


def test_flicker_without_a_pair_is_unknown():
    assert np.isnan(flicker([textured()], [textured()]).ratio)
    assert np.isnan(flicker(grainy(), grainy(), np.zeros_like(MATTE)).ratio)


def test_mean_lab_of_known_colours():
    grey = np.full((20, 20, 3), 0.5)
    assert mean_lab(grey, np.ones((20, 20))) == pytest.approx((53.389, 0, 0), abs=0.02)
    assert mean_lab(np.ones((20, 20, 3)), np.ones((20, 20))) == pytest.approx((100, 0, 0), abs=0.02)
    assert np.isnan(mean_lab(grey, np.zeros((20, 20)))).all()


def wave(cycles: float, amplitude: float, count=100):
    """A cosine of `cycles` over the clip that is a basis function of the cosine transform, in L only."""
    series = np.zeros((count, 3))
    series[:, 0] = amplitude * np.cos(2 * np.pi * cycles * (np.arange(count) + 0.5) / count)
    return series


def test_colour_pumping_is_the_root_mean_square_of_what_is_faster_than_half_a_hertz():
    plate = np.random.default_rng(0).normal(50, 5, (100, 3))
    assert colour_pumping(plate, plate, rate=25) == pytest.approx(0, abs=1e-9)
    fast, slow = wave(8, 2.0), wave(1, 2.0)  # 4 s: 2 Hz and 0.25 Hz
    assert colour_pumping(plate + fast, plate, rate=25) == pytest.approx(2 / np.sqrt(2), rel=1e-6)
    assert colour_pumping(plate + slow, plate, rate=25) == pytest.approx(0, abs=1e-9)
    assert colour_pumping(plate + 7, plate, rate=25) == pytest.approx(0, abs=1e-9)


def test_colour_pumping_leaves_out_missed_frames():
    plate = np.zeros((20, 3))
    result = plate.copy()
    result[7] = np.nan
    assert colour_pumping(result, plate, 25) == pytest.approx(0, abs=1e-12)
    assert np.isnan(colour_pumping(result[:3], plate[:3], 25))


def test_jitter_of_steady_motion_is_nothing_and_of_a_zigzag_four_times_its_amplitude():
    steady = faces(10) + np.arange(10)[:, None, None] * (3.0, -1.0, 0.0)
    assert jitter(steady) == pytest.approx(0, abs=1e-12)
    zigzag = steady + 0.5 * (-1.0) ** np.arange(10)[:, None, None] * (1.0, 0.0, 0.0)
    # x(t+1) - 2 x(t) + x(t-1) of +-0.5 pixels is 4 x 0.5 pixels; the eyes are 100 pixels apart.
    assert jitter(zigzag) == pytest.approx(4 * 0.5 / 100, rel=0.01)
    zigzag[4] = np.nan
    assert jitter(zigzag) == pytest.approx(4 * 0.5 / 100, rel=0.01)


def test_the_breathing_of_each_frame_is_the_length_of_what_is_fast():
    plate = np.zeros((100, 3))
    beat = np.array([(-1) ** i for i in range(100)], float)
    result = plate + beat[:, None] * (3, 4, 0)
    result[7] = np.nan
    found = colour_breathing(result, plate, rate=25)
    assert np.isnan(found[7])
    assert np.delete(found, 7) == pytest.approx(np.full(99, 5.0), rel=0.15)
    assert colour_pumping(result, plate, 25) == pytest.approx(np.sqrt(np.nanmean(found**2)))
    assert np.isnan(colour_breathing(result[:3], plate[:3], 25)).all()


def test_trembling_tells_the_frame():
    still = faces(7)
    still[3, :, 0] += 2
    assert trembling(still) == pytest.approx([np.nan, 0, 0.02, 0.04, 0.02, 0, np.nan], nan_ok=True)
    assert np.isnan(trembling(still[:2])).all()
