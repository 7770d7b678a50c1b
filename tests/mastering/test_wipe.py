import numpy as np
import pytest

from understudy.mastering.wipe import PERIOD, wipe, wipe_position


def pair(dtype: type = np.uint8, width: int = 640) -> tuple[np.ndarray, np.ndarray]:
    plate = np.full((20, width, 3), 10, dtype)
    return plate, np.full((20, width, 3), 200, dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_plate_is_left_of_a_white_line_and_the_result_right_of_it(dtype) -> None:
    plate, result = pair(dtype)
    mixed = wipe(plate, result, 0.25)
    assert mixed.dtype == dtype
    assert (mixed[:, :159] == 10).all()
    assert (mixed[:, 159:161] == np.iinfo(dtype).max).all()
    assert (mixed[:, 161:] == 200).all()


@pytest.mark.parametrize(("position", "shown"), [(0.0, 200), (-3.0, 200), (1.0, 10), (7.0, 10)])
def test_at_either_end_one_picture_is_seen(position, shown) -> None:
    mixed = wipe(*pair(), position)
    assert mixed.shape == (20, 640, 3)
    assert (mixed[:, 2:-2] == shown).all()


def test_the_line_is_as_thick_as_the_picture_is_wide() -> None:
    mixed = wipe(*pair(width=1920), 0.5)
    assert (mixed[0] == 255).all(axis=-1).sum() == 6


def test_neither_picture_is_written_to() -> None:
    plate, result = pair()
    wipe(plate, result, 0.5)
    assert (plate == 10).all()
    assert (result == 200).all()


@pytest.mark.parametrize("other", [np.zeros((20, 639, 3), np.uint8), np.zeros((20, 640, 3), np.uint16)])
def test_pictures_of_unequal_kind_are_refused(other) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        wipe(pair()[0], other, 0.5)


def test_the_line_wanders_and_comes_back() -> None:
    times = np.linspace(0, PERIOD, 101)
    places = np.array([wipe_position(t) for t in times])
    assert places[0] == pytest.approx(0.25)
    assert places[50] == pytest.approx(0.75)
    assert np.allclose(places, places[::-1])
    assert (np.diff(places[:51]) > 0).all()
    assert np.abs(np.diff(places)).max() < 0.02
    assert wipe_position(1.3) == pytest.approx(wipe_position(1.3 + PERIOD))
