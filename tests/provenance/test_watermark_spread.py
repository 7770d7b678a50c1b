"""Our mark: how faint it is, what it survives, and that it is not seen where it is not."""

import cv2
import numpy as np
import pytest

from tests.provenance.films import read, scene, write
from understudy.pixels import luma
from understudy.provenance.watermark.residual import mean_residual
from understudy.provenance.watermark.search import NOMINAL, laid, seen
from understudy.provenance.watermark.spread import PUBLIC_KEY, SpreadSpectrum, _pattern

PAYLOAD = 0xFEDC_BA98_7654_3210
SIZE = (1280, 720)
MARK = SpreadSpectrum()


@pytest.fixture(scope="module")
def film():
    return scene(5, 6)


@pytest.fixture(scope="module")
def marked(film):
    embed = MARK.embedder(PAYLOAD, 720, 1280)
    return [embed(image) for image in film]


def resized(image, width):
    return cv2.resize(image, (width, width * 9 // 32 * 2), interpolation=cv2.INTER_AREA)


def turned(image, degrees):
    matrix = cv2.getRotationMatrix2D(((SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, SIZE, flags=cv2.INTER_CUBIC)


def boxed(image):
    small = cv2.resize(image, (960, 540), interpolation=cv2.INTER_AREA)
    return cv2.copyMakeBorder(small, 90, 90, 160, 160, cv2.BORDER_CONSTANT)


def graded(image):
    curve = np.clip(((np.arange(256) / 255) ** 1.2 - 0.5) * 1.15 + 0.5, 0, 1) * 255
    return curve.astype(np.uint8)[image]


ATTACKS = {
    "H.264 CRF 33": (lambda image: image, 33, "libx264"),
    "HEVC CRF 30": (lambda image: image, 30, "libx265"),
    "480p": (lambda image: resized(image, 854), 26, "libx264"),
    "enlarged": (lambda image: resized(image, 1920), 26, "libx264"),
    "cropped": (lambda image: image[36:-36, 64:-64], 23, "libx264"),
    "cropped off centre": (lambda image: image[50:-22, 20:-108], 23, "libx264"),
    "letterboxed": (boxed, 23, "libx264"),
    "9:16": (lambda image: image[:, 440:844], 23, "libx264"),
    "mirrored": (lambda image: image[:, ::-1], 23, "libx264"),
    "graded": (graded, 26, "libx264"),
    "turned by 1 degree": (lambda image: turned(image, 1.0), 23, "libx264"),
    "turned by -2 degrees": (lambda image: turned(image, -2.0), 23, "libx264"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_number_survives(marked, tmp_path, attack):
    change, crf, encoder = ATTACKS[attack]
    film = write(tmp_path / "attacked.mp4", map(change, marked), crf=crf, encoder=encoder)
    assert MARK.detect(read(film)).payload == PAYLOAD


def test_a_single_frame_tells_the_number(marked):
    assert MARK.detect(marked[3:4], search=False).payload == PAYLOAD


def test_time_does_not_matter(marked):
    assert MARK.detect([marked[4], marked[1], marked[1]], search=False).payload == PAYLOAD


def test_the_mark_is_faint(film, marked):
    errors = [float(np.mean((luma(one) - luma(other)) ** 2)) for one, other in zip(film, marked, strict=True)]
    assert min(-10 * np.log10(errors)) >= 44
    assert np.abs(film[0].astype(int) - marked[0]).max() <= 10


def test_it_changes_brightness_and_not_colour(film, marked):
    change = marked[0].astype(int) - film[0]
    inside = ((film[0] > 10) & (film[0] < 245)).all(axis=2)
    apart = np.ptp(change[inside], axis=1)
    assert apart.max() <= 1
    assert apart.mean() < 0.001


def test_bars_and_plain_white_stay_clean(film):
    image = film[0].copy()
    image[:100], image[-100:] = 0, 255
    marked = MARK.embedder(PAYLOAD, 720, 1280)(image)
    assert (marked[:80] == 0).all()
    assert (marked[-80:] == 255).all()


def test_a_plain_wall_beside_an_edge_is_marked_no_more_than_a_plain_wall():
    wall = np.full((720, 1280, 3), 120, np.uint8)
    wall[:, :400] = 30
    change = np.abs(MARK.embedder(PAYLOAD, 720, 1280)(wall).astype(int) - wall).max(axis=2)
    assert change[:, 420:480].mean() <= 1.2 * change[:, 900:960].mean()


def test_the_placement_says_what_was_cut_off(marked):
    left, top, width, height = 100, 40, 1100, 640
    found = MARK.detect([image[top : top + height, left : left + width] for image in marked])
    assert found.payload == PAYLOAD
    scale = 1280 / width
    shift = ((639.5 - (left + (width - 1) / 2)) / width, (359.5 - (top + (height - 1) / 2)) / width)
    np.testing.assert_allclose(found.placement[:, :2], np.eye(2) * scale, atol=0.004)
    np.testing.assert_allclose(found.placement[:, 2], shift, atol=0.002)


def test_unmarked_films_look_like_chance():
    """The pilot's sureness without a mark has mean 0 and deviation 1, so that 4 is out of its reach."""
    pattern = _pattern(PUBLIC_KEY, 320)
    found = []
    for seed in range(60):
        residual, _ = mean_residual(scene(seed, 1, 640, 360))
        placement = NOMINAL.placement(320)
        chips = laid(residual, placement, 320), seen(residual, placement, 320)
        for key in range(5):
            found.append(_pattern(bytes([key]), 320).evidence(*chips)[1])
        found.append(pattern.evidence(*chips)[1])
    assert abs(np.mean(found)) < 0.2
    assert np.std(found) < 1.15
    assert max(found) < 4


def test_a_search_finds_nothing_in_unmarked_films():
    found = [MARK.detect(scene(seed, 1, 960, 540)) for seed in range(100, 102)]
    assert all(detection.payload is None and detection.confidence < 8 for detection in found)


@pytest.mark.footage
def test_real_films_are_not_taken_for_marked_ones(footage):
    for name in ("lp-woman-d3/clip.mp4",):
        images = [image for image, _ in zip(read(footage / name), range(5), strict=False)]
        assert MARK.detect(images).payload is None
