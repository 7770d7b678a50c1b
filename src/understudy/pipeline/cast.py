"""A role with everything that is needed to draw it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from understudy.compositing.composite import MARGIN, Box
from understudy.engines.base import Crops, Model, PlateFace, Rendered
from understudy.faces.faceset import Faceset
from understudy.faces.occlusion.solving import Occlusion, refine
from understudy.faces.stretches import release

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """One role, ready to be drawn.

    faces       the plate faces it replaces, with steady landmarks, sorted by track and then by frame
    model       what the engine made of them
    crops       pictures of the likeness
    occlusions  what stands before the faces, by track
    mapped      columns that the model has in files
    """

    faces: Faceset
    model: Model = field(repr=False)
    crops: Crops = field(repr=False)
    occlusions: Mapping[int, Occlusion] = field(repr=False)
    mapped: tuple[npt.NDArray[Any], ...] = field(default=(), repr=False)

    @cached_property
    def _by_frame(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Rows by frame, and their frames."""
        rows = np.argsort(self.faces.frame, kind="stable")
        return rows, self.faces.frame[rows]

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        places = np.empty(len(self.faces), np.int64)
        for _, rows in self.faces.by_track():
            places[rows] = np.arange(len(rows))
        return places

    def rows_of(self, frame: int) -> npt.NDArray[np.int64]:
        """Rows of the faces in a frame."""
        rows, frames = self._by_frame
        begin, end = np.searchsorted(frames, (frame, frame + 1))
        return rows[begin:end]

    def place_of(self, row: int) -> int:
        """How many faces of its track stand before a row."""
        return int(self._places[row])

    def release(self) -> None:
        """Give back the memory of what lies in files. It is read again when it is asked for."""
        release(self.faces.landmarks, *self.mapped, *(each.maps for each in self.occlusions.values()))

    def render(self, row: int, picture: Floats, to_crop: npt.NDArray[np.float64]) -> Rendered:
        """The likeness's face for one row, over `picture` (h, w, 3), which `to_crop` cuts from the frame."""
        return self.model.render([PlateFace(row, picture, to_crop)], self.crops)[0]

    def occluder(self, row: int, picture: Floats, to_crop: npt.NDArray[np.float64]) -> Floats | None:
        """What stands before the face, (h, w) in [0, 1], or None."""
        track = int(self.faces.track[row])
        occlusion = self.occlusions.get(track)
        if occlusion is None:
            return None
        place = self.place_of(row)
        return refine(occlusion.of_face(place), occlusion.to_map[place], picture, to_crop)


@dataclass(frozen=True)
class Appearance:
    """One face to be put into one frame.

    box    where it is put
    view   what the engine sees of the plate for it: the box, and more where it asks for more
    """

    part: int
    row: int
    box: Box
    view: Box

    @property
    def in_view(self) -> tuple[slice, slice]:
        """Rows and columns of the box in the view."""
        x, y = self.box.x0 - self.view.x0, self.box.y0 - self.view.y0
        return slice(y, y + self.box.y1 - self.box.y0), slice(x, x + self.box.x1 - self.box.x0)


def seen_for(part: Part, face: Appearance, width: int, height: int) -> Appearance:
    """The same face with what another part of the same role, by another engine, has to see for it."""
    landmarks = part.faces.landmarks[face.row]
    view = Box.around(landmarks, width, height, max(MARGIN, part.model.room))
    return replace(face, view=view)


def appearances(parts: Sequence[Part], frame: int, width: int, height: int) -> Iterator[Appearance]:
    """The faces to be put into a frame, farthest (smallest) first, so that nearer ones cover them."""
    found = []
    for index, part in enumerate(parts):
        for row in part.rows_of(frame):
            landmarks = part.faces.landmarks[row]
            box = Box.around(landmarks, width, height)
            view = Box.around(landmarks, width, height, max(MARGIN, part.model.room))
            if not box.empty:
                found.append((box.y1 - box.y0, Appearance(index, int(row), box, view)))
    return iter([appearance for _, appearance in sorted(found, key=lambda item: item[0])])
