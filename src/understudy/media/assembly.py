"""Segments put together into the delivered file: pictures, the source's sound, times, timecode and tags.

No picture is encoded again. The file is written beside its final name, opened again and checked, and renamed
last.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.container
import numpy as np
import numpy.typing as npt

from understudy.atomic import check_writable, replacing
from understudy.errors import BadInputError, OutputError
from understudy.media.codecs import CODECS, OutputSpec
from understudy.media.decoder import opened
from understudy.media.frame import ClipInfo
from understudy.media.segments import BITEXACT
from understudy.media.soundtrack import FORMATS, Soundtrack, Span, Tally, check_audio_fits, tallies_of
from understudy.media.timecode import advanced
from understudy.media.video import VideoClip
from understudy.media.writing import written

Times = npt.NDArray[np.int64]

# What the muxer writes anew, or what describes the source file and not its content.
_OWN_METADATA = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "timecode"}


def check_output(output: Path, spec: OutputSpec, source: ClipInfo) -> None:
    """Make sure, before hours of work, that `assemble` can write `output`.

    Raises BadInputError for a container that cannot hold the pictures or the sound, or that is the source
    itself, and OutputError for a place that cannot be written to.
    """
    suffix = output.suffix.lower()
    if suffix not in spec.codec.containers:
        allowed = ", ".join(spec.codec.containers)
        others = [codec.name for codec in CODECS.values() if suffix in codec.containers]
        advice = f", or choose the codec {' or '.join(others)}" if others else ""
        raise BadInputError(
            f"{spec.codec.name} cannot be written to {suffix or 'a file without suffix'}; "
            f"name the output {allowed}{advice}."
        )
    if output.exists() and source.path.exists() and output.samefile(source.path):
        raise BadInputError(
            f"{output} is the plate itself and would be lost; choose another name for the output."
        )
    check_audio_fits(source, output)
    check_writable(output)


def assemble(
    segments: Sequence[Path], output: Path, *, spec: OutputSpec, source: ClipInfo, first: int = 0
) -> None:
    """Join `segments` to `output`, with the times, timecode, sound and metadata of `source`.

    The segments hold the frames `first`, `first` + 1, … of the source, in order. If they hold all of them,
    every audio packet is copied at its own time; if they hold a part, the sound is cut to it (to whole
    packets) and the output begins at time 0. Subtitles and other data streams are not copied.

    Raises BadInputError as `check_output`, and OutputError where writing fails or the written file, opened
    again, is not what it should be; then nothing stands under the final name.
    """
    check_output(output, spec, source)
    lengths = [len(_orders(segment)) for segment in segments]
    count = sum(lengths)
    if not 0 < count <= source.frame_count - first:
        raise ValueError(f"segments of {count} frames for frames {first}.. of {source.frame_count}")
    plan = _Plan.of(source, first, count)
    with (
        replacing(output) as part,
        Soundtrack(source.path, plan.span) if source.audio else _Silence() as sound,
    ):
        with written(output):
            _mux(segments, part, spec, plan, sound, _metadata(source, plan))
        _check(part, output, spec, plan, sound.tallies)


@dataclass(frozen=True)
class _Plan:
    """When each frame is shown, and which part of the source's sound belongs to it."""

    pts: Times
    time_base: Fraction
    rate: Fraction
    last_duration: int
    span: Span | None
    timecode: str | None

    @classmethod
    def of(cls, source: ClipInfo, first: int, count: int) -> _Plan:
        pts = source.pts[first : first + count]
        usual = max(1, round(1 / (source.rate * source.time_base)))
        timecode = source.timecode and advanced(source.timecode, first, source.rate)
        span = None
        if count < source.frame_count:
            following = first + count
            end = source.pts[following] * source.time_base if following < source.frame_count else None
            span = Span(int(pts[0]) * source.time_base, end and Fraction(end))
            pts = pts - pts[0]
        return cls(pts, source.time_base, source.rate, usual, span, timecode)

    @property
    def durations(self) -> Times:
        return np.append(np.diff(self.pts), self.last_duration)


class _Silence:
    """The soundtrack of a source without sound."""

    tallies: Sequence[Tally] = ()

    def add_to(self, output: av.container.OutputContainer) -> None: ...

    def packets(self) -> Iterator[tuple[Fraction, av.Packet[Any]]]:
        return iter(())

    def __enter__(self) -> _Silence:
        return self

    def __exit__(self, *_: object) -> None: ...


def _mux(
    segments: Sequence[Path],
    part: Path,
    spec: OutputSpec,
    plan: _Plan,
    sound: Soundtrack | _Silence,
    metadata: dict[str, str],
) -> None:
    form = FORMATS[part.suffix.lower()]
    options = {} if form == "matroska" else {"video_track_timescale": str(plan.time_base.denominator)}
    with (
        opened(segments[0]) as template,
        av.open(str(part.absolute()), "w", format=form, container_options=options) as container,
    ):
        container.flags |= BITEXACT
        container.metadata.update(metadata)
        model = template.streams.video[0]
        stream = container.add_stream_from_template(model)
        stream.time_base = plan.time_base
        stream.codec_context.framerate = plan.rate
        stream.codec_context.sample_aspect_ratio = spec.pixel_aspect
        if spec.codec.tag and form != "matroska":
            stream.codec_context.codec_tag = spec.codec.tag
        sound.add_to(container)
        pictures = _pictures(segments, stream, plan, model.codec_context.extradata)
        for _, packet in heapq.merge(pictures, sound.packets(), key=lambda timed: timed[0]):
            container.mux_one(packet)


def _pictures(
    segments: Sequence[Path], stream: av.VideoStream, plan: _Plan, extradata: bytes | None
) -> Iterator[tuple[Fraction, av.Packet[Any]]]:
    """Packets of all segments with their decode times in seconds.

    Decode times are the presentation times, in order, late by as many frames as the encoder reorders (H.264
    and HEVC allow exactly that); before the first they go on backwards in usual steps.
    """
    delay = max(_delay(_orders(segment)) for segment in segments)
    lead = plan.pts[0] - plan.last_duration * np.arange(delay, 0, -1)
    decode_times = np.concatenate([lead, plan.pts])
    durations = plan.durations
    written_before = 0
    for segment in segments:
        orders = _orders(segment)
        with opened(segment) as container:
            video = container.streams.video[0]
            if video.codec_context.extradata != extradata:
                raise OutputError(
                    f"{segment} was encoded by other settings than the others; remove it and render again."
                )
            for place, packet in enumerate(_packets(container, video)):
                shown = written_before + int(orders[place])
                packet.pts = int(plan.pts[shown])
                packet.dts = int(decode_times[written_before + place])
                packet.duration = int(durations[shown])
                packet.time_base = plan.time_base
                packet.stream = stream
                yield packet.dts * plan.time_base, packet
        written_before += len(orders)


def _packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet[Any]]:
    return (packet for packet in container.demux(stream) if packet.size)


def _orders(segment: Path) -> Times:
    """The place in presentation order of each packet of a segment, in the order of the file."""
    try:
        container = opened(segment)
    except BadInputError as error:
        raise OutputError(f"{segment} is damaged: delete it and run the same command again.") from error
    with container:
        times = [packet.pts for packet in _packets(container, container.streams.video[0])]
    return np.argsort(np.argsort(np.array(times, np.int64)))


def _delay(orders: Times) -> int:
    """By how many frames decoding must run ahead so that no frame is decoded after it is shown."""
    return int(np.max(np.arange(len(orders)) - orders, initial=0))


def _metadata(source: ClipInfo, plan: _Plan) -> dict[str, str]:
    kept: dict[str, str] = {}
    if source.audio or source.path.is_file():
        try:
            with opened(source.path) as container:
                kept = {
                    name: value
                    for name, value in container.metadata.items()
                    if name.lower() not in _OWN_METADATA
                }
        except BadInputError:
            kept = {}
    if plan.timecode:
        kept["timecode"] = plan.timecode
    return kept


def _check(part: Path, output: Path, spec: OutputSpec, plan: _Plan, sound: Sequence[Tally]) -> None:
    """Open what was written and compare it with what was meant; raises OutputError."""
    try:
        with VideoClip(part) as clip:
            info, fault = clip.info, clip.fault
            clip.read(info.frame_count - 1)
    except BadInputError as error:
        raise OutputError(f"{output} could not be read back ({error}); render it again.") from error
    shown = (info.pts - info.pts[0]) * float(info.time_base)
    meant = (plan.pts - plan.pts[0]) * float(plan.time_base)
    late = max(float(info.time_base), 1e-6)
    # A container may leave out a stream that has nothing in it.
    arrived = [tally for tally in tallies_of(part) if tally.packets]
    sent = [tally for tally in sound if tally.packets]
    problems = [
        what
        for what, wrong in {
            "it breaks off": fault is not None,
            f"it has {len(shown)} of {len(meant)} frames": len(shown) != len(meant),
            "its frames are shown at other times": len(shown) == len(meant)
            and bool(np.any(abs(shown - meant) > late)),
            "its size differs": (info.width, info.height) != (spec.width, spec.height),
            "its colour tags differ": info.colour != spec.colour,
            "its timecode differs": info.timecode != plan.timecode,
            "its sound differs": len(arrived) != len(sent)
            or not all(one.arrived_as(other) for one, other in zip(sent, arrived, strict=True)),
        }.items()
        if wrong
    ]
    if problems:
        raise OutputError(
            f"{output} was not written correctly: {', '.join(problems)}; "
            "render it again or choose another codec."
        )
