"""Films told again by what they look like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.provenance.films import read, scene, write
from understudy.provenance.credentials.fingerprint import SAME, Fingerprint, fingerprint, likeness


@pytest.fixture(scope="module")
def film():
    return scene(1, 24, 640, 360)


@pytest.fixture(scope="module")
def known(film):
    return fingerprint([index / 2 for index in range(0, 24, 2)], film[::2])


TIMES = [index / 4 for index in range(0, 48, 2)]


def test_a_film_is_like_itself(film, known):
    assert likeness(known, TIMES, film) > 0.98


def test_it_is_told_after_strong_compression(film, known, tmp_path):
    copy = list(read(write(tmp_path / "copy.mp4", film, crf=38)))
    assert likeness(known, TIMES, copy) > 0.9


def test_a_cut_out_part_is_told(film, known):
    assert likeness(known, [time - TIMES[9] for time in TIMES[9:]], film[9:]) > 0.95


def test_another_film_is_not_like_it(known):
    assert likeness(known, TIMES, scene(2, 24, 640, 360)) < SAME - 0.2


def test_a_cropped_copy_is_told_where_it_lies(film, known):
    left, width, top, height = 60, 400, 40, 225
    cropped = [image[top : top + height, left : left + width] for image in film]
    shift = [(319.5 - left - (width - 1) / 2) / width, (179.5 - top - (height - 1) / 2) / width]
    placement = np.hstack([np.eye(2) * 640 / width, np.array(shift)[:, None]])
    assert likeness(known, TIMES, cropped, placement) > 0.85
    assert likeness(known, TIMES, cropped) < SAME


def test_too_little_of_a_picture_says_nothing(film, known):
    placement = np.hstack([np.eye(2) * 8, np.zeros((2, 1))])
    assert likeness(known, TIMES, film, placement) is None


def test_a_still_is_compared_as_it_is(film):
    still = fingerprint([0.0], film[:1])
    assert likeness(still, [0.0], film[:1]) > 0.98
    assert likeness(still, [0.0], scene(2, 1, 640, 360)) < SAME


def test_it_comes_back_from_json(known):
    again = Fingerprint.from_json(known.to_json())
    assert again.times == known.times
    np.testing.assert_array_equal(again.cells, known.cells)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(json_values)
def test_whatever_else_stands_there_is_no_fingerprint(value):
    assert Fingerprint.from_json(value) is None


@given(
    st.sampled_from(["algorithm", "rows", "columns", "times", "value"]),
    json_values,
)
def test_a_changed_field_is_refused_or_harmless(name, value):
    known = fingerprint([0.0], scene(1, 1, 64, 36))
    found = Fingerprint.from_json(known.to_json() | {name: value})
    assert found is None or found.cells.shape == known.cells.shape
