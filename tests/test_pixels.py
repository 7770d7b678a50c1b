"""Full scale is full scale in every depth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.pixels import luma, to_bytes, to_float


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_black_is_0_and_white_is_1(dtype: type) -> None:
    picture = np.zeros((2, 3, 4), dtype)
    picture[0] = np.iinfo(dtype).max
    floats = to_float(picture)
    assert floats.dtype == np.float32
    assert floats.flags.c_contiguous
    assert np.array_equal(floats, np.stack([np.ones((3, 3)), np.zeros((3, 3))]))


def test_floats_are_left_as_they_are() -> None:
    picture = np.array([[[0.25, 1.5, -1.0]]], np.float32)
    assert np.array_equal(to_float(picture), picture)


@given(st.integers(0, 255))
def test_both_depths_of_one_grey_are_the_same(value: int) -> None:
    shallow = np.full((1, 1, 3), value, np.uint8)
    deep = shallow.astype(np.uint16) * 257
    assert np.array_equal(to_bytes(deep), shallow)
    assert np.array_equal(to_bytes(shallow), shallow)
    assert np.allclose(to_float(deep), to_float(shallow), atol=1e-7)


def test_luma_weighs_green_most_and_keeps_grey() -> None:
    picture = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [51, 51, 51]]], np.uint8)
    assert np.allclose(luma(picture), [[0.2126, 0.7152, 0.0722, 0.2]])
