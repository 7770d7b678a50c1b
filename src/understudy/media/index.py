"""Which frames a video file has, and when they are shown: found by demuxing once, without decoding."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import av.container
import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]


# Containers that state the time of every picture, so that it is the same wherever reading starts.
_EXACT_FORMATS = {"mov", "matroska", "webm", "mpegts", "nut"}


@dataclass(frozen=True)
class FrameIndex:
    """The visible frames of a video stream.

    `pts` (N,) are presentation times, ascending: the frame number is the position in it. `keys` (K,) are the
    times of the packets that decoding can start from. Where the file has no usable times (`counted`), `pts`
    merely counts and frames are told apart by the order in which they are decoded. `landmarks` is None where
    times can be trusted after seeking. `fault` says in one sentence where the file breaks off.
    """

    pts: Times
    keys: Times
    counted: bool = False
    landmarks: Landmarks | None = None
    fault: str | None = None

    def number_of(self, time: int | None) -> int | None:
        """The number of the frame shown at `time`; None if there is none."""
        if time is None:
            return None
        place = int(np.searchsorted(self.pts, time))
        return place if place < len(self.pts) and self.pts[place] == time else None

    def from_time(self, first: int) -> FrameIndex:
        """The index without the frames shown before `first`."""
        return replace(self, pts=self.pts[self.pts >= first], keys=self.keys[self.keys >= first])

    def of_length(self, count: int) -> FrameIndex:
        """The index of `count` frames that are told apart by counting."""
        return replace(self, pts=np.arange(count, dtype=np.int64))


class Landmarks:
    """Tells times by content, for containers whose demuxer guesses them anew after each seek (MPEG-PS, AVI).

    Remembers the time of every packet from reading the whole file, and recognises keyframes by a checksum.
    """

    def __init__(self) -> None:
        self._times: list[int | None] = []
        self._places: dict[int, int | None] = {}

    def add(self, packet: av.Packet[Any]) -> None:
        """Take note of the next packet of the file."""
        if packet.is_keyframe:
            mark = zlib.crc32(packet)
            # Two equal keyframes say nothing of where we are.
            self._places[mark] = None if mark in self._places else len(self._times)
        self._times.append(packet.pts)

    def restamped(self, packets: Iterable[av.Packet[av.VideoStream]]) -> Iterator[av.Packet[av.VideoStream]]:
        """Packets from the first known keyframe on, with the times they had when the whole file was read."""
        place: int | None = None
        for packet in packets:
            if packet.size:
                if place is None and packet.is_keyframe:
                    place = self._places.get(zlib.crc32(packet))
                if place is None or place >= len(self._times):
                    continue
                packet.pts = self._times[place]
                place += 1
            yield packet


def build_index(container: av.container.InputContainer, stream: av.VideoStream) -> FrameIndex:
    """The frames of `stream`; leaves `container` at its end."""
    exact = bool(_EXACT_FORMATS & set(container.format.name.split(",")))
    landmarks = None if exact else Landmarks()
    pts: list[int | None] = []
    keys: list[int] = []
    last_dts: int | None = None
    end, any_end = Fraction(0), Fraction(0)
    broken = False
    try:
        for packet in container.demux():
            if packet.size == 0:
                continue
            ours = packet.stream_index == stream.index
            if packet.pts is not None and packet.time_base:
                packet_end = (packet.pts + (packet.duration or 0)) * packet.time_base
                any_end = max(any_end, packet_end)
                end = max(end, packet_end) if ours else end
            if ours and landmarks:
                landmarks.add(packet)
            if not ours or packet.is_discard:
                continue
            broken = packet.is_corrupt
            pts.append(packet.pts)
            last_dts = packet.dts
            if packet.is_keyframe and packet.pts is not None:
                keys.append(packet.pts)
    except av.FFmpegError:
        broken = True
    fault = _truncation(container, stream, end, any_end, broken)
    stamped = [time for time in pts if time is not None]
    if len(stamped) < len(pts) or len(set(stamped)) < len(stamped):
        return FrameIndex(
            np.arange(len(pts), dtype=np.int64), np.zeros(0, np.int64), counted=True, fault=fault
        )
    times = np.sort(np.array(stamped, np.int64))
    if fault is None and not _states_length(container) and _has_gap_near_end(times, last_dts):
        fault = f"The file breaks off at {float(end):.2f} seconds."
    if fault is not None and last_dts is not None:
        # What is lost was to be decoded later, so shown later: up to this time no frame is missing.
        times = times[times <= last_dts]
    return FrameIndex(times, np.sort(np.array(keys, np.int64)), landmarks=landmarks, fault=fault)


def _truncation(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    end: Fraction,
    any_end: Fraction,
    broken: bool,
) -> str | None:
    """What the file promises and does not hold; its video stops at `end`, its last stream at `any_end`."""
    if container.format.name.startswith("mov"):
        declared = _seconds(stream.start_time, stream.time_base) + _seconds(stream.duration, stream.time_base)
    elif container.format.name.startswith("matroska"):
        micro = Fraction(1, av.time_base)
        declared = _seconds(container.start_time, micro) + _seconds(container.duration, micro)
        end = any_end
    else:
        declared = Fraction(0)  # MPEG streams and raw ones promise nothing
    slack = max(Fraction(2) / (stream.average_rate or 24), Fraction(1, 10))
    if declared > end + slack:
        return f"The file breaks off at {float(end):.2f} of {float(declared):.2f} seconds."
    return f"The file breaks off inside a frame at {float(end):.2f} seconds." if broken else None


def _states_length(container: av.container.InputContainer) -> bool:
    return container.format.name.startswith(("mov", "matroska"))


def _has_gap_near_end(times: Times, last_dts: int | None) -> bool:
    """Whether a frame is missing between others after the last decode time: it was still to come."""
    steps = np.diff(times)
    if last_dts is None or len(steps) < 8 or np.median(steps) * 2 > steps.min() * 3:
        return False  # too short or too irregular to tell
    return bool(np.any(steps[times[1:] > last_dts] > 1.5 * np.median(steps)))


def _seconds(ticks: int | None, time_base: Fraction | None) -> Fraction:
    return (ticks or 0) * (time_base or Fraction(0))
