"""Audio streams copied packet for packet: nothing is decoded, nothing is lost."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import av.container

from understudy.errors import BadInputError
from understudy.media.decoder import opened
from understudy.media.frame import ClipInfo

FORMATS = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""FFmpeg's names of the containers that are written."""


@dataclass(frozen=True)
class Span:
    """The part of a source that an output shows, in its own seconds; `end` None is its end."""

    start: Fraction
    end: Fraction | None


@dataclass
class Tally:
    """What went through a stream: for telling whether all of it arrived."""

    packets: int = 0
    size: int = 0
    checksum: int = 0

    def count(self, packet: av.Packet[Any]) -> None:
        """Take note of one packet."""
        self.packets += 1
        self.size += packet.size
        self.checksum = zlib.crc32(packet, self.checksum)

    def arrived_as(self, other: Tally) -> bool:
        """Whether the same came out: to the byte or, where a container frames it anew, packet for packet."""
        return (self.size, self.checksum) == (other.size, other.checksum) or self.packets == other.packets


class Soundtrack:
    """The audio streams of a source, being copied into an output container."""

    def __init__(self, source: Path, span: Span | None) -> None:
        """`span` None copies every packet at its own time; else those that overlap it are moved to 0."""
        self._container = opened(source)
        self._span = span
        self._streams = [
            stream for stream in self._container.streams.audio if stream.codec_context is not None
        ]
        self._targets: dict[int, Any] = {}
        self.tallies: list[Tally] = [Tally() for _ in self._streams]

    def add_to(self, output: av.container.OutputContainer) -> None:
        """Add a stream to `output` for every one of the source, language and title kept."""
        for stream in self._streams:
            target = output.add_stream_from_template(stream)
            target.metadata.update(
                {name: stream.metadata[name] for name in ("language", "title") if name in stream.metadata}
            )
            target.disposition = stream.disposition
            self._targets[stream.index] = target

    def packets(self) -> Iterator[tuple[Fraction, av.Packet[Any]]]:
        """Packets for the output with their decode times in seconds, in the order of the source."""
        if not self._streams:
            return
        places = {stream.index: place for place, stream in enumerate(self._streams)}
        shift = self._span.start if self._span else Fraction(0)
        try:
            for packet in self._container.demux(self._streams):
                if packet.size == 0 or packet.pts is None:
                    continue
                time_base, dts = packet.time_base, packet.pts if packet.dts is None else packet.dts
                if not self._shown(packet.pts * time_base, (packet.duration or 0) * time_base):
                    continue
                self.tallies[places[packet.stream_index]].count(packet)
                packet.pts -= round(shift / time_base)
                packet.dts = dts - round(shift / time_base)
                packet.stream = self._targets[packet.stream_index]
                yield packet.dts * time_base, packet
        except av.FFmpegError:
            return  # the source breaks off here; its fault has been told by the reader

    def close(self) -> None:
        """Release the source."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shown(self, start: Fraction, duration: Fraction) -> bool:
        span = self._span
        return span is None or (start + duration > span.start and (span.end is None or start < span.end))


def tallies_of(path: Path) -> list[Tally]:
    """What the audio streams of a file hold."""
    with opened(path) as container:
        streams = list(container.streams.audio)
        counted = {stream.index: Tally() for stream in streams}
        if streams:
            for packet in container.demux(streams):
                if packet.size:
                    counted[packet.stream_index].count(packet)
    return list(counted.values())


def check_audio_fits(source: ClipInfo, output: Path) -> None:
    """Raise BadInputError, naming a way out, where `output`'s container cannot hold the source's audio."""
    for stream in source.audio:
        if stream.codec in _supported(output.suffix):
            continue
        fitting = [suffix for suffix in FORMATS if stream.codec in _supported(suffix)]
        advice = f"name the output {' or '.join(fitting)}" if fitting else "convert its sound first"
        raise BadInputError(
            f"{source.path.name} has {stream.codec} sound, which {output.suffix} cannot hold; {advice}."
        )


def _supported(suffix: str) -> set[str]:
    with av.open(io.BytesIO(), "w", format=FORMATS[suffix.lower()]) as container:
        return container.supported_codecs
