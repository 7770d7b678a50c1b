"""Runs of decoded pictures that know their frame numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import av
import av.container
import numpy as np

from understudy.errors import BadInputError
from understudy.media.colour import from_numbers
from understudy.media.frame import Colour
from understudy.media.index import FrameIndex, build_index

Run = Iterator[tuple[int, av.VideoFrame]]
"""Decoded pictures with their frame numbers, ascending."""

_FOREIGN_FORMATS = {"tty", "bin", "xbin", "adf", "idf", "hls", "concat", "dash"}
"""What FFmpeg opens as video although it is text, or names other files to be opened."""


class Decoder:
    """The video stream of one open file, with its frame index. Not for use by two threads at once."""

    index: FrameIndex
    declared: Colour
    """The colour tags of the container, which the pictures' own come before."""

    def __init__(self, path: Path, index: FrameIndex | None = None) -> None:
        """Open `path`; `index` spares the building of one that is known already.

        Raises BadInputError where there is no video to be decoded.
        """
        self._path = path
        self._open()
        try:
            self.index = index or self._indexed()
        except BaseException:
            self.close()
            raise

    @classmethod
    def like(cls, other: Decoder) -> Self:
        """A second, independent decoder of the same file."""
        return cls(other._path, other.index)

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        self.container.close()

    def starts(self, number: int) -> Iterator[int | None]:
        """Times to start a run from that reaches frame `number`, nearest first; None is the file's beginning.

        The nearest is not always early enough: pictures that lead an open GOP need the one before.
        """
        if not self.index.counted:
            nearest = int(np.searchsorted(self.index.keys, self.index.pts[number], side="right")) - 1
            for back in (0, 1, 2, 4, 8):
                if nearest - back > 0:
                    yield int(self.index.keys[nearest - back])
        yield None

    def run(self, start: int | None) -> Run:
        """Pictures from the keyframe at time `start` on, in order of frame number. Ends any earlier run."""
        if start is None:
            self.container.close()
            self._open()
        else:
            self.container.seek(start, stream=self.stream)
        for count, picture in enumerate(self._pictures(sought=start is not None)):
            number = count if self.index.counted else self.index.number_of(picture.pts)
            if number is not None:
                yield number, picture

    def exactly_from(self, number: int) -> Run:
        """Pictures `number`, `number` + 1 and so on; ends before the first that cannot be decoded."""
        wanted = number
        for start in self.starts(number):
            for found, picture in self.run(start):
                if found == wanted:
                    yield found, picture
                    wanted += 1
                elif found > wanted:
                    break
            if wanted > number:
                return

    def _open(self) -> None:
        self.container = opened(self._path)
        try:
            self.stream = _video_stream(self._path, self.container)
        except BaseException:
            self.container.close()
            raise
        self.stream.thread_type = "AUTO"
        context = self.stream.codec_context
        self.declared = from_numbers(
            context.colorspace, context.color_primaries, context.color_trc, context.color_range
        )

    def _pictures(self, sought: bool = False) -> Iterator[av.VideoFrame]:
        """Everything that can be decoded from here on; what cannot shows as a missing number."""
        try:
            packets = self.container.demux(self.stream)
            if sought and self.index.landmarks:
                packets = self.index.landmarks.restamped(packets)
            for packet in packets:
                try:
                    yield from packet.decode()
                except av.InvalidDataError:
                    continue
        except av.FFmpegError:  # the file breaks off
            yield from self.stream.decode(None)

    def _indexed(self) -> FrameIndex:
        """The index without pictures that only seem to be there: their reference lies before the file."""
        index = build_index(self.container, self.stream)
        self.container.close()
        self._open()
        if index.counted:
            return index.of_length(sum(1 for _ in self._pictures()))
        first = next(self._pictures(), None)
        return index.of_length(0) if first is None or first.pts is None else index.from_time(first.pts)


def opened(path: Path) -> av.container.InputContainer:
    """A media file opened for reading; raises BadInputError where it is missing, empty or none."""
    if not path.exists():
        raise BadInputError(f"{path} does not exist; check the path.")
    if path.stat().st_size == 0:
        raise BadInputError(f"{path.name} is empty (0 bytes); copy or export it again.")
    try:
        # A video must not make us open other files or addresses.
        container = av.open(str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except PermissionError:
        raise BadInputError(f"{path} may not be read; check its permissions.") from None
    except (av.FFmpegError, OSError, ValueError):
        raise BadInputError(
            f"{path.name} is not a video that can be read, or its end is missing; "
            "check that it plays elsewhere."
        ) from None
    if set(container.format.name.split(",")) & _FOREIGN_FORMATS:
        container.close()
        raise BadInputError(f"{path.name} is not a video; give a video file, a still or an image sequence.")
    return container


def _video_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    for stream in container.streams.video:
        if stream.disposition & av.stream.Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise BadInputError(
                f"{path.name} uses a video codec that is not known here; convert it to H.264 or ProRes."
            )
        return stream
    raise BadInputError(f"{path.name} has no video stream; give a file with pictures in it.")
