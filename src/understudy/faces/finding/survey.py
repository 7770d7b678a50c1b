"""The first pass over a clip: what every frame shows by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import COLUMNS, Faceset, concatenate
from understudy.faces.finding.readers import FaceReaders
from understudy.faces.finding.reading import Face, FaceReader, reduced
from understudy.media.frame import Frame

THUMBNAIL_SIDE = 64
"""Long side in pixels of the small pictures from which cuts are told."""

Bytes = npt.NDArray[np.uint8]
_Look = tuple[int, list[Face], Bytes]


@dataclass(frozen=True)
class Survey:
    """What the frames first .. first + T - 1 of a clip show, each looked at by itself.

    faces       their faces, not yet tracked (track -1), sorted by frame, largest first
    thumbnails  (T, h, w, 3) uint8 RGB, the long side `THUMBNAIL_SIDE`
    """

    first: int
    faces: Faceset = field(repr=False)
    thumbnails: Bytes = field(repr=False)

    @property
    def stop(self) -> int:
        """One more than the last frame."""
        return self.first + len(self.thumbnails)

    def save(self, path: Path) -> None:
        """Write as .npz under a temporary name, then rename."""
        columns = {name: getattr(self.faces, name) for name in COLUMNS}
        save_columns(path, columns | {"first": np.array(self.first), "thumbnails": self.thumbnails})

    @classmethod
    def load(cls, path: Path) -> Survey:
        """Read what `save` wrote. Raises BadInputError for anything else."""
        columns = load_columns(path, (*COLUMNS, "first", "thumbnails"))
        thumbnails, first = columns.pop("thumbnails"), columns.pop("first")
        if thumbnails.ndim != 4 or thumbnails.shape[3] != 3 or thumbnails.dtype != np.uint8:
            raise BadInputError(
                f"{path} is not a survey: its thumbnails are damaged. Delete it and run again."
            )
        if first.shape != () or first.dtype.kind != "i" or first < 0:
            raise BadInputError(
                f"{path} is not a survey: its first frame is damaged. Delete it and run again."
            )
        return cls(int(first), Faceset.from_columns(columns, path), thumbnails)


class Surveyor(FaceReaders):
    """Looks at frames on `workers` threads (None: see `worker_count`), each with its own models.

    Close it after use. What it finds does not depend on the number of threads, nor on how a clip is cut
    into runs of frames.
    """

    def survey(self, frames: Iterable[Frame], on_frame: Callable[[], None] = lambda: None) -> Survey:
        """Find the faces of consecutive frames, for example `clip.frames(start, stop)`.

        `on_frame` is called in this thread after every frame. At most `workers` + 2 frames are in memory.
        Raises BadInputError where there is no frame at all.
        """
        rows: list[tuple[int, Face]] = []
        thumbnails: list[Bytes] = []
        first: int | None = None
        for index, faces, thumbnail in self.read(_look, frames):
            first = index if first is None else first
            rows += [(index, face) for face in faces]
            thumbnails.append(thumbnail)
            on_frame()
        if first is None:
            raise BadInputError("There are no frames to look for faces in: give a longer range.")
        return Survey(first, faceset_of(rows), np.stack(thumbnails))


def _look(reader: FaceReader, frame: Frame) -> _Look:
    return frame.index, reader.read(frame.image), reduced(frame.image, THUMBNAIL_SIDE)[0]


def faceset_of(rows: Iterable[tuple[int, Face]]) -> Faceset:
    """Untracked faces of (frame, face) pairs, in the order given."""
    pairs = list(rows)
    if not pairs:
        return concatenate([])
    return Faceset(
        frame=np.array([index for index, _ in pairs], np.int32),
        track=np.full(len(pairs), -1, np.int32),
        landmarks=np.stack([face.points for _, face in pairs]).astype(np.float32),
        score=np.array([face.score for _, face in pairs], np.float32),
        found=np.array([face.found for _, face in pairs], np.uint8),
        light=np.array([face.light for _, face in pairs], np.float32),
    )
