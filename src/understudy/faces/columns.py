"""Columns of numbers on disk: written whole or not at all, and never trusted when read."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from understudy.atomic import replacing
from understudy.errors import BadInputError
from understudy.faces import stretches
from understudy.faces.stretches import LARGE, release
from understudy.parallel import PARSING

Columns = dict[str, npt.NDArray[Any]]

_BLOCK = 1 << 20
_ALIGNED = 64
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
"""Of a zip entry: signature, five small fields, checksum, two sizes, lengths of name and of extra fields."""
_ZIP64_FIELD = 20
_PADDING = 0xD935
"""The extra field that Android's zipalign uses for the same purpose."""


def save_columns(path: Path, columns: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays by name as .npz, whole or not at all. Raises OutputError where that cannot be.

    Mapped arrays go through memory in small parts. They are stored as they are, so that they can be mapped.
    """
    # Not np.savez: stopped by Ctrl-C it leaves its archive open, which is complained of on stderr later.
    with replacing(path) as part, part.open("wb") as file, zipfile.ZipFile(file, "w") as archive:
        for name, column in columns.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.extra = _padding(file.tell(), entry.filename)
            with archive.open(entry, "w", force_zip64=True) as sink:
                _write(sink, np.asanyarray(column))


def _padding(begin: int, name: str) -> bytes:
    """An extra field after which the content of an entry, whose header begins at `begin`, is aligned."""
    before = begin + _LOCAL_HEADER.size + len(name.encode()) + 4 + _ZIP64_FIELD
    return struct.pack("<HH", _PADDING, -before % _ALIGNED) + bytes(-before % _ALIGNED)


def _write(sink: IO[bytes], column: npt.NDArray[Any]) -> None:
    """As `numpy.lib.format.write_array`, in C order, giving back the memory of what is mapped."""
    if column.nbytes < LARGE or column.dtype.hasobject:
        npy.write_array(sink, column, allow_pickle=False)  # type: ignore[no-untyped-call]
        return
    header = {
        "descr": npy.dtype_to_descr(column.dtype),  # type: ignore[no-untyped-call]
        "fortran_order": False,
        "shape": column.shape,
    }
    npy.write_array_header_1_0(sink, header)  # type: ignore[no-untyped-call]
    rows = max(1, _BLOCK * len(column) // column.nbytes)
    for begin in range(0, len(column), rows):
        sink.write(column[begin : begin + rows].tobytes())
        release(column)


def load_columns(path: Path, names: Sequence[str], *, mapped: bool = False) -> Columns:
    """The arrays `names` of what `save_columns` wrote. Pickles are never loaded.

    With `mapped`, large ones stay in the file, cannot be written to, and come into memory as they are
    touched (see `stretches`). Raises BadInputError where the file is missing, damaged or lacks a column.
    """
    columns = load_all_columns(path, mapped=mapped)
    missing = [name for name in names if name not in columns]
    if missing:
        raise BadInputError(f"{path} cannot be read ({missing[0]} is missing): delete it and run again.")
    return {name: columns[name] for name in names}


def load_all_columns(path: Path, *, mapped: bool = False) -> Columns:
    """Every array of what `save_columns` wrote, as `load_columns`. Pickles are never loaded.

    Raises BadInputError where the file is missing or damaged.
    """
    try:
        with PARSING, np.load(path, allow_pickle=False) as columns:
            found: Columns = {}
            for name in columns.files:
                column = _mapped(path, columns.zip, f"{name}.npy") if mapped else None
                found[name] = columns[name] if column is None else column
            return found
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInputError(f"{path} cannot be read ({error}): delete it and run again.") from error


def _mapped(path: Path, archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any] | None:
    """One array of an archive where it lies; None where it is small, compressed, or lies askew."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        return None
    if entry.file_size < LARGE or entry.compress_type != zipfile.ZIP_STORED:
        return None
    with archive.open(entry) as content:
        while content.read(_BLOCK):  # which raises where the checksum is another
            pass
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        fields = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        begin = entry.header_offset + _LOCAL_HEADER.size + fields[-2] + fields[-1]
        file.seek(begin)
        if npy.read_magic(file) != (1, 0):  # type: ignore[no-untyped-call]
            return None
        shape, fortran, dtype = npy.read_array_header_1_0(file)  # type: ignore[no-untyped-call]
        offset = file.tell()
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if dtype.hasobject or fortran or size > begin + entry.file_size - offset or offset % dtype.alignment:
        return None  # numpy reads it, or says what is wrong
    return stretches.mapped(path, dtype, shape, offset, "r")
