"""Video files as clips: every frame by its number, exactly, forward and at random.

How it is made exact: the file is demuxed once without decoding, the visible packets' presentation times,
sorted, are the frame numbers. To reach a frame, the decoder starts at a keyframe at or before it and runs
until that very time comes out; where it does not (open GOPs, formats that seek loosely) it starts earlier,
and in the end from the beginning.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np

from understudy.errors import BadInputError
from understudy.media import colour as tags
from understudy.media.decoder import Decoder, Run
from understudy.media.frame import AudioStream, ClipInfo, Colour, Frame
from understudy.media.pixel_formats import bit_depth, has_alpha
from understudy.media.turn import Turn
from understudy.media.yuv import to_rgb

_CACHE_BYTES = 96 << 20
"""Decoded pictures kept by `read`: about thirty at 1080p, so that stepping backwards stays quick."""


class VideoClip:
    """A video file read by frame number; implements `understudy.media.frame.Clip`.

    Pictures are upright (the display matrix is applied), uint8 for 8-bit sources and uint16 on the full scale
    otherwise, with alpha where the stream has it. YUV is converted by the clip's own matrix and range;
    untagged clips are taken as bt709 from 720 lines up and smpte170m below, limited range
    (`understudy.media.colour.resolved`).

    Raises BadInputError where the file is missing, no video, empty, or of an unknown codec; and on reading
    the first frame whose size differs from that of frame 0.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._decoder = Decoder(self._path)
        self._run: Run = iter(())
        self._at = -1
        self._cache: OrderedDict[int, av.VideoFrame] = OrderedDict()
        try:
            if not len(self._decoder.index.pts):
                raise BadInputError(f"{self._path.name} has no frame that can be decoded; export it again.")
            first = self._decode(0)
            self._turn = _turn(first)
            self.info = _described(self._path, self._decoder, first, self._turn)
        except BaseException:
            self._decoder.close()
            raise
        self._coded_size = (first.width, first.height)
        self._colour = tags.resolved(self.info.colour, self.info.height)
        fault = self._decoder.index.fault
        self.files: tuple[Path, ...] = (self._path,)
        self.fault: str | None = fault and f"{self._path.name} is damaged: {fault}"

    def read(self, index: int) -> Frame:
        """Frame `index`; see `understudy.media.frame.Clip.read`."""
        if not 0 <= index < self.info.frame_count:
            raise IndexError(f"frame {index} of a clip of {self.info.frame_count} frames")
        with self._lock:
            picture = self._cache.get(index) or self._decode(index)
        return self._frame(index, picture)

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Frame]:
        """Frames start..stop-1 by `step`; see `understudy.media.frame.Clip.frames`."""
        end = self.info.frame_count if stop is None else min(stop, self.info.frame_count)
        first = wanted = max(start, 0)
        if wanted >= end:
            return
        decoder = Decoder.like(self._decoder)
        try:
            for number, picture in decoder.exactly_from(wanted):
                # What is left out has to be decoded, but need not become a picture.
                if (number - first) % step == 0:
                    yield self._frame(number, picture)
                wanted += 1
                if wanted == end:
                    return
        finally:
            decoder.close()
        self.fault = f"{self._path.name} is damaged: frame {wanted} cannot be decoded."

    def close(self) -> None:
        """Release the file. Closing twice is fine."""
        self._cache.clear()
        self._decoder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _frame(self, index: int, picture: av.VideoFrame) -> Frame:
        if (picture.width, picture.height) != self._coded_size:
            was, now = self._coded_size, (picture.width, picture.height)
            raise BadInputError(
                f"{self._path.name} changes its size from {was[0]}x{was[1]} to {now[0]}x{now[1]} "
                f"at frame {index}; cut it there and use the parts one by one."
            )
        if picture.is_corrupt and self.fault is None:
            self.fault = f"{self._path.name} is damaged: frame {index} is not whole."
        image = self._turn.upright(to_rgb(picture, self._colour))
        image.flags.writeable = False
        return Frame(index, int(self.info.pts[index]), self.info.time_base, image, self.info.colour)

    def _decode(self, index: int) -> av.VideoFrame:
        for run in self._runs_to(index):
            self._run = run
            for number, picture in run:
                self._at = number
                self._remember(number, picture)
                if number == index:
                    return picture
                if number > index:
                    break
        self._at = -1
        raise BadInputError(
            f"{self._path.name} is damaged: frame {index} cannot be decoded; "
            "use the frames before it, or another copy."
        )

    def _runs_to(self, index: int) -> Iterator[Run]:
        """Runs that may reach frame `index`: the one under way if no keyframe lies between, then new ones."""
        times = self._decoder.index.pts
        keys = self._decoder.index.keys
        if 0 <= self._at < index:
            between = np.searchsorted(keys, times[index], "right") - np.searchsorted(
                keys, times[self._at], "right"
            )
            if between == 0 or index == self._at + 1:
                yield self._run
        for start in self._decoder.starts(index):
            yield self._decoder.run(start)

    def _remember(self, number: int, picture: av.VideoFrame) -> None:
        self._cache[number] = picture
        self._cache.move_to_end(number)
        size = sum(plane.buffer_size for plane in picture.planes)
        while len(self._cache) > max(2, _CACHE_BYTES // size):
            self._cache.popitem(last=False)


def _described(path: Path, decoder: Decoder, first: av.VideoFrame, turn: Turn) -> ClipInfo:
    stream, index = decoder.stream, decoder.index
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    time_base = stream.time_base or 1 / rate
    pts = index.pts
    if index.counted:
        time_base = 1 / rate
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width, height = turn.size(first.width, first.height)
    return ClipInfo(
        path=path,
        width=width,
        height=height,
        rate=rate,
        time_base=time_base,
        pts=pts,
        codec=stream.codec_context.name,
        pixel_format=first.format.name,
        bit_depth=bit_depth(first.format.name),
        has_alpha=has_alpha(first.format.name),
        rotation=turn.degrees,
        pixel_aspect=1 / aspect if turn.swap else aspect,
        colour=_colour(first).or_else(decoder.declared),
        audio=tuple(
            AudioStream(
                audio.codec_context.name, audio.codec_context.sample_rate, audio.codec_context.channels
            )
            for audio in decoder.container.streams.audio
            if audio.codec_context is not None
        ),
        timecode=_timecode(decoder),
    )


def _turn(first: av.VideoFrame) -> Turn:
    matrix: Any = first.side_data.get("DISPLAYMATRIX")
    return Turn() if matrix is None else Turn.from_display_matrix(bytes(matrix))


def _colour(first: av.VideoFrame) -> Colour:
    value_range = 2 if first.format.name.startswith("yuvj") else first.color_range
    return tags.from_numbers(first.colorspace, first.color_primaries, first.color_trc, value_range)


def _timecode(decoder: Decoder) -> str | None:
    """The start timecode, from the container or any of its streams (QuickTime keeps it in a data stream)."""
    for metadata in (decoder.container.metadata, *(stream.metadata for stream in decoder.container.streams)):
        for name, value in metadata.items():
            if name.lower() == "timecode":
                return str(value)
    return None
