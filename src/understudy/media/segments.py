"""Encoding in segments, so that a render that is killed goes on where it was.

A segment is a run of frames, encoded by itself into a small file: its first picture is a keyframe, nothing
refers to outside of it, and equal pictures give equal packets whatever was encoded before. Its frames carry
only their order; `understudy.media.assembly` gives them their times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import av
import av.container

from understudy.atomic import replacing
from understudy.media import colour as tags
from understudy.media.codecs import OutputSpec
from understudy.media.frame import Image
from understudy.media.writing import written
from understudy.media.yuv import from_rgb

SEGMENT_SUFFIX = ".mkv"
"""Matroska holds every codec that is written here; its rounded times do, since only their order is used."""

BITEXACT = 0x0400
"""FFmpeg's AVFMT_FLAG_BITEXACT: no random identifiers and no dates, so that equal films are equal files."""

HELD_BACK = 2
"""Frames by which an encoder that reorders pictures decodes them ahead of their times."""


def encode_segment(path: Path, images: Iterable[Image], spec: OutputSpec) -> int:
    """Encode `images` into one segment file, which gets its name only when it is whole; return their number.

    Images are (H, W, 3) or (H, W, 4), uint8 or uint16 on the full scale. `path` should end in
    `SEGMENT_SUFFIX`. Raises ValueError for an image of another size than the spec's, and OutputError where
    the file cannot be written.
    """
    count = 0
    with replacing(path) as part, _container(part, path) as container:
        with written(path):
            stream = _stream(container, spec)
        packets = _Packets(container)
        for image in images:
            if image.shape[:2] != (spec.height, spec.width):
                raise ValueError(
                    f"picture of shape {image.shape} for an output of {spec.width}x{spec.height}"
                )
            frame = from_rgb(image, spec.pixel_format, spec.colour)
            frame.pts = count
            frame.time_base = 1 / spec.rate
            with written(path):
                packets.add(stream.encode(frame))
            count += 1
        with written(path):
            packets.add(stream.encode(None))
    return count


class _Packets:
    """Packets on their way into a file, in the order they are decoded in, with decode times that say so.

    The encoders' own are not kept: x265 before 2026-08 gives a run of one or two pictures whatever lay in
    memory (its issue 781), which the file refuses now and then.
    """

    def __init__(self, container: av.container.OutputContainer) -> None:
        self._container = container
        self._count = 0

    def add(self, packets: Iterable[av.Packet[Any]]) -> None:
        for packet in packets:
            packet.dts = self._count - HELD_BACK
            self._container.mux(packet)
            self._count += 1


@contextmanager
def _container(part: Path, path: Path) -> Iterator[av.container.OutputContainer]:
    """The file `part` opened for writing; closed when the block ends. Errors speak of `path`."""
    with written(path):
        container = av.open(str(part.absolute()), "w", format="matroska")
    container.flags |= BITEXACT
    try:
        yield container
    except BaseException:
        with suppress(OSError, av.FFmpegError):  # the first error is the one to be told
            container.close()
        raise
    with written(path):
        container.close()


def _stream(container: av.container.OutputContainer, spec: OutputSpec) -> av.VideoStream:
    stream = container.add_stream(spec.encoder, rate=spec.rate, options=spec.encoder_options())
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
