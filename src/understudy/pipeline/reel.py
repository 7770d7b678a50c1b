"""Frames in ranges that follow each other, decoded as one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from understudy.media import Frame

_GAP = 60


class Reel:
    """Reads ranges of frames of one footage for work that goes by chunks.

    Decoding can only begin at a keyframe: begun anew for each chunk, footage with few of them would be
    decoded several times over. So one run goes on from chunk to chunk as long as each begins where the last
    one ended, or one frame before.

    `read` gives the frames of a range, as `Footage.frames` does; no range goes beyond `stop`.
    """

    def __init__(self, read: Callable[[range], Iterator[Frame]], stop: int) -> None:
        self._read, self._stop = read, stop
        self._run: Iterator[Frame] = iter(())
        self._last: Frame | None = None

    def frames(self, numbers: range) -> Iterator[Frame]:
        """The frames of a range. To be drawn to their end before the next range is asked for."""
        if not numbers:
            return
        start = numbers.start
        if self._last is not None and start == self._last.index:
            yield self._last
            start += 1
        elif self._last is None or start != self._last.index + 1:
            self._run = self._read(range(start, self._stop))
        for frame in islice(self._run, numbers.stop - start):
            self._last = frame
            yield frame


def runs(frames: Sequence[int]) -> Iterator[range]:
    """Ranges that hold all of the ascending `frames`: decoding through a gap is quicker than seeking."""
    begin = 0
    for k in range(1, len(frames) + 1):
        if k == len(frames) or frames[k] - frames[k - 1] > _GAP:
            yield range(frames[begin], frames[k - 1] + 1)
            begin = k
