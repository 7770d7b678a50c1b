"""What a user may hand over by mistake: one sentence each, and what can be saved is saved."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from tests.media.barcode_clips import make_video, number_of, picture, remux
from understudy.errors import BadInputError
from understudy.media import open_clip


def _refusal(path: Path) -> str:
    with pytest.raises(BadInputError) as caught:
        open_clip(path)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["nowhere.mp4", "nowhere.png", "no/folder/shot.####.exr"])
def test_missing(tmp_path: Path, name: str) -> None:
    assert "does not exist" in _refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["empty.mp4", "empty.png"])
def test_zero_length(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert "is empty (0 bytes)" in _refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["text.mp4", "text.txt", "text.png", "text"])
def test_no_media_at_all(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Nothing that moves. " * 500)
    assert "is not a" in _refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["noise.mp4", "noise.mkv", "noise.mpg", "noise.png", "noise.exr"])
def test_noise(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(np.random.default_rng(1).bytes(50_000))
    _refusal(tmp_path / name)


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    make_video(tmp_path / "real.ts", range(5))
    lines = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.mp4").write_text(lines)
    (tmp_path / "list.m3u8").write_text(lines)
    _refusal(tmp_path / "list.mp4")
    _refusal(tmp_path / "list.m3u8")


def test_sound_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "sound.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
    assert "has no video stream" in _refusal(path)


def test_header_without_frames(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.ts", range(5))
    path = remux(whole, tmp_path / "none.mkv", packets=lambda packets: packets[1:2])
    assert "no frame that can be decoded" in _refusal(path)


def test_unknown_codec(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", range(5)).read_bytes()
    path = tmp_path / "unknown.mkv"
    path.write_bytes(whole.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG9/ISO/XYZ"))
    assert "codec" in _refusal(path)


@pytest.mark.parametrize("share", [0.35, 0.7, 0.95])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_truncated_gives_the_frames_up_to_the_fault(tmp_path: Path, suffix: str, share: float) -> None:
    options = {"movflags": "+faststart"} if suffix == "mp4" else {}
    whole = (
        _faststart(tmp_path, options)
        if suffix == "mp4"
        else make_video(tmp_path / f"whole.{suffix}", range(200))
    )
    data = whole.read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(data[: int(len(data) * share)])
    with open_clip(path) as clip:
        count = clip.info.frame_count
        assert 0.3 * share * 200 < count < 200
        if suffix != "ts":  # a transport stream has no end by which to tell
            assert clip.fault is not None
            assert clip.fault.startswith(f"cut.{suffix} is damaged: The file breaks off")
        numbers = [number_of(frame.image) for frame in clip.frames()]
        assert numbers == list(range(len(numbers)))
        assert count - len(numbers) <= 3


def _faststart(folder: Path, options: dict[str, str]) -> Path:
    made = make_video(folder / "slow.mp4", range(200))
    path = folder / "whole.mp4"
    with av.open(str(made)) as there, av.open(str(path), "w", container_options=options) as here:
        stream = here.add_stream_from_template(there.streams.video[0])
        for packet in there.demux(there.streams.video[0]):
            if packet.size:
                packet.stream = stream
                here.mux_one(packet)
    return path


def test_truncated_without_its_index(tmp_path: Path) -> None:
    data = make_video(tmp_path / "whole.mp4", range(50)).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) // 2])
    assert "its end is missing" in _refusal(path)


def test_a_hole_ends_the_frames_and_is_told(tmp_path: Path) -> None:
    """Zeros amid independent frames: what comes before is given, and `read` tells which is bad."""
    whole = make_video(tmp_path / "whole.mov", range(30), encoder="prores", pixel_format="yuv422p10le")
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(whole.read_bytes())
    data[packets[12].pos : packets[12].pos + packets[12].size] = bytes(packets[12].size)
    path = tmp_path / "hole.mov"
    path.write_bytes(data)
    with open_clip(path) as clip:
        assert [number_of(frame.image) for frame in clip.frames()] == list(range(12))
        assert clip.fault == "hole.mov is damaged: frame 12 cannot be decoded."
        with pytest.raises(BadInputError, match="frame 12 cannot be decoded"):
            clip.read(12)
        assert number_of(clip.read(20).image) == 20


def test_a_concealed_loss_is_told(tmp_path: Path) -> None:
    """The decoder paints over a damaged slice: every frame comes, but the clip says which was not whole."""
    whole = make_video(tmp_path / "whole.mp4", range(30), options={"bf": "0"})
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    data = bytearray(whole.read_bytes())
    middle = packets[12].pos + packets[12].size // 2
    data[middle : packets[12].pos + packets[12].size] = bytes(packets[12].pos + packets[12].size - middle)
    path = tmp_path / "scratched.mp4"
    path.write_bytes(data)
    with open_clip(path) as clip:
        assert len(list(clip.frames(0, 12))) == 12
        assert clip.fault is None
        list(clip.frames(12))
        assert clip.fault is not None
        assert "frame 12" in clip.fault


def test_changing_resolution(tmp_path: Path) -> None:
    one = make_video(tmp_path / "one.ts", range(20))
    two = make_video(
        tmp_path / "two.ts", range(20, 40), draw=lambda number: picture(number, height=128, width=256)
    )
    path = tmp_path / "both.ts"
    shifted = remux(two, tmp_path / "later.ts", shift=-90000)
    path.write_bytes(one.read_bytes() + shifted.read_bytes())
    with (
        open_clip(path) as clip,
        pytest.raises(BadInputError, match="changes its size from 192x96 to 256x128 at frame 20; cut"),
    ):
        list(clip.frames())


def test_unreadable(tmp_path: Path) -> None:
    path = make_video(tmp_path / "secret.mp4", range(3))
    path.chmod(0)
    if subprocess.run(["test", "-r", str(path)], check=False).returncode == 0:
        pytest.skip("this user may read everything")
    assert "may not be read" in _refusal(path)
