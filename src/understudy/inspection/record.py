"""What was measured of a clip: columns of one row a frame, and nothing as large as a picture."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import LANDMARK_COUNT, Faceset, Found
from understudy.faces.stretches import Growing
from understudy.inspection.looking import Look
from understudy.inspection.unrolled import cell_count

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Record:
    """A clip of T frames, beside its plate or alone.

    columns    by name, (T,) float64, NaN where nothing could be told; those of the plate begin with "plate_"
    seen       (T,) where a face was seen at all: in the plate, if there is one
    found      (T,) where one was seen in the result
    points     (T, 478, 3) float32 its landmarks in the frame, 0 without one; for showing where things are
    cells      (T, C, 3) uint8 unrolled colours of the result, and `plate_cells` of the plate (C may be 0)
    facing     (T, C) which cells look towards the camera
    cuts       frames that begin a new shot, 0 not among them
    """

    rate: float
    columns: dict[str, Array]
    seen: Array
    found: Array
    points: Array = field(repr=False)
    cells: Array = field(repr=False)
    plate_cells: Array = field(repr=False)
    facing: Array = field(repr=False)
    has_plate: bool
    cuts: tuple[int, ...] = ()

    @property
    def frames(self) -> int:
        """T."""
        return len(self.seen)

    def column(self, name: str) -> Array:
        """A column, (T,); NaN throughout where it was never measured."""
        return self.columns.get(name, np.full(self.frames, np.nan))

    def relative(self, name: str) -> Array:
        """The result's column less the plate's; the result's alone where there is no plate."""
        own = self.column(name)
        return own - self.column(f"plate_{name}") if self.has_plate else own

    def shots(self) -> Iterator[slice]:
        """The frames of each shot."""
        for begin, end in zip((0, *self.cuts), (*self.cuts, self.frames), strict=True):
            if end > begin:
                yield slice(begin, end)


class Recorder:
    """Takes looks in order, and what following them has shown."""

    def __init__(self, has_plate: bool) -> None:
        self._has_plate = has_plate
        self._columns: dict[str, array[float]] = {}
        self._seen: list[bool] = []
        self._found: list[bool] = []
        self._points = Growing((LANDMARK_COUNT, 3), np.float32)
        cells = cell_count()
        self._cells, self._plate_cells = (Growing((cells, 3), np.uint8) for _ in range(2))
        self._facing = Growing((cells,), np.bool_)

    def add(self, look: Look, steps: dict[str, float]) -> None:
        """The next frame."""
        row = len(self._seen)
        plate = {f"plate_{name}": value for name, value in (look.plate.numbers if look.plate else {}).items()}
        for name, value in (look.result.numbers | plate | look.both | steps).items():
            column = self._columns.setdefault(name, array("d"))
            column.extend([np.nan] * (row - len(column)))
            column.append(value)
        self._seen.append(look.points is not None)
        self._found.append(look.result.points is not None)
        shown = look.plate.points if look.plate is not None else look.result.points
        self._points.add(np.zeros((1, LANDMARK_COUNT, 3)) if shown is None else shown)
        for cells, side in ((self._cells, look.result), (self._plate_cells, look.plate)):
            missing = side is None or side.cells is None
            cells.add(np.zeros((1, cell_count(), 3)) if missing else side.cells)  # type: ignore[union-attr, arg-type]
        self._facing.add(np.zeros((1, cell_count())) if look.facing is None else look.facing)

    def read(self, rate: float, cuts_of: Callable[[Faceset], list[int]]) -> Record:
        """Everything so far; `cuts_of` tells the cuts, which wants to know where faces are."""
        count = len(self._seen)
        columns = {}
        for name, values in self._columns.items():
            column = np.full(count, np.nan)
            column[: len(values)] = values
            columns[name] = column
        seen, points = np.array(self._seen, bool), self._points.whole()
        return Record(
            rate,
            columns,
            seen,
            np.array(self._found, bool),
            points,
            self._cells.whole(),
            self._plate_cells.whole(),
            self._facing.whole(),
            self._has_plate,
            tuple(cuts_of(_faces(seen, points))),
        )


def _faces(seen: Array, points: Array) -> Faceset:
    frames = np.flatnonzero(seen).astype(np.int32)
    count = len(frames)
    return Faceset(
        frames,
        np.zeros(count, np.int32),
        points if count == len(points) else points[frames],
        np.ones(count, np.float32),
        np.full(count, Found.DETECTED, np.uint8),
        np.zeros((count, 2), np.float32),
    )
