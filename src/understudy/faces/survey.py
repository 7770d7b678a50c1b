"""The first pass over a clip: what every frame shows by itself."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from understudy.errors import BadInputError
from understudy.faces.columns import load_columns, save_columns
from understudy.faces.faceset import COLUMNS, Faceset, concatenate
from understudy.faces.reading import Face, FaceReader, reduced
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


class Surveyor:
    """Looks at frames on `workers` threads (None: one a core), each with its own models. Close it after use.

    What it finds does not depend on the number of threads, nor on how a clip is cut into runs of frames.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or _core_count()
        self._pool = ThreadPoolExecutor(self._workers, "faces")
        self._mine = threading.local()
        self._readers: list[FaceReader] = []

    def survey(self, frames: Iterable[Frame], on_frame: Callable[[], None] = lambda: None) -> Survey:
        """Find the faces of consecutive frames, for example `clip.frames(start, stop)`.

        `on_frame` is called in this thread after every frame. At most `workers` + 2 frames are in memory.
        Raises BadInputError where there is no frame at all.
        """
        rows: list[tuple[int, Face]] = []
        thumbnails: list[Bytes] = []
        first: int | None = None
        for index, faces, thumbnail in self._looked_at(frames):
            first = index if first is None else first
            rows += [(index, face) for face in faces]
            thumbnails.append(thumbnail)
            on_frame()
        if first is None:
            raise BadInputError("There are no frames to look for faces in: give a longer range.")
        return Survey(first, faceset_of(rows), np.stack(thumbnails))

    def _looked_at(self, frames: Iterable[Frame]) -> Iterator[_Look]:
        waiting: deque[Future[_Look]] = deque()
        try:
            for frame in frames:
                waiting.append(self._pool.submit(self._look, frame))
                if len(waiting) > self._workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _look(self, frame: Frame) -> _Look:
        if not hasattr(self._mine, "reader"):
            self._mine.reader = FaceReader()
            self._readers.append(self._mine.reader)
        return frame.index, self._mine.reader.read(frame.image), reduced(frame.image, THUMBNAIL_SIDE)[0]

    def close(self) -> None:
        """Stop the threads and release the models. Closing twice is fine."""
        self._pool.shutdown(cancel_futures=True)
        while self._readers:
            self._readers.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
    )


def _core_count() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
