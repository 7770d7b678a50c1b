import cv2
import numpy as np
import pytest

from understudy.compositing.blend import BLENDS

SHAPES = [(3, 3), (2, 5), (16, 17), (65, 33), (97, 128), (256, 250)]


def pictures(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A plate and a likeness, both with smooth and fine structure, in [0, 1]."""
    rng = np.random.default_rng(seed)
    fine = rng.uniform(-0.1, 0.1, (2, height, width, 3))
    ys, xs = np.mgrid[:height, :width]
    ramp = np.stack([xs / width, ys / height, 0.5 * (xs + ys) / (width + height)], axis=-1)
    plate, rgb = 0.2 + 0.5 * ramp + fine[0], 0.7 - 0.4 * ramp + fine[1]
    return plate.astype(np.float32), rgb.astype(np.float32)


def oval(height: int, width: int, soft: float = 0.25) -> np.ndarray:
    """A matte: 1 in the middle, falling to 0 before the picture's edge over a share of the radius."""
    ys, xs = np.mgrid[:height, :width]
    radius = np.hypot((xs - (width - 1) / 2) / (0.42 * width), (ys - (height - 1) / 2) / (0.42 * height))
    return np.clip((1.0 - radius) / soft, 0.0, 1.0).astype(np.float32)


@pytest.fixture(params=sorted(BLENDS))
def blend(request):
    return BLENDS[request.param]


class TestEveryBlend:
    """What holds whatever the blend."""

    @pytest.mark.parametrize("shape", SHAPES)
    def test_a_likeness_equal_to_the_plate_gives_the_plate(self, blend, shape) -> None:
        plate, _ = pictures(*shape)
        assert np.array_equal(blend(plate, plate.copy(), oval(*shape)), plate)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_the_plate_is_untouched_outside_the_matte(self, blend, shape) -> None:
        plate, rgb = pictures(*shape)
        matte = oval(*shape)
        result = blend(plate, rgb, matte)
        assert result.shape == plate.shape
        assert result.dtype == np.float32
        assert np.array_equal(result[matte == 0], plate[matte == 0])
        assert np.isfinite(result).all()

    @pytest.mark.parametrize("shape", SHAPES)
    def test_an_empty_matte_gives_the_plate(self, blend, shape) -> None:
        plate, rgb = pictures(*shape)
        assert np.array_equal(blend(plate, rgb, np.zeros(shape, np.float32)), plate)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_a_full_matte_gives_something_finite(self, blend, shape) -> None:
        plate, rgb = pictures(*shape)
        result = blend(plate, rgb, np.ones(shape, np.float32))
        assert np.isfinite(result).all()
        assert np.abs(result).max() < 2.0

    def test_the_likeness_outside_the_matte_does_not_matter(self, blend) -> None:
        plate, rgb = pictures(90, 110)
        matte = oval(90, 110)
        garbage = np.where(matte[..., None] > 0, rgb, np.float32(50.0))
        assert np.array_equal(blend(plate, rgb, matte), blend(plate, garbage, matte))

    def test_the_likeness_shows_inside(self, blend) -> None:
        """Fine detail of the middle is the likeness's, whatever happens to colour."""
        plate, rgb = pictures(128, 128)
        result = blend(plate, rgb, oval(128, 128))

        def fine(picture: np.ndarray) -> np.ndarray:
            return (picture - cv2.GaussianBlur(picture, (0, 0), 2.0))[48:80, 48:80]

        assert np.corrcoef(fine(result).ravel(), fine(rgb).ravel())[0, 1] > 0.98
        assert abs(np.corrcoef(fine(result).ravel(), fine(plate).ravel())[0, 1]) < 0.1

    def test_arguments_are_left_alone(self, blend) -> None:
        plate, rgb = pictures(60, 50)
        matte = oval(60, 50)
        before = [a.copy() for a in (plate, rgb, matte)]
        blend(plate, rgb, matte)
        assert all(np.array_equal(a, b) for a, b in zip(before, (plate, rgb, matte), strict=True))

    def test_mirrored_input_gives_the_mirrored_result(self, blend) -> None:
        plate, rgb = pictures(65, 65)
        matte = oval(65, 65)
        straight = blend(plate, rgb, matte)
        mirrored = blend(plate[:, ::-1].copy(), rgb[:, ::-1].copy(), matte[:, ::-1].copy())
        assert np.allclose(mirrored[:, ::-1], straight, atol=1e-5)


def test_feather_is_the_plain_mix() -> None:
    plate, rgb = pictures(20, 30)
    matte = oval(20, 30)
    expected = plate.astype(np.float64) * (1 - matte[..., None]) + rgb.astype(np.float64) * matte[..., None]
    assert np.allclose(BLENDS["feather"](plate, rgb, matte), expected, atol=1e-6)


def test_feather_keeps_an_offset_in_the_middle() -> None:
    plate, _ = pictures(100, 100)
    result = BLENDS["feather"](plate, plate + np.float32(0.2), oval(100, 100))
    assert np.allclose((result - plate)[40:60, 40:60], 0.2, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_multiband_with_a_full_matte_gives_the_likeness(shape) -> None:
    plate, rgb = pictures(*shape)
    assert np.allclose(BLENDS["multiband"](plate, rgb, np.ones(shape, np.float32)), rgb, atol=1e-5)


def test_multiband_dissolves_colour_wider_than_detail() -> None:
    """A flat difference changes over more gently than the matte, stripes of the likeness do not."""
    xs = np.arange(512)
    ramp = np.clip(np.minimum(xs - 100, 411 - xs) / 12.0, 0.0, 1.0)
    matte = np.broadcast_to(ramp * ramp * (3 - 2 * ramp), (512, 512)).astype(np.float32)
    plate = np.full((512, 512, 3), 0.3, np.float32)
    stripes = (0.1 * (-1.0) ** xs).astype(np.float32)[None, :, None]

    def row(name: str, difference: np.ndarray) -> np.ndarray:
        return (BLENDS[name](plate, plate + difference, matte) - plate)[256, :, 0]

    def steepest(name: str, difference: np.ndarray) -> float:
        return float(np.abs(np.diff(row(name, difference))).max())

    flat = np.full_like(plate, 0.3)
    assert steepest("multiband", flat) < 0.6 * steepest("feather", flat)
    assert row("multiband", flat)[256] == pytest.approx(0.3, abs=1e-4)
    assert np.allclose(row("multiband", stripes), row("feather", stripes), atol=0.01)


@pytest.mark.parametrize("soft", [0.02, 0.25])
@pytest.mark.parametrize("shape", [(97, 96), (300, 260)])
def test_poisson_removes_an_offset(shape, soft) -> None:
    plate, _ = pictures(*shape)
    offset = np.array([0.2, -0.1, 0.05], np.float32)
    result = BLENDS["poisson"](plate, plate + offset, oval(*shape, soft))
    assert np.abs(result - plate).max() < 0.02


def test_poisson_removes_an_offset_behind_a_hard_edge() -> None:
    plate, _ = pictures(90, 90)
    matte = np.zeros((90, 90), np.float32)
    matte[20:70, 25:60] = 1.0
    result = BLENDS["poisson"](plate, plate + np.float32(0.2), matte)
    assert np.abs(result - plate).max() < 0.02


def test_poisson_keeps_the_likeness_gradients() -> None:
    plate, _ = pictures(96, 96)
    smooth = np.full_like(plate, 0.4)
    rgb = smooth.copy()
    rgb[40:56, 40:56] += np.float32(0.3)
    result = BLENDS["poisson"](smooth, rgb + np.float32(0.1), oval(96, 96))
    assert np.allclose(result[34:62, 34:62], rgb[34:62, 34:62], atol=0.02)
