from dataclasses import replace

import numpy as np
import pytest

from tests.posed_faces import Act, posed, somebody
from understudy.compositing.blend import BLENDS
from understudy.compositing.composite import Box, Placed, composite, resize_crop
from understudy.compositing.detail import Detail
from understudy.compositing.light import TERMS, Shading
from understudy.pixels import to_float

HEIGHT, WIDTH = 120, 150
DEPTHS = [np.uint8, np.uint16]


def without_forehead(shading: Shading) -> Shading:
    """Flat pictures of any brightness are not to be taken for hair; `test_hair` is about that."""
    return replace(shading, forehead=np.zeros_like(shading.forehead))


def plate(dtype: type = np.uint8, channels: int = 3) -> np.ndarray:
    shape = (HEIGHT, WIDTH, channels)
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def placed(box: Box, value: float = 0.8, **changes) -> Placed:
    """A flat face over a box: full matte but for a rim of three pixels, no light, no grain."""
    height, width = box.y1 - box.y0, box.x1 - box.x0
    face = posed(somebody(), Act(), 0.5 * width, ((box.x0 + box.x1) / 2, box.y0 + 0.35 * height))
    matte = np.zeros((height, width), np.float32)
    matte[3:-3, 3:-3] = 1.0
    made = Placed(
        box=box,
        rgb=np.full((height, width, 3), value, np.float32),
        matte=matte,
        own=None,
        shading=without_forehead(Shading.of(face, box.to_crop, height, width)),
        light=np.zeros((TERMS, 3)),
    )
    return replace(made, **changes)


BOX = Box(20, 15, 90, 95)
INSIDE = (slice(18, 92), slice(23, 87))


def outside(*boxes: tuple[slice, slice]) -> np.ndarray:
    mask = np.ones((HEIGHT, WIDTH), bool)
    for box in boxes:
        mask[box] = False
    return mask


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("blend", sorted(BLENDS))
def test_outside_the_matte_nothing_changes(dtype, blend) -> None:
    image = plate(dtype)
    face = placed(BOX, detail=Detail(blur=1.0, grain=0.02))
    result = composite(image, [face], blend, seed=3)
    assert result.dtype == dtype
    away = outside(INSIDE)
    assert np.array_equal(result[away], image[away])
    assert (result[INSIDE] != image[INSIDE]).mean() > 0.95


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0, 1.7, -0.4])
def test_inside_a_full_matte_the_face_is_shown_rounded(dtype, value) -> None:
    result = composite(plate(dtype), [placed(BOX, value)], "feather")
    top = np.iinfo(dtype).max
    expected = np.clip(np.floor(value * top + 0.5), 0, top)
    assert np.abs(result[INSIDE].astype(np.float64) - expected).max() <= (0 if dtype == np.uint8 else 1)


@pytest.mark.parametrize("dtype", DEPTHS)
def test_a_half_matte_is_half_way(dtype) -> None:
    image = plate(dtype)
    face = placed(BOX, 1.0)
    result = composite(image, [replace(face, matte=0.5 * face.matte)], "feather")
    top = np.iinfo(dtype).max
    expected = 0.5 * image[INSIDE].astype(np.float64) + 0.5 * top
    assert np.abs(result[INSIDE] - expected).max() <= 1


@pytest.mark.parametrize("dtype", DEPTHS)
def test_alpha_is_untouched(dtype) -> None:
    image = plate(dtype, channels=4)
    result = composite(image, [placed(BOX)], "multiband")
    assert np.array_equal(result[..., 3], image[..., 3])
    assert np.array_equal(result[..., :3], composite(image[..., :3].copy(), [placed(BOX)], "multiband"))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("blend", sorted(BLENDS))
def test_a_face_need_not_be_defined_outside_its_matte(blend) -> None:
    image, face = plate(), placed(BOX)
    unknown = np.where(face.matte[..., None] > 0, face.rgb, np.float32(np.nan))
    result = composite(image, [replace(face, rgb=unknown)], blend)
    assert np.array_equal(result, composite(image, [face], blend))


@pytest.mark.parametrize("blend", sorted(BLENDS))
def test_an_occluder_shows_the_plate(blend) -> None:
    image = plate()
    occluder = np.zeros((80, 70), np.float32)
    occluder[30:50] = 1.0
    result = composite(image, [placed(BOX, occluder=occluder)], blend)
    assert np.array_equal(result[45:65, 20:90], image[45:65, 20:90])
    assert (result[20:40, 30:80] != image[20:40, 30:80]).mean() > 0.9


def test_the_plate_is_not_written_to() -> None:
    image = plate()
    before = image.copy()
    image.setflags(write=False)
    composite(image, [placed(BOX)], "multiband")
    assert np.array_equal(image, before)


def test_no_face_gives_a_copy() -> None:
    image = plate()
    result = composite(image, [])
    assert np.array_equal(result, image)
    assert not np.shares_memory(result, image)


def test_several_faces_go_in_and_later_ones_cover() -> None:
    image = plate()
    left, right = Box(5, 10, 75, 90), Box(55, 20, 145, 110)
    result = composite(image, [placed(left, 0.2), placed(right, 0.9)], "feather")
    assert (result[13:87, 8:58] == round(0.2 * 255)).all()
    assert (result[23:107, 58:142] == np.floor(0.9 * 255 + 0.5)).all()
    away = outside((slice(13, 87), slice(8, 72)), (slice(23, 107), slice(58, 142)))
    assert np.array_equal(result[away], image[away])


def test_the_same_seed_gives_the_same_picture() -> None:
    image = plate()
    face = placed(BOX, detail=Detail(grain=0.03))
    first, again, other = (composite(image, [face], "multiband", seed) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert (first[INSIDE] != other[INSIDE]).mean() > 0.5


def test_two_faces_of_a_frame_have_grain_of_their_own() -> None:
    image = plate()
    boxes = [Box(0, 10, 70, 90), Box(75, 10, 145, 90)]
    faces = [placed(box, 0.5, detail=Detail(grain=0.03)) for box in boxes]
    result = composite(image, faces, "feather", seed=1).astype(np.float64)
    left, right = result[13:87, 3:67, 0].ravel(), result[13:87, 78:142, 0].ravel()
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.1


def test_light_is_put_on_but_not_on_what_is_the_plates_own() -> None:
    own = np.zeros((80, 70), np.float32)
    own[40:] = 1.0
    light = np.zeros((TERMS, 3))
    light[0] = np.log(0.5)
    result = composite(plate(), [placed(BOX, 0.6, own=own, light=light)], "feather")
    assert np.abs(result[20:52, 25:85] / 255 - (0.63 * 0.5 - 0.03)).max() < 0.01
    assert np.abs(result[58:90, 25:85] / 255 - 0.6).max() < 0.01


def test_a_box_stays_inside_the_frame() -> None:
    face = posed(somebody(), Act(), 60, (10, 20))
    box = Box.around(face, WIDTH, HEIGHT)
    assert (box.x0, box.y0) == (0, 0)
    assert box.x1 <= WIDTH
    assert box.y1 <= HEIGHT
    assert not box.empty


def test_a_box_holds_its_face_with_a_margin() -> None:
    face = posed(somebody(), Act(), 30, (75, 50))
    box = Box.around(face, WIDTH, HEIGHT, margin=0.2)
    low, high = face[:, :2].min(0), face[:, :2].max(0)
    room = 0.2 * (high - low).max()
    assert np.abs(np.array([box.x0, box.y0]) - (low - room)).max() <= 1
    assert np.abs(np.array([box.x1 - 1, box.y1 - 1]) - (high + room)).max() <= 1


@pytest.mark.parametrize("centre", [(-200, 50), (400, 50), (70, -300), (70, 400)])
def test_a_box_of_a_face_outside_the_frame_is_empty(centre) -> None:
    assert Box.around(posed(somebody(), Act(), 60, centre), WIDTH, HEIGHT).empty


def test_a_box_takes_frame_pixels_to_its_own() -> None:
    assert np.array_equal(BOX.to_crop @ (BOX.x0, BOX.y0, 1), (0, 0))
    image = plate()
    assert image[BOX.rows, BOX.columns].shape[:2] == (80, 70)
    x, y = (BOX.to_crop @ (40, 60, 1)).astype(int)
    assert np.array_equal(image[BOX.rows, BOX.columns][y, x], image[60, 40])


@pytest.mark.parametrize("dtype", DEPTHS)
def test_floats_span_zero_to_one(dtype) -> None:
    image = np.array([[[0, np.iinfo(dtype).max, np.iinfo(dtype).max // 2, 9]]], dtype)
    assert np.allclose(to_float(image), [[[0.0, 1.0, 0.5]]], atol=0.003)
    assert to_float(image).dtype == np.float32


@pytest.mark.parametrize(("height", "width"), [(300, 200), (129, 257), (64, 64)])
def test_a_shrunk_picture_lies_where_its_matrix_says(height, width) -> None:
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    picture = np.stack([xs, ys, xs + ys], axis=-1)
    small, matrix = resize_crop(picture, 128)
    assert max(small.shape[:2]) == min(128, max(height, width))
    rows, columns = np.mgrid[: small.shape[0], : small.shape[1]]
    expected_x = (columns - matrix[0, 2]) / matrix[0, 0]
    expected_y = (rows - matrix[1, 2]) / matrix[1, 1]
    assert np.abs(small[..., 0] - expected_x).max() < 0.51
    assert np.abs(small[..., 1] - expected_y).max() < 0.51
    assert np.abs((small[..., 0] - expected_x).mean()) < 0.01
