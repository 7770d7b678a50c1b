"""Pictures of the likeness that an engine asked for, cut out once and kept in the project."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from understudy.compositing.composite import Box
from understudy.engines.base import Crop, LikenessFaces
from understudy.media import Image
from understudy.media.png import read_png, write_png
from understudy.parallel import ordered_map
from understudy.pipeline.footage import Footage
from understudy.pipeline.reel import runs
from understudy.progress import Task
from understudy.project.stage import Stage

MARGIN = 0.25
_CACHE_BYTES = 160 << 20


class CropStore:
    """Crops by likeness row, read from the project's files, the last used ones kept in memory.

    Implements `engines.base.Crops`.
    """

    def __init__(self, paths: dict[int, Path], boxes: dict[int, Box]) -> None:
        self._paths, self._boxes = paths, boxes
        self._cache: OrderedDict[int, Crop] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __getitem__(self, row: int) -> Crop:
        """The crop of a row. Raises BadInputError where its file is damaged."""
        with self._lock:
            if row in self._cache:
                self._cache.move_to_end(row)
                return self._cache[row]
        crop = Crop(read_png(self._paths[row]), self._boxes[row].to_crop)
        with self._lock:
            if row not in self._cache:
                self._cache[row] = crop
                self._bytes += crop.image.nbytes
            while self._bytes > _CACHE_BYTES and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self._bytes -= dropped.image.nbytes
        return crop


def crop_boxes(
    likeness: LikenessFaces, clips: Sequence[Footage], rows: npt.NDArray[np.int64]
) -> dict[int, Box]:
    """The box of each row's face in its clip's frames."""
    boxes = {}
    for row in rows:
        info = clips[likeness.clip[row]].info
        boxes[int(row)] = Box.around(likeness.faces.landmarks[row], info.width, info.height, MARGIN)
    return boxes


def gather(
    stage: Stage, likeness: LikenessFaces, clips: Sequence[Footage], boxes: dict[int, Box], task: Task
) -> int:
    """Cut out the crops that are not there yet; returns their number."""
    pending = [row for row in boxes if not stage.path(_name(row)).exists()]
    task.advance(len(boxes) - len(pending))

    def store(item: tuple[int, Image]) -> None:
        row, image = item
        with stage.writing(_name(row)) as path:
            write_png(path, image, effort=1)

    for _ in ordered_map(store, _cut(likeness, clips, boxes, pending)):
        task.advance()
    return len(pending)


def _cut(
    likeness: LikenessFaces, clips: Sequence[Footage], boxes: dict[int, Box], rows: Sequence[int]
) -> Iterator[tuple[int, Image]]:
    """The pictures of ascending rows, each clip gone through forward and at most once."""
    for number, clip in enumerate(clips):
        here: dict[int, list[int]] = {}
        for row in rows:
            if likeness.clip[row] == number:
                here.setdefault(int(likeness.faces.frame[row]), []).append(row)
        for run in runs(sorted(here)):
            for frame in clip.frames(run):
                for row in here.get(frame.index, ()):
                    box = boxes[row]
                    yield row, np.ascontiguousarray(frame.image[box.rows, box.columns, :3])


def open_store(stage: Stage, boxes: dict[int, Box]) -> CropStore:
    """The crops of a finished stage."""
    return CropStore({row: stage.path(_name(row)) for row in boxes}, boxes)


def _name(row: int) -> str:
    return f"{row:06}.png"
