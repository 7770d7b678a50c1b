"""Mattes by hand as pictures: polygons of known area, painted files, and what strangers call a PNG."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.mattes.drawing import drawn, is_untouched, read_painted, write_to_paint_on
from understudy.mattes.labels import LabelledFace, Painted, Polygon

_HALF = np.array([[0.5, 0.0, -10.75], [0.0, 0.5, -5.75]])
"""From the frame to a square of half its scale, in which two pixels of the frame are one."""


def _box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _matte(face: LabelledFace, folder: Path = Path()) -> np.ndarray:
    return drawn(face, _HALF, 32, folder)


def test_nothing_said_is_replaced_as_a_whole() -> None:
    assert _matte(LabelledFace(0, 0)).min() == 1.0


def test_include_comes_first_and_exclude_is_cut_out_of_it() -> None:
    face = LabelledFace(0, 0, (_box(24.5, 14.5, 64.5, 54.5),), (_box(44.5, 34.5, 84.5, 74.5),))
    matte = _matte(face)
    assert matte.sum() == pytest.approx((40 * 40 - 20 * 20) / 4, abs=1e-3)
    assert matte[4, 4] == 1.0
    assert matte[20, 20] == matte[30, 30] == 0.0


def test_several_polygons_add_up_but_do_not_count_twice() -> None:
    both = LabelledFace(0, 0, (_box(24.5, 14.5, 44.5, 34.5), _box(34.5, 14.5, 54.5, 34.5)))
    assert _matte(both).sum() == pytest.approx(30 * 20 / 4, abs=1e-3)


def _save(path: Path, picture: np.ndarray) -> None:
    cv2.imwrite(str(path), picture)


def _painted(folder: Path, picture: np.ndarray, face: LabelledFace | None = None) -> np.ndarray:
    _save(folder / "a.png", picture)
    where = Painted("a.png", (24, 14, 24 + picture.shape[1], 14 + picture.shape[0]))
    extra = face or LabelledFace(0, 0)
    return _matte(LabelledFace(0, 0, extra.include, extra.exclude, where), folder)


def test_what_is_erased_of_a_picture_is_not_replaced(tmp_path: Path) -> None:
    picture = np.full((40, 40, 4), 255, np.uint8)
    picture[10:30, 10:30, 3] = 0
    matte = _painted(tmp_path, picture)
    assert (1 - matte).sum() == pytest.approx(100, abs=2)
    assert matte[12, 12] == 0.0
    assert matte[0, 0] == matte[31, 31] == 1.0  # beyond the picture


def test_erased_to_its_rim_it_goes_no_further(tmp_path: Path) -> None:
    matte = _painted(tmp_path, np.zeros((40, 40, 4), np.uint8))
    assert (1 - matte).sum() == pytest.approx(400, abs=25)
    assert matte[:, 24:].min() == 1.0


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_pictures_are_mattes_too(tmp_path: Path, depth: type) -> None:
    grey = np.full((40, 40), np.iinfo(depth).max // 2, depth)
    assert _painted(tmp_path, grey)[12, 12] == pytest.approx(0.5, abs=0.003)
    assert _painted(tmp_path, np.dstack([grey] * 3))[12, 12] == pytest.approx(0.5, abs=0.003)


def test_polygons_are_drawn_over_what_is_painted(tmp_path: Path) -> None:
    black = np.zeros((40, 40), np.uint8)
    both = LabelledFace(0, 0, (_box(24.5, 14.5, 44.5, 34.5),), (_box(34.5, 14.5, 44.5, 34.5),))
    matte = _painted(tmp_path, black, both)
    assert matte[4, 4] == 1.0
    assert matte[4, 9] == matte[16, 16] == 0.0


def _header(width: int, height: int) -> bytes:
    body = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes([8, 6, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "no PNG"),
        (b"GIF89a" + bytes(40), "no PNG"),
        (_header(60000, 60000), "60000 x 60000"),
        (_header(40, 40), "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_before_it_is_decoded(tmp_path: Path, data: bytes, word: str) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BadInputError, match=word):
        read_painted(tmp_path, Painted("a.png", (0, 0, 40, 40)))
    with pytest.raises(BadInputError, match="no painted matte"):
        read_painted(tmp_path, Painted("b.png", (0, 0, 40, 40)))


def test_a_picture_without_transparency_is_refused(tmp_path: Path) -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[3, 3] = (1, 2, 3)
    _save(tmp_path / "a.png", picture)
    with pytest.raises(BadInputError, match="erase"):
        read_painted(tmp_path, Painted("a.png", (0, 0, 40, 40)))


def test_a_picture_that_nobody_touched_says_nothing(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    sha = write_to_paint_on(tmp_path / "a.png", picture)
    where = Painted("a.png", (0, 0, 30, 20), sha)
    assert is_untouched(tmp_path, LabelledFace(0, 0, painted=where))
    assert read_painted(tmp_path, where).min() == 1.0
    assert not is_untouched(tmp_path, LabelledFace(0, 0, exclude=(_box(0, 0, 4, 4),), painted=where))
    given = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(given[..., 2::-1], picture)
    _save(tmp_path / "a.png", given)  # opened and saved: somebody has looked, and nothing is before it
    given[0, 0, 3] = 0
    _save(tmp_path / "a.png", given)
    assert not is_untouched(tmp_path, LabelledFace(0, 0, painted=where))
