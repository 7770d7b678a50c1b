"""Columns as long as a clip: gone through in stretches, and kept in files so that memory stays flat.

An hour of footage has 90 000 frames, and the landmarks of one face in them take half a gigabyte. Such columns
lie in files and are mapped: they look like arrays, their rows come into memory when they are touched, and
`stretches` gives that memory back as it goes along. What is short stays an ordinary array.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from understudy.atomic import output_error

Column = npt.NDArray[Any]

STRETCH = 512
"""Rows that are worked on at a time: what is worked out on the way takes several times the room of what
comes out."""

LARGE = 4 << 20
"""Bytes from which on a column lies in a file, where there is a folder for it."""

_folder: Path | None = None


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Within this block, of the whole process, large columns lie in nameless files on the disk of `folder`.

    Outside of any such block they stay in memory. As with memory itself, whoever asks for
    it need not know where it is: it changes where numbers are, and never which.
    """
    global _folder
    before, _folder = _folder, folder
    try:
        yield
    finally:
        _folder = before


def stretches(count: int, *columns: Column, length: int | None = None) -> Iterator[slice]:
    """0..count-1 in runs of `length` (None: `STRETCH`). After each, the memory that mapped `columns` have
    taken is given back.
    """
    step = length or STRETCH
    for begin in range(0, count, step):
        yield slice(begin, min(begin + step, count))
        release(*columns)


def windows(
    count: int, margin: int, *columns: Column, length: int | None = None
) -> Iterator[tuple[slice, slice, slice]]:
    """Stretches for work that looks at the neighbours of each row: what is wanted, what has to be seen for it
    (`margin` more rows on either side, as far as there are any), and where in that the wanted part is.
    """
    for wanted in stretches(count, *columns, length=length):
        first = max(0, wanted.start - margin)
        seen = slice(first, min(wanted.stop + margin, count))
        yield wanted, seen, slice(wanted.start - first, wanted.stop - first)


def release(*columns: Column) -> None:
    """Give back the memory of mapped columns: what is touched again is read again. Others are left alone."""
    for column in columns:
        mapping = _mapping(column)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows, which does it by itself
            mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(column: Column) -> mmap.mmap | None:
    """The file that an array, or what it is a view of, is mapped from."""
    base: Any = column
    while base is not None:
        if isinstance(base, mmap.mmap):
            return base
        base = getattr(base, "base", None)
    return None


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Column:
    """A new array to be filled; in a file where it is large. Raises OutputError where the disk is full."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if _folder is None or size < LARGE:
        return np.empty(shape, kind)
    with _scratch(_folder) as file:
        _allocate(file, size, _folder)
        return mapped(file, kind, shape)


def mapped(
    file: IO[bytes] | Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int = 0, mode: str = "r+"
) -> Column:
    """A column that lies in a file from byte `offset` on; `mode` is "r" where it must not be written to."""
    # A plain array: numpy's own class for it makes every small view of a row several times slower.
    column = np.memmap(file, dtype, mode, offset, shape)  # type: ignore[call-overload]
    return np.asarray(column)


def taken(column: Column, rows: npt.NDArray[Any]) -> Column:
    """`column[rows]`, a copy; `rows` are indices, or a boolean mask."""
    if rows.dtype == np.bool_:
        rows = np.flatnonzero(rows)
    found = empty((len(rows), *column.shape[1:]), column.dtype)
    for some in stretches(len(rows), column, found):
        found[some] = column[rows[some]]
    return found


def part_of(column: Column, rows: npt.NDArray[np.integer[Any]]) -> Column:
    """`column[rows]` for ascending rows; without a copy where they follow each other."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return column[rows[0] : rows[-1] + 1]
    return taken(column, rows)


class Growing:
    """A column that grows row by row: in memory, and in a file from where on it is large.

    tail    the shape of one row
    """

    def __init__(self, tail: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self._tail, self._dtype = tail, np.dtype(dtype)
        self._row_bytes = int(np.prod(tail, dtype=np.int64)) * self._dtype.itemsize
        self._blocks: list[Column] = []
        self._begins: list[int] = []
        self._size = self._count = 0
        self._file: IO[bytes] | None = None
        self._folder: Path | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Column) -> None:
        """Append rows (n, *tail); they are copied. Raises OutputError where the disk is full."""
        rows = np.asarray(rows).reshape(-1, *self._tail)
        for some in stretches(len(rows), rows):
            self._add(np.array(rows[some], self._dtype))

    def _add(self, rows: Column) -> None:
        self._blocks.append(rows)
        self._begins.append(self._count)
        self._count += len(rows)
        self._size += rows.nbytes
        if _folder is not None and self._file is None and self._size >= LARGE:
            self._file, self._folder = _scratch(_folder), _folder
        if self._file is not None:
            self._write()

    def row(self, place: int) -> Column:
        """One row, a copy."""
        if self._file is None:
            block = bisect_right(self._begins, place) - 1
            return np.array(self._blocks[block][place - self._begins[block]])
        self._file.seek(place * self._row_bytes)
        found = np.frombuffer(self._file.read(self._row_bytes), self._dtype).reshape(self._tail)
        self._file.seek(0, os.SEEK_END)
        return found

    def _write(self) -> None:
        assert self._file is not None
        assert self._folder is not None
        try:
            for block in self._blocks:
                self._file.write(block.tobytes())
        except OSError as error:
            raise output_error(self._folder, error) from error
        self._blocks.clear()
        self._begins.clear()

    def whole(self) -> Column:
        """All rows so far, (N, *tail)."""
        if self._file is None:
            return np.concatenate([np.empty((0, *self._tail), self._dtype), *self._blocks])
        assert self._folder is not None
        try:
            self._file.flush()
        except OSError as error:
            raise output_error(self._folder, error) from error
        return mapped(self._file, self._dtype, (self._count, *self._tail))


def _scratch(folder: Path) -> IO[bytes]:
    """A file that is gone when it is closed and no longer mapped, also after a kill."""
    try:
        return tempfile.TemporaryFile(dir=folder, prefix=".part-")
    except OSError as error:
        raise output_error(folder, error) from error


def _allocate(file: IO[bytes], size: int, folder: Path) -> None:
    """Take the room on the disk now: a mapped file that finds the disk full later is a bus error."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        block = bytes(min(size, 1 << 20))
        for begin in range(0, size, len(block)):
            file.write(block[: size - begin])
        file.flush()
    except OSError as error:
        raise output_error(folder, error) from error
