import cv2
import numpy as np
import pytest

from understudy.mastering.sheet import Row, contact_sheet, fit

RED, GREEN, BLUE = (
    np.full((40, 60, 3), colour, np.uint8) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))
)
CELL = 64


def areas(sheet: np.ndarray, colour: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, width, height) of the patches of one colour, from the top and the left."""
    mask = (np.abs(sheet.astype(int) - colour[0, 0]).max(-1) < 3).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return sorted((tuple(int(v) for v in box[:4]) for box in stats[1:]), key=lambda box: (box[1], box[0]))


def test_pictures_stand_side_by_side_and_rows_below_each_other() -> None:
    sheet = contact_sheet([Row("first", [RED, GREEN]), Row("second", [BLUE, RED])], cell=CELL)
    assert sheet.dtype == np.uint8
    (red, low_red), (green,), (blue,) = areas(sheet, RED), areas(sheet, GREEN), areas(sheet, BLUE)
    assert red[0] + red[2] <= green[0]
    assert red[1] == green[1]
    assert red[1] + red[3] < blue[1]
    assert (low_red[0], low_red[1]) == (green[0], blue[1])
    assert blue[0] == red[0]


def test_pictures_are_fitted_whole_into_their_cells() -> None:
    tall = np.full((90, 30, 3), (250, 0, 0), np.uint8)
    sheet = contact_sheet([Row("", [tall, GREEN])], cell=CELL)
    (red,), (green,) = areas(sheet, RED), areas(sheet, GREEN)
    assert (red[2], red[3]) == (round(CELL / 3), CELL)
    assert (green[2], green[3]) == (CELL, round(CELL * 2 / 3))
    assert sheet.shape[1] >= 2 * CELL


def test_rows_of_unequal_length_are_aligned_left() -> None:
    sheet = contact_sheet([Row("", [RED]), Row("", [BLUE, GREEN, GREEN])], cell=CELL)
    assert areas(sheet, RED)[0][0] == areas(sheet, BLUE)[0][0]
    assert len(areas(sheet, GREEN)) == 2


def test_a_caption_is_written_above_its_row() -> None:
    with_text, without = (contact_sheet([Row(text, [RED])], cell=CELL) for text in ("frame 12", ""))
    changed = np.flatnonzero((with_text != without).any(axis=(1, 2)))
    assert len(changed) > 4
    assert changed.max() < areas(with_text, RED)[0][1]


@pytest.mark.parametrize("rows", [[], [Row("empty", [])], [Row("", [RED]), Row("empty", [])]])
def test_a_sheet_without_pictures_is_refused(rows: list[Row]) -> None:
    with pytest.raises(ValueError, match="needs rows with pictures"):
        contact_sheet(rows)


def test_sixteen_bits_and_alpha_are_shown_as_eight_bit_colour() -> None:
    deep = np.full((40, 60, 4), 0xABCD, np.uint16)
    assert np.array_equal(fit(deep, 30), np.full((20, 30, 3), 0xAB, np.uint8))


@pytest.mark.parametrize(
    ("shape", "expected"), [((400, 100), (50, 12)), ((10, 20), (25, 50)), ((1000, 1), (50, 1))]
)
def test_the_longer_side_is_what_was_asked_for(shape, expected) -> None:
    assert fit(np.zeros((*shape, 3), np.uint8), 50).shape == (*expected, 3)
