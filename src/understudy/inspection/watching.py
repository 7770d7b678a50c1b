"""One pass over a finished film and its plate: every frame decoded once, nothing kept but numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from understudy.faces.finding.readers import FaceReaders
from understudy.faces.finding.reading import FaceReader
from understudy.faces.tracking.shots import CutFinder
from understudy.inspection.following import Follower
from understudy.inspection.looking import Look, look_at
from understudy.inspection.record import Record, Recorder
from understudy.media.frame import Image

Pair = tuple[Image, Image | None]
"""A frame of the result (H, W, 3 or 4), and the plate's."""


class Watcher(FaceReaders):
    """Looks at frames on `workers` threads, each with its own models. Close it after use."""

    def watch(
        self, pairs: Iterable[Pair], rate: float, on_frame: Callable[[], None] = lambda: None
    ) -> Record:
        """Watch frames in order, all with a plate or none; `on_frame` is called after each."""
        return record_of(self.looks(pairs), rate, on_frame)

    def looks(self, pairs: Iterable[Pair]) -> Iterator[Look]:
        """Every frame looked at by itself, in order."""
        return self.read(_look, ((n, *pair) for n, pair in enumerate(pairs)))


def _look(reader: FaceReader, item: tuple[int, Image, Image | None]) -> Look:
    return look_at(reader, *item)


def record_of(looks: Iterable[Look], rate: float, on_frame: Callable[[], None] = lambda: None) -> Record:
    """What a clip of `rate` frames/s shows, from looks at all its frames, in order from frame 0."""
    follower, cutter = Follower(), CutFinder()
    recorder: Recorder | None = None
    for look in looks:
        if recorder is None:
            recorder = Recorder(look.plate is not None)
        recorder.add(look, follower.add(look))
        cutter.add(look.thumbnail[None])
        on_frame()
    if recorder is None:
        recorder = Recorder(False)
    return recorder.read(rate, lambda faces: cutter.cuts(faces, 0))
