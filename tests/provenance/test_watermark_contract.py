"""What every watermark must do."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.provenance.films import scene
from understudy.errors import BadInputError
from understudy.provenance.watermark.choosing import watermark

PAYLOAD = 0x0123_4567_89AB_CDEF


@pytest.fixture(params=[None, b"a studio's own key"], ids=["public", "own key"])
def mark(request):
    return watermark("spread", request.param)


@pytest.fixture(scope="module")
def film():
    return scene(1, 4)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (640, 360), (961, 541)])
def test_a_marked_film_tells_its_number(mark, size):
    film = scene(3, 3, *size)
    embed = mark.embedder(PAYLOAD, size[1], size[0])
    found = mark.detect([embed(image) for image in film], search=False)
    assert (found.payload, found.frames) == (PAYLOAD, 3)


def test_an_unmarked_film_tells_none(mark, film):
    assert mark.detect(film).payload is None


def test_another_key_finds_nothing(film):
    embed = watermark().embedder(PAYLOAD, 720, 1280)
    found = watermark(key=b"a wrong key").detect([embed(image) for image in film])
    assert found.payload is None


def test_each_number_is_itself(mark, film):
    for payload in (0, 1, 2**63, 2**64 - 1):
        embed = mark.embedder(payload, 720, 1280)
        assert mark.detect([embed(image) for image in film[:2]], search=False).payload == payload


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_shape_type_and_alpha_stay_and_the_source_is_not_touched(mark, dtype, channels):
    image = scene(1, 1)[0].astype(dtype) * (257 if dtype == np.uint16 else 1)
    if channels == 4:
        alpha = np.arange(image.shape[1], dtype=dtype)[None, :, None].repeat(image.shape[0], 0)
        image = np.concatenate([image, alpha], axis=2)
    before = image.copy()
    marked = mark.embedder(PAYLOAD, *image.shape[:2])(image)
    assert (marked.shape, marked.dtype) == (image.shape, image.dtype)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(marked[..., 3:], image[..., 3:])
    assert mark.detect([marked], search=False).payload == PAYLOAD


def test_a_picture_is_marked_the_same_whenever_and_in_whichever_thread(mark, film):
    embed = mark.embedder(PAYLOAD, 720, 1280)
    alone = [embed(image) for image in film]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embed, film[::-1]))[::-1]
    np.testing.assert_array_equal(alone, together)


def test_a_picture_of_another_size_is_refused(mark, film):
    with pytest.raises(ValueError, match="720"):
        mark.embedder(PAYLOAD, 360, 640)(film[0])


def test_no_picture_is_refused(mark):
    with pytest.raises(ValueError, match="no picture"):
        mark.detect([])


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(BadInputError, match="no watermark 'none'"):
        watermark("none")
