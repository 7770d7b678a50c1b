"""Columns of numbers on disk: written whole or not at all, and never trusted when read."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.format import write_array

from understudy.atomic import replacing
from understudy.errors import BadInputError

Columns = dict[str, npt.NDArray[Any]]


def save_columns(path: Path, columns: Mapping[str, npt.NDArray[Any]], *, compress: bool = False) -> None:
    """Write arrays by name as .npz, whole or not at all. Raises OutputError where that cannot be."""
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    # Not np.savez: stopped by Ctrl-C it leaves its archive open, which is complained of on stderr later.
    with replacing(path) as part, zipfile.ZipFile(part, "w", method) as archive:
        for name, column in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                write_array(entry, np.asanyarray(column), allow_pickle=False)  # type: ignore[no-untyped-call]


def load_columns(path: Path, names: Sequence[str]) -> Columns:
    """The arrays `names` of what `save_columns` wrote. Pickles are never loaded.

    Raises BadInputError where the file is missing, damaged or lacks a column.
    """
    columns = load_all_columns(path)
    missing = [name for name in names if name not in columns]
    if missing:
        raise BadInputError(f"{path} cannot be read ({missing[0]} is missing): delete it and run again.")
    return {name: columns[name] for name in names}


def load_all_columns(path: Path) -> Columns:
    """Every array of what `save_columns` wrote. Pickles are never loaded.

    Raises BadInputError where the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as columns:
            return {name: columns[name] for name in columns.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInputError(f"{path} cannot be read ({error}): delete it and run again.") from error
