"""Our own PNG files hold the very pixels, and damaged ones are refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.errors import BadInputError
from understudy.media.png import read_png, write_png


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("effort", [1, 9])
def test_pixels_come_back(tmp_path: Path, dtype: type, effort: int) -> None:
    picture = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (17, 23, 3), dtype)
    write_png(tmp_path / "a.png", picture, effort=effort)
    back = read_png(tmp_path / "a.png")
    assert back.dtype == dtype
    assert np.array_equal(back, picture)


def test_red_is_red_for_others(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.full((2, 2, 3), (200, 100, 0), np.uint8))
    assert cv2.imread(str(tmp_path / "a.png"))[0, 0].tolist() == [0, 100, 200]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"text"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(BadInputError, match="is damaged: delete it"):
        read_png(tmp_path / "a.png")


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (4, 4, 1)])
def test_only_colour_pictures_are_written(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be a PNG"):
        write_png(tmp_path / "a.png", np.zeros(shape, np.uint8))
    assert not (tmp_path / "a.png").exists()
