"""Clips as the pipeline knows them: opened, hashed, and limited to the frames that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from understudy.errors import BadInputError
from understudy.media import Clip, ClipInfo, Frame, open_clip
from understudy.media.thinned import ThinnedClip
from understudy.pipeline.reel import Reel
from understudy.project.fingerprint import fingerprint


@dataclass(frozen=True)
class Footage:
    """One clip of a swap.

    first, stop   the frames in question, first..stop-1
    digest        hash of the file's content
    step          every how many frames of the file `clip` shows
    """

    clip: Clip = field(repr=False)
    first: int
    stop: int
    digest: str
    step: int = 1

    @property
    def info(self) -> ClipInfo:
        """What is known of the clip."""
        return self.clip.info

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def numbers(self) -> range:
        """The frame numbers."""
        return range(self.first, self.stop)

    def chunk(self, index: int, size: int) -> range:
        """The frame numbers of chunk `index`."""
        begin = self.first + index * size
        return range(begin, min(begin + size, self.stop))

    def chunk_count(self, size: int) -> int:
        """How many chunks of `size` frames there are."""
        return -(-len(self) // size)

    def frames(self, numbers: range) -> Iterator[Frame]:
        """The frames of a range, each decoded once.

        Raises BadInputError where the file is damaged and a frame is missing.
        """
        expected = numbers.start
        for frame in self.readable(numbers):
            yield frame
            expected = frame.index + 1
        if expected < numbers.stop:
            raise BadInputError(
                f"{self.info.path.name} could be read beyond frame {expected} before and now cannot: "
                "check the disk that it is on, and run the same command again."
            )

    def reel(self) -> Reel:
        """For work that goes by chunks; its ranges are what `frames` gives."""
        return Reel(self.frames, self.stop)

    def readable(self, numbers: range) -> Iterator[Frame]:
        """The frames of a range up to the first that cannot be read or is of another size than the others."""
        with suppress(BadInputError):
            yield from self.clip.frames(numbers.start, numbers.stop)

    def until(self, stop: int) -> Footage:
        """The same footage without the frames from `stop` on."""
        return replace(self, stop=stop)

    def thinned(self, step: int) -> Footage:
        """Every `step`-th frame of this footage, which must be a whole clip; they are numbered anew."""
        if step == 1:
            return self
        clip = ThinnedClip(self.clip, step)
        return replace(self, clip=clip, stop=clip.info.frame_count, step=self.step * step)

    def reason_for_end(self, stop: int) -> str:
        """Why frame `stop` is not among the readable ones, as one sentence."""
        try:
            self.clip.read(stop)
        except BadInputError as error:
            return str(error)
        return f"{self.info.path.name} is damaged: frame {stop} cannot be reached from the one before."


def open_footage(path: Path, frames: tuple[int, int] | None = None, rate: Fraction | None = None) -> Footage:
    """Open a clip and hash it. `frames` are the first and the last one wanted, both included; None: all.

    Raises BadInputError for whatever cannot be used, and for a range outside the clip.
    """
    clip = open_clip(path, rate=rate)
    try:
        count = clip.info.frame_count
        first, last = frames or (0, count - 1)
        if last >= count:
            raise BadInputError(
                f"{path.name} has the frames 0-{count - 1}: "
                f"frame {last} is outside; give --frames within them."
            )
        return Footage(clip, first, last + 1, fingerprint(*clip.files))
    except BaseException:
        clip.close()
        raise
