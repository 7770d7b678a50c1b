"""Segments and their assembly: what is written is what was given, whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.barcode_clips import make_video, number_of, picture, write_picture
from understudy.atomic import part_name
from understudy.errors import BadInputError, OutputError
from understudy.media import CODECS, ClipInfo, Colour, OutputSpec, open_clip
from understudy.media import assembly as assembly_module
from understudy.media.assembly import assemble, check_output
from understudy.media.colour import resolved, to_numbers
from understudy.media.segments import SEGMENT_SUFFIX, encode_segment

COUNT = 40
FULL_HD_TAGS = Colour("bt2020nc", "bt2020", "smpte2084", "tv")


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A QuickTime plate with irregular times, two sound tracks, timecode and HDR tags."""

    def tag(stream: av.VideoStream) -> None:
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = to_numbers(
            FULL_HD_TAGS
        )

    return make_video(
        tmp_path_factory.mktemp("plate") / "plate.mov",
        range(COUNT),
        rate=Fraction(25),
        times=lambda place: 512 * place + (place * 7919) % 200,
        time_base=Fraction(1, 12800),
        tones=(220, 440),
        metadata={"timecode": "10:20:30:12", "title": "Scene 4"},
        configure=tag,
    )


def _segments(
    folder: Path, spec: OutputSpec, lengths: list[int], first: int = 0, height: int = 96
) -> list[Path]:
    paths = []
    for length in lengths:
        path = folder / f"{first:06}{SEGMENT_SUFFIX}"
        images = [_in_depth(picture(number, height=height), spec) for number in range(first, first + length)]
        assert encode_segment(path, images, spec) == length
        paths.append(path)
        first += length
    return paths


def _in_depth(image: np.ndarray, spec: OutputSpec) -> np.ndarray:
    return image.astype(np.uint16) * 257 if spec.depth > 8 else image


def _packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        return [b"".join(bytes(packet) for packet in _of(container, stream)) for stream in streams]


def _of(container: av.container.InputContainer, stream: av.stream.Stream) -> Iterator[av.Packet]:
    container.seek(0)
    return (packet for packet in container.demux(stream) if packet.size)


@pytest.mark.parametrize(
    ("codec", "suffix"), [(codec, suffix) for codec in CODECS for suffix in CODECS[codec].containers]
)
def test_round_trip(plate: Path, tmp_path: Path, codec: str, suffix: str) -> None:
    with open_clip(plate) as clip:
        source = clip.info
    spec = OutputSpec.for_clip(source, codec)
    output = tmp_path / f"out{suffix}"
    assemble(_segments(tmp_path, spec, [13, 1, 26]), output, spec=spec, source=source)
    with open_clip(output) as clip:
        info = clip.info
        images = [frame.image for frame in clip.frames()]
    assert [number_of(image) for image in images] == list(range(COUNT))
    error = np.mean(
        [np.mean((_unit(image) - _unit(picture(place))) ** 2) for place, image in enumerate(images)]
    )
    # The red and blue gradients are coarse for 4:2:0; what matters here is that no colour is off.
    assert -10 * np.log10(error + 1e-12) > (100 if codec == "ffv1" else 33)
    assert (
        abs(
            np.mean(
                [_unit(image).mean((0, 1)) - _unit(picture(k)).mean((0, 1)) for k, image in enumerate(images)]
            )
        )
        < 2e-3
    )
    meant = replace(FULL_HD_TAGS, matrix="gbr", range="pc") if codec == "ffv1" else FULL_HD_TAGS
    assert info.colour == meant
    assert info.timecode == "10:20:30:12"
    times = info.pts * float(info.time_base)
    assert times - times[0] == pytest.approx((source.pts - source.pts[0]) * float(source.time_base), abs=6e-4)
    assert len(info.audio) == 2
    assert _packets(output, "audio") == _packets(plate, "audio")
    with av.open(str(output)) as container:
        assert container.metadata.get("title", container.metadata.get("TITLE")) == "Scene 4"


SHORT_SEGMENTS = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from understudy.media import CODECS, Colour, OutputSpec
from understudy.media.segments import encode_segment
for name, codec in CODECS.items():
    spec = OutputSpec(codec, 64, 64, Fraction(25), Colour("bt709", "bt709", "bt709", "tv"))
    for count in (1, 2, 3):
        images = [np.full((64, 64, 3), 40 * number, np.uint8) for number in range(count)]
        encode_segment(Path(sys.argv[1]) / f"{name}-{count}.mkv", images, spec)
"""


def test_short_segments_do_not_depend_on_what_lies_in_memory(tmp_path: Path) -> None:
    """x265 takes decode times of one or two pictures from memory it has not set; here it is all set."""
    for fill in ("1", "165"):
        (tmp_path / fill).mkdir()
        subprocess.run(
            [sys.executable, "-c", SHORT_SEGMENTS, str(tmp_path / fill)],
            env={**os.environ, "MALLOC_PERTURB_": fill},
            check=True,
            timeout=120,
        )
    for codec in CODECS:
        for count in (1, 2, 3):
            path, twin = (tmp_path / fill / f"{codec}-{count}{SEGMENT_SUFFIX}" for fill in ("1", "165"))
            assert path.read_bytes() == twin.read_bytes()
            with av.open(str(path)) as container:
                assert len(list(container.decode(video=0))) == count


def _unit(image: np.ndarray) -> np.ndarray:
    return image / np.iinfo(image.dtype).max


def test_sound_stays_in_sync(plate: Path, tmp_path: Path) -> None:
    """First sound against first picture, in seconds, before and after."""
    with open_clip(plate) as clip:
        source = clip.info
    spec = OutputSpec.for_clip(source)
    for suffix in (".mp4", ".mov", ".mkv"):
        output = tmp_path / f"out{suffix}"
        assemble(_segments(tmp_path, spec, [COUNT]), output, spec=spec, source=source)
        assert _offset(output) == pytest.approx(_offset(plate), abs=1.1e-3)


def _offset(path: Path) -> float:
    firsts = []
    with av.open(str(path)) as container:
        for stream in (container.streams.video[0], container.streams.audio[0]):
            container.seek(0)
            firsts.append(min(float(packet.pts * packet.time_base) for packet in _of(container, stream)))
    return firsts[1] - firsts[0]


@pytest.mark.parametrize("codec", CODECS)
def test_encoding_is_deterministic(tmp_path: Path, codec: str) -> None:
    spec = _spec(codec)
    (one,) = _segments(_made(tmp_path / "a"), spec, [12])
    _segments(_made(tmp_path / "c"), spec, [5])  # what was encoded before does not matter
    (two,) = _segments(_made(tmp_path / "b"), spec, [12])
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_segment_is_closed_and_starts_with_a_keyframe(tmp_path: Path, codec: str) -> None:
    for path in _segments(tmp_path, _spec(codec), [30, 30]):
        with av.open(str(path)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
        assert packets[0].is_keyframe
        assert packets[0].pts == min(packet.pts for packet in packets)


@given(cuts=st.lists(st.integers(1, 29), max_size=5, unique=True))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_into_segments_gives_the_same_film(tmp_path: Path, cuts: list[int]) -> None:
    """Lossless, so that the film may be compared bit for bit with one encoded in one go."""
    info = _info(30)
    spec = _spec("h264", crf=0)
    bounds = [0, *sorted(cuts), 30]
    lengths = [after - before for before, after in pairwise(bounds)]
    films = []
    for name, parts in (("one", [30]), ("many", lengths)):
        output = tmp_path / f"{name}.mp4"
        assemble(_segments(tmp_path, spec, parts), output, spec=spec, source=info)
        with open_clip(output) as clip:
            films.append(([frame.image for frame in clip.frames()], clip.info.pts.tolist()))
    assert films[0][1] == films[1][1]
    assert all(np.array_equal(one, other) for one, other in zip(films[0][0], films[1][0], strict=True))


def test_a_part_begins_at_zero_with_its_own_sound_and_timecode(plate: Path, tmp_path: Path) -> None:
    with open_clip(plate) as clip:
        source = clip.info
    spec = OutputSpec.for_clip(source)
    output = tmp_path / "part.mov"
    assemble(_segments(tmp_path, spec, [10, 5], first=20), output, spec=spec, source=source, first=20)
    with open_clip(output) as clip:
        assert [number_of(frame.image) for frame in clip.frames()] == list(range(20, 35))
        assert clip.info.timecode == "10:20:31:07"
        assert clip.info.pts[0] == 0
    sound = np.frombuffer(_packets(output, "audio")[0], np.int16)
    whole = np.frombuffer(_packets(plate, "audio")[0], np.int16)
    start = int(source.seconds(20) * 48000)
    assert len(sound) == pytest.approx(48000 * 15 / 25, abs=4 * 1024)
    places = [
        at
        for at in range(max(0, start - 2048), start + 1)
        if np.array_equal(whole[at : at + 4000], sound[:4000])
    ]
    assert places


@pytest.mark.parametrize("codec", ["prores-4444", "ffv1"])
def test_alpha_is_kept(tmp_path: Path, codec: str) -> None:
    info = replace(_info(3), has_alpha=True, bit_depth=16)
    spec = OutputSpec.for_clip(info, codec)
    alpha = np.linspace(0, 65535, 192).astype(np.uint16)[None, :, None].repeat(96, 0)
    image = np.concatenate([picture(1).astype(np.uint16) * 257, alpha], 2)
    output = tmp_path / f"out{spec.codec.containers[0]}"
    segment = tmp_path / f"one{SEGMENT_SUFFIX}"
    encode_segment(segment, [image] * 3, spec)
    assemble([segment], output, spec=spec, source=info)
    with open_clip(output) as clip:
        assert clip.info.has_alpha
        assert np.abs(clip.read(1).image[..., 3].astype(int) - alpha[..., 0]).max() <= (
            80 if codec != "ffv1" else 0
        )


@pytest.mark.parametrize("codec", CODECS)
def test_odd_sizes_are_written(tmp_path: Path, codec: str) -> None:
    info = replace(_info(4), height=97)
    spec = OutputSpec.for_clip(info, codec)
    output = tmp_path / f"out{spec.codec.containers[0]}"
    assemble(_segments(tmp_path, spec, [4], height=97), output, spec=spec, source=info)
    with open_clip(output) as clip:
        assert (clip.info.width, clip.info.height) == (192, 97)
        assert number_of(clip.read(3).image) == 3


def test_a_sequence_becomes_a_film(tmp_path: Path) -> None:
    for number in range(6):
        write_picture(tmp_path / f"shot.{1001 + number}.png", picture(number))
    with open_clip(tmp_path, rate=Fraction(24000, 1001)) as clip:
        spec, info = OutputSpec.for_clip(clip.info), clip.info
    output = tmp_path / "film.mp4"
    assemble(_segments(tmp_path, spec, [6]), output, spec=spec, source=info)
    with open_clip(output) as clip:
        assert clip.info.seconds(5) == pytest.approx(5 * 1001 / 24000, abs=1e-6)
        assert clip.info.rate == Fraction(24000, 1001)
        assert clip.info.colour == Colour("smpte170m", "bt709", "iec61966-2-1", "tv")


def test_pixel_aspect_is_kept(tmp_path: Path) -> None:
    info = replace(_info(4), pixel_aspect=Fraction(4, 3))
    spec = OutputSpec.for_clip(info)
    for suffix in (".mp4", ".mkv"):
        output = tmp_path / f"out{suffix}"
        assemble(_segments(tmp_path, spec, [4]), output, spec=spec, source=info)
        with open_clip(output) as clip:
            assert clip.info.pixel_aspect == Fraction(4, 3)


# What goes wrong.


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _info(count: int) -> ClipInfo:
    return ClipInfo(
        path=Path("nowhere.png"),
        width=192,
        height=96,
        rate=Fraction(25),
        time_base=Fraction(1, 25),
        pts=np.arange(count, dtype=np.int64),
        codec="png",
        pixel_format="rgb24",
        bit_depth=8,
        colour=resolved(Colour(), 96),
    )


def _spec(codec: str = "h264", crf: float | None = None) -> OutputSpec:
    return OutputSpec.for_clip(_info(1), codec, crf)


def test_unknown_codec_and_quality_are_refused() -> None:
    with pytest.raises(BadInputError, match="no codec divx; choose one of h264, "):
        _spec("divx")
    with pytest.raises(BadInputError, match="outside 0"):
        _spec("h264", crf=77)
    with pytest.raises(BadInputError, match="no quality setting"):
        _spec("ffv1", crf=3)


def test_containers_that_do_not_fit_are_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=r"prores-hq cannot be written to \.mp4; name the output \.mov, \.mkv, or"
    ):
        check_output(tmp_path / "out.mp4", _spec("prores-hq"), _info(1))
    with pytest.raises(BadInputError, match="a file without suffix"):
        check_output(tmp_path / "out", _spec(), _info(1))
    sound = make_video(tmp_path / "plate.mkv", range(3), tones=(300,), audio_codec="pcm_s16le")
    with open_clip(sound) as clip:
        odd = replace(clip.info, audio=(replace(clip.info.audio[0], codec="vorbis"),))
    with pytest.raises(
        BadInputError, match=r"has vorbis sound, which \.mov cannot hold; name the output .*\.mkv"
    ):
        check_output(tmp_path / "out.mov", _spec(), odd)


def test_the_plate_is_not_overwritten(plate: Path) -> None:
    with open_clip(plate) as clip, pytest.raises(BadInputError, match="is the plate itself"):
        check_output(plate.parent / ".." / plate.parent.name / plate.name, _spec(), clip.info)


@pytest.mark.parametrize(
    "error", [av.error.OSError(errno.ENOSPC, "No space left on device"), OSError(errno.ENOSPC, "full")]
)
def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    spec, info = _spec(), _info(6)
    segments = _segments(_made(tmp_path / "segments"), spec, [6])

    def fail(*_: object) -> None:
        raise error

    output = tmp_path / "out.mp4"
    monkeypatch.setattr(assembly_module, "_mux", fail)
    with pytest.raises(OutputError, match="disk is full"):
        assemble(segments, output, spec=spec, source=info)
    monkeypatch.setattr("understudy.atomic.sync", fail)
    with pytest.raises(OutputError, match="disk is full"):
        encode_segment(tmp_path / "x.mkv", [picture(1)], spec)
    assert [path.name for path in tmp_path.iterdir()] == ["segments"]


def test_a_file_that_outgrows_its_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """For real: the kernel refuses to let any file of this process grow past 20 kB."""
    resource = pytest.importorskip("resource")
    import signal

    spec = _spec("ffv1")
    noise = np.random.default_rng(1).integers(0, 256, (96, 192, 3)).astype(np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"x\.mkv: that file system holds no file this large"):
            encode_segment(tmp_path / "x.mkv", [noise] * 20, spec)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_segment_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.mkv"

    def images() -> Iterator[np.ndarray]:
        yield picture(1)
        assert not path.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_segment(path, images(), _spec())
    assert list(tmp_path.iterdir()) == []


def test_remains_of_a_killed_run_are_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "x.mkv"
    part_name(path).write_bytes(b"left behind")
    encode_segment(path, [picture(1)], _spec())
    assert [file.name for file in tmp_path.iterdir()] == ["x.mkv"]


def test_a_failing_check_keeps_the_file_from_its_name(tmp_path: Path) -> None:
    """Segments of other colours than the spec says: the file that is made is not the file that was meant."""
    info = _info(6)
    segments = _segments(_made(tmp_path / "segments"), replace(_spec(), colour=FULL_HD_TAGS), [6])
    output = tmp_path / "out.mp4"
    with pytest.raises(OutputError, match="its colour tags differ"):
        assemble(segments, output, spec=_spec(), source=info)
    assert not output.exists()
    assert not part_name(output).exists()


def test_segments_of_different_settings_do_not_mix(tmp_path: Path) -> None:
    one = _segments(tmp_path, _spec(), [5])
    two = _segments(tmp_path, replace(_spec(), colour=FULL_HD_TAGS), [5], first=5)
    with pytest.raises(OutputError, match="other settings"):
        assemble([*one, *two], tmp_path / "out.mp4", spec=_spec(), source=_info(10))


def test_a_picture_of_another_size_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="for an output of 192x96"):
        encode_segment(tmp_path / "x.mkv", [picture(1, height=98)], _spec())


def test_supported_containers_are_known_to_the_library() -> None:
    for codec in CODECS.values():
        for suffix in codec.containers:
            form = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}[suffix]
            with av.open(io.BytesIO(), "w", format=form) as container:
                assert {codec.encoder, codec.alpha_encoder or codec.encoder} <= container.supported_codecs
