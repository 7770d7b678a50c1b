"""Faces to learn from: every face of a role or a likeness, upright in a small square, with its matte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.sampling import sample_sharply
from understudy.geometry import mesh
from understudy.geometry.align import apply_affine
from understudy.geometry.framing import Framing, aligned_matrix
from understudy.geometry.matte import face_matte
from understudy.geometry.pose import head_angles
from understudy.media import Frame
from understudy.parallel import ordered_map
from understudy.pipeline.footage import Footage
from understudy.pipeline.reel import runs
from understudy.progress import Task
from understudy.project.stage import Stage
from understudy.training.faces import TrainingFaces

Bytes = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
Cover = Callable[[int, Bytes, Matrix], npt.NDArray[np.float32] | None]
"""What stands before the face of a row: (h, w) in [0, 1] over its crop with its matrix, or None."""

CHUNK = 64
SIZES = (64, 640)
"""Smallest and largest side of the squares."""

_RESIDENT_BYTES = 3 << 30
_IMAGES, _MATTES = "images.npy", "mattes.npy"


@dataclass(frozen=True)
class Shown:
    """Where faces are to be seen: rows of a faceset that are in one clip, and their frames in it."""

    clip: Footage
    row: npt.NDArray[np.int64] = field(repr=False)
    frame: npt.NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True)
class Aligner:
    """Cuts faces out upright.

    landmarks   (N, 478, 3) of all rows, frame pixels
    shown       the clips and which of the rows are in them; together they are what is cut out
    """

    landmarks: npt.NDArray[np.floating[Any]] = field(repr=False)
    shown: Sequence[Shown]
    size: int
    framing: Framing
    cover: Cover = field(default=lambda *_: None, repr=False)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The rows that are cut out, ascending."""
        return np.sort(np.concatenate([np.zeros(0, np.int64), *(each.row for each in self.shown)]))

    def run(self, stage: Stage, task: Task) -> int:
        """Make the chunks that are missing, and put all of them together; returns the faces cut out."""
        if all(stage.path(name).exists() for name in (_IMAGES, _MATTES)):
            return 0
        done = 0
        for name, clip, rows, frames in self._chunks(stage):
            if stage.path(name).exists():
                task.advance(len(rows))
            else:
                done += len(rows)
                save_columns(stage.path(name), self._chunk(clip, rows, frames, task))
        self._put_together(stage)
        return done

    def _chunks(
        self, stage: Stage
    ) -> Iterator[tuple[str, _Reader, npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """Name, clip, rows and frames of each chunk, in the order of the footage."""
        index = 0
        for each in self.shown:
            reader = _Reader(each.clip)
            order = np.argsort(each.frame, kind="stable")
            for begin in range(0, len(order), CHUNK):
                part = order[begin : begin + CHUNK]
                yield stage.chunk(index), reader, each.row[part], each.frame[part]
                index += 1

    def _chunk(
        self, reader: _Reader, rows: npt.NDArray[np.int64], frames: npt.NDArray[np.int64], task: Task
    ) -> dict[str, npt.NDArray[Any]]:
        images = np.empty((len(rows), self.size, self.size, 3), np.uint8)
        mattes = np.empty((len(rows), self.size, self.size), np.uint8)

        def cut(frame: Frame) -> int:
            here = np.flatnonzero(frames == frame.index)
            for place in here:
                images[place], mattes[place] = self._cut(frame, int(rows[place]))
            return len(here)

        for count in ordered_map(cut, reader.frames(frames)):
            task.advance(count)
        return {"row": rows, "images": images, "mattes": mattes}

    def _cut(self, frame: Frame, row: int) -> tuple[Bytes, Bytes]:
        to_crop = aligned_matrix(self.landmarks[row], self.size, self.framing)
        picture = sample_sharply(frame.image, to_crop, self.size)
        matte = face_matte(apply_affine(to_crop, self.landmarks[row]), self.size, self.size)
        matte = matte * _inside(frame.image.shape[:2], to_crop, self.size)
        covered = self.cover(row, picture, to_crop)
        if covered is not None:
            matte = matte * (1.0 - covered)
        return picture, np.round(255.0 * matte).astype(np.uint8)

    def _put_together(self, stage: Stage) -> None:
        """One array of pictures and one of mattes, which can be mapped; the chunks are then deleted."""
        rows, chunks = self.rows, [stage.path(name) for name, *_ in self._chunks(stage)]
        for name, shape in ((_IMAGES, (self.size, self.size, 3)), (_MATTES, (self.size, self.size))):
            with stage.writing(name) as path:
                whole = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
                    path, mode="w+", dtype=np.uint8, shape=(len(rows), *shape)
                )
                for chunk in chunks:
                    columns = load_columns(chunk, ("row", Path(name).stem))
                    whole[np.searchsorted(rows, columns["row"])] = columns[Path(name).stem]
                whole.flush()
                del whole
        for chunk in chunks:
            chunk.unlink()

    def opened(self, stage: Stage) -> TrainingFaces:
        """The faces of a finished stage; in memory, or mapped from the disk where they are too many for that.

        Raises BadInputError where a file is damaged.
        """
        rows = self.rows
        landmarks = self.landmarks[rows]
        to_crop = aligned_matrix(landmarks, self.size, self.framing)
        try:
            return TrainingFaces(
                images=_loaded(stage.path(_IMAGES)),
                mattes=_loaded(stage.path(_MATTES)),
                landmarks=np.array(
                    [apply_affine(matrix, face) for matrix, face in zip(to_crop, landmarks, strict=True)],
                    np.float32,
                ).reshape(-1, mesh.VERTEX_COUNT, 3),
                pose=head_angles(landmarks).astype(np.float32),
                to_crop=to_crop,
                row=rows,
            )
        except (OSError, ValueError, EOFError) as error:
            raise BadInputError(f"{stage.folder} is damaged ({error}): delete it and run again.") from error


class _Reader:
    """Frames of one clip, decoded in one run as long as the chunks follow each other."""

    def __init__(self, clip: Footage) -> None:
        self._reel = clip.reel()

    def frames(self, wanted: npt.NDArray[np.int64]) -> Iterator[Frame]:
        """The frames with these numbers, ascending, each once."""
        numbers = sorted({int(frame) for frame in wanted})
        for run in runs(numbers):
            for frame in self._reel.frames(run):
                if frame.index in numbers:
                    yield frame


def thinned(rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most `most` of the rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def _inside(shape: tuple[int, ...], to_crop: Matrix, size: int) -> npt.NDArray[np.float32]:
    """1 where a crop shows the frame and 0 where it shows what is beyond its edges."""
    corners = np.array([(0, 0), (shape[1], 0), (shape[1], shape[0]), (0, shape[0])], np.float64) - 0.5
    corners = np.clip(apply_affine(to_crop, corners), -8 * size, 8 * size)
    if _holds(corners, size):
        return np.ones((size, size), np.float32)
    inside = np.zeros((size, size), np.float32)
    cv2.fillConvexPoly(inside, np.round(corners * 16).astype(np.int32), 1.0, cv2.LINE_8, 4)
    return inside


def _holds(corners: Matrix, size: int) -> bool:
    """Whether a convex quadrilateral holds the whole square."""
    square = np.array([(0, 0), (size, 0), (0, size), (size, size)], np.float64) - 0.5
    edges = np.roll(corners, -1, axis=0) - corners
    away = square[:, None] - corners[None]
    return bool((edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0] >= 0).all())


def _loaded(path: Path) -> npt.NDArray[np.uint8]:
    large = path.stat().st_size > _RESIDENT_BYTES
    array: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r" if large else None, allow_pickle=False)
    if array.dtype != np.uint8:
        raise ValueError(f"{path.name} has the wrong type")
    return array
