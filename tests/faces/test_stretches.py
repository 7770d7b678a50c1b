"""Columns as long as a clip: the same numbers, wherever they lie."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from understudy.errors import OutputError
from understudy.faces import columns, stretches
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import concatenate
from understudy.faces.stretches import Growing, empty, kept_in, part_of, taken, windows


@pytest.fixture(autouse=True)
def _few_bytes_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "LARGE", 1000)
    monkeypatch.setattr(columns, "LARGE", 1000)


def is_mapped(column: np.ndarray) -> bool:
    return stretches._mapping(column) is not None


def test_windows_cover_everything_once_and_show_the_neighbours() -> None:
    rows, seen_of = np.arange(23), []
    for wanted, seen, inner in windows(23, 3, length=5):
        assert rows[seen][inner].tolist() == rows[wanted].tolist()
        assert rows[seen].tolist() == [r for r in range(wanted.start - 3, wanted.stop + 3) if 0 <= r < 23]
        seen_of += rows[wanted].tolist()
    assert seen_of == rows.tolist()


def test_large_columns_lie_in_files_without_a_name_only_where_there_is_a_folder(tmp_path: Path) -> None:
    assert not is_mapped(empty((500,), np.float64))
    with kept_in(tmp_path):
        assert not is_mapped(empty((10,), np.float64))
        column = empty((500,), np.float64)
        assert is_mapped(column)
        column[:] = np.arange(500)
        stretches.release(column)
        assert np.array_equal(column, np.arange(500))
        assert np.array_equal(taken(column, column % 2 == 1), np.arange(1, 500, 2))
        assert np.shares_memory(part_of(column, np.arange(3, 400)), column)
        assert part_of(column, np.array([3, 5])).tolist() == [3, 5]
        assert list(tmp_path.iterdir()) == []
    assert not is_mapped(empty((500,), np.float64))


def test_a_column_that_grows_gives_its_rows_before_and_after_it_is_large(tmp_path: Path) -> None:
    rows = np.arange(300, dtype=np.float64).reshape(100, 3)
    with kept_in(tmp_path):
        column = Growing((3,), np.float64)
        for count in range(100):
            column.add(rows[count])
            assert len(column) == count + 1
            assert np.array_equal(column.row(count // 2), rows[count // 2])
        assert is_mapped(column.whole())
        assert np.array_equal(column.whole(), rows)
    assert Growing((3,), np.float32).whole().shape == (0, 3)
    assert len(concatenate([])) == 0


def test_a_full_disk_is_told_before_anything_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with kept_in(tmp_path), pytest.raises(OutputError, match="disk is full"):
        empty((500,), np.float64)


def test_columns_are_mapped_where_they_lie_in_their_file(tmp_path: Path) -> None:
    path = tmp_path / "columns.npz"
    saved = {
        "odd": np.arange(7, dtype=np.uint8),
        "long": np.arange(900, dtype=np.float64).reshape(300, 3),
        "flat": np.asfortranarray(np.arange(800, dtype=np.float32).reshape(2, 400)),
        "one": np.array(3.5),
        "none": np.zeros((0, 4)),
    }
    save_columns(path, saved)
    found = load_columns(path, list(saved), mapped=True)
    for name, column in saved.items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype == column.dtype
        np.testing.assert_array_equal(np.load(path)[name], column)
    assert [name for name in saved if is_mapped(found[name])] == ["long", "flat"]
    assert found["long"].flags.aligned
    with pytest.raises(ValueError, match="read-only"):
        found["long"][0] = 1


def test_a_bit_that_flipped_in_a_mapped_column_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "columns.npz"
    save_columns(path, {"long": np.arange(900, dtype=np.float64)})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(columns.BadInputError, match="delete it and run again"):
        load_columns(path, ["long"], mapped=True)
