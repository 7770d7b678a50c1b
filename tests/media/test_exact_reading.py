"""Every frame by its number, in every kind of file that is known to make readers stumble."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.media.barcode_clips import make_video, number_of, remux
from understudy.media import open_clip

COUNT = 500
_OPEN_GOP = {"x264-params": "open-gop=1:keyint=24:min-keyint=24:bframes=3:b-adapt=0:scenecut=0"}


def _irregular(place: int) -> int:
    """Strictly rising times whose steps vary by a factor of twenty."""
    return 40 * place + (place * 7919) % 37


def _mp4(folder: Path) -> Path:
    return make_video(folder / "cfr.mp4", range(COUNT))


def _mkv(folder: Path) -> Path:
    return make_video(folder / "cfr.mkv", range(COUNT))


def _open_gop(folder: Path) -> Path:
    return make_video(folder / "open.mp4", range(COUNT), options=_OPEN_GOP)


def _vfr(folder: Path) -> Path:
    return make_video(folder / "vfr.mp4", range(COUNT), times=_irregular, time_base=Fraction(1, 1000))


def _hevc(folder: Path) -> Path:
    return make_video(folder / "hevc.mp4", range(COUNT), encoder="libx265", pixel_format="yuv420p10le")


def _trimmed(folder: Path) -> Path:
    """As `ffmpeg -ss … -c copy`: starts at a keyframe, an edit list hides what lies before frame 99."""
    whole = make_video(folder / "whole.mp4", range(COUNT))
    with av.open(str(whole)) as container:
        tick = next(container.demux(video=0)).duration
    return remux(whole, folder / "trimmed.mp4", start=96, shift=99 * tick)


def _transport(folder: Path) -> Path:
    return make_video(folder / "open.ts", range(COUNT), options=_OPEN_GOP)


def _cut_transport(folder: Path) -> Path:
    """A recording that starts in the middle: what leads the first open GOP has lost its reference."""
    whole = make_video(folder / "whole.ts", range(COUNT), options=_OPEN_GOP)
    return remux(whole, folder / "cut.ts", start=93)


def _mpeg2(folder: Path) -> Path:
    return make_video(
        folder / "old.mpg", range(COUNT), encoder="mpeg2video", options={"bf": "2", "g": "15", "q": "4"}
    )


def _avi(folder: Path) -> Path:
    return make_video(
        folder / "old.avi", range(COUNT), encoder="mpeg4", options={"bf": "2", "g": "20", "q": "4"}
    )


def _bare(folder: Path) -> Path:
    """An elementary stream has no times at all: frames are counted."""
    return make_video(folder / "bare.h264", range(COUNT), container_format="h264")


Maker = Callable[[Path], Path]
TABLE: dict[str, tuple[Maker, int, int]] = {
    "H.264 CFR, B-frames, mp4": (_mp4, 0, COUNT),
    "H.264 CFR, B-frames, mkv": (_mkv, 0, COUNT),
    "H.264 open GOP": (_open_gop, 0, COUNT),
    "H.264 VFR": (_vfr, 0, COUNT),
    "HEVC 10-bit": (_hevc, 0, COUNT),
    "stream-copied trim, edit list": (_trimmed, 99, COUNT - 99),
    "MPEG-TS open GOP": (_transport, 0, COUNT),
    "MPEG-TS open GOP, cut": (_cut_transport, 96, COUNT - 96),
    "MPEG-2 program stream": (_mpeg2, 0, COUNT),
    "MPEG-4 in AVI, B-frames": (_avi, 0, COUNT),
    "bare H.264, no times": (_bare, 0, COUNT),
}


@pytest.mark.parametrize("row", TABLE)
def test_no_frame_is_wrong(row: str, tmp_path: Path) -> None:
    make, first, count = TABLE[row]
    with open_clip(make(tmp_path)) as clip:
        assert clip.info.frame_count == count
        forward = [number_of(frame.image) for frame in clip.frames()]
        assert forward == list(range(first, first + count))
        # Seeking is a walk from the beginning where there are no times: a few reads tell as much.
        reads = 12 if row == "bare H.264, no times" else 150
        shuffled = np.random.default_rng(7).permutation(count)[:reads].tolist()
        assert [number_of(clip.read(index).image) - first for index in shuffled] == shuffled
        backward = list(range(count - 1, count - 40, -1))
        assert [number_of(clip.read(index).image) - first for index in backward] == backward
        assert clip.fault is None


def test_variable_times_are_kept(tmp_path: Path) -> None:
    with open_clip(_vfr(tmp_path)) as clip:
        times = [float(frame.pts * frame.time_base) for frame in clip.frames(0, 100)]
    assert times == pytest.approx([_irregular(place) / 1000 for place in range(100)], abs=1e-6)


def test_a_run_may_start_anywhere_and_disturbs_no_other(tmp_path: Path) -> None:
    with open_clip(_open_gop(tmp_path)) as clip:
        one, other = clip.frames(100, 110), clip.frames(301)
        mixed = [
            (number_of(next(one).image), number_of(next(other).image), number_of(clip.read(7 * k).image))
            for k in range(10)
        ]
        assert mixed == [(100 + k, 301 + k, 7 * k) for k in range(10)]
        assert next(one, None) is None
