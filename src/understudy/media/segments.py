"""Encoding in segments, so that a render that is killed goes on where it was.

A segment is a run of frames, encoded by itself into a small file: its first picture is a keyframe, nothing
refers to outside of it, and equal pictures give equal packets whatever was encoded before. Its frames carry
only their order; `understudy.media.assembly` gives them their times.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from understudy.media import colour as tags
from understudy.media.codecs import OutputSpec
from understudy.media.frame import Image
from understudy.media.publishing import partial_name, publish, written
from understudy.media.yuv import from_rgb

SEGMENT_SUFFIX = ".mkv"
"""Matroska holds every codec that is written here; its rounded times do, since only their order is used."""

_BITEXACT = 0x0400  # FFmpeg's AVFMT_FLAG_BITEXACT


def encode_segment(path: Path, images: Iterable[Image], spec: OutputSpec) -> int:
    """Write `images` as one segment and return their number; see `SegmentWriter`."""
    with SegmentWriter(path, spec) as writer:
        for image in images:
            writer.write(image)
    return writer.count


class SegmentWriter:
    """Encodes pictures into one segment file, which gets its name only when it is whole.

    Use in a `with` statement: leaving it normally finishes the file, leaving it by an exception removes it.
    """

    def __init__(self, path: Path, spec: OutputSpec) -> None:
        """`path` should end in `SEGMENT_SUFFIX`; raises OutputError where it cannot be written."""
        self.path = path
        self.spec = spec
        self.count = 0
        self._partial = partial_name(path)
        with written(path):
            self._container = av.open(str(self._partial.absolute()), "w", format="matroska")
            # No random identifiers: equal segments are equal files.
            self._container.flags |= _BITEXACT
            self._stream = self._configured(spec)

    def write(self, image: Image) -> None:
        """Encode the next picture, (H, W, 3) or (H, W, 4), uint8 or uint16 on the full scale.

        Raises ValueError for a wrong shape and OutputError when the disk is full.
        """
        spec = self.spec
        if image.shape[:2] != (spec.height, spec.width):
            raise ValueError(f"picture of shape {image.shape} for an output of {spec.width}x{spec.height}")
        frame = from_rgb(image, spec.pixel_format, spec.colour)
        frame.pts = self.count
        frame.time_base = 1 / spec.rate
        with written(self.path):
            self._container.mux(self._stream.encode(frame))
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with written(self.path):
                    self._container.mux(self._stream.encode(None))
                    self._container.close()
                    publish(self._partial, self.path)
            else:
                self._abandon()
        finally:
            self._partial.unlink(missing_ok=True)

    def _abandon(self) -> None:
        try:
            self._container.close()
        except (OSError, av.FFmpegError):
            return  # the first error is the one to be told

    def _configured(self, spec: OutputSpec) -> av.VideoStream:
        stream = self._container.add_stream(spec.encoder, rate=spec.rate, options=spec.encoder_options())
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = spec.width, spec.height
        stream.pix_fmt = spec.pixel_format
        stream.codec_context.time_base = 1 / spec.rate
        stream.codec_context.gop_size = max(1, round(2 * spec.rate))
        stream.codec_context.sample_aspect_ratio = spec.pixel_aspect
        matrix, primaries, transfer, value_range = tags.to_numbers(spec.colour)
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_primaries = primaries
        stream.codec_context.color_trc = transfer
        stream.codec_context.color_range = value_range
        return stream
