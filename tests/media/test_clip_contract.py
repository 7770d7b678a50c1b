"""What every reader of clips must do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.media.barcode_clips import make_video, number_of, picture, write_picture
from understudy.media import Clip, open_clip
from understudy.media.thinned import ThinnedClip

COUNT = 12


def _video(folder: Path) -> Path:
    return make_video(folder / "clip.mp4", range(COUNT))


def _deep_video(folder: Path) -> Path:
    return make_video(folder / "clip.mov", range(COUNT), encoder="prores", pixel_format="yuv422p10le")


def _sequence(folder: Path) -> Path:
    for number in range(COUNT):
        write_picture(folder / f"shot.{1001 + number}.tif", picture(number).astype(np.uint16) * 257)
    return folder / "shot.####.tif"


def _still(folder: Path) -> Path:
    return write_picture(folder / "still.png", picture(0))


def _open(make: Callable[[Path], Path]) -> Callable[[Path], Clip]:
    return lambda folder: open_clip(make(folder))


def _thinned(folder: Path) -> Clip:
    shown_thrice = [number for number in range(COUNT) for _ in range(3)]
    return ThinnedClip(open_clip(make_video(folder / "clip.mp4", shown_thrice[:-1])), 3)


@pytest.fixture(
    params=[_open(_video), _open(_deep_video), _open(_sequence), _open(_still), _thinned],
    ids=["video", "10-bit video", "sequence", "still", "thinned video"],
)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clip]:
    with request.param(tmp_path) as opened:
        yield opened


def test_info_agrees_with_the_frames(clip: Clip) -> None:
    info = clip.info
    frames = list(clip.frames())
    assert len(frames) == info.frame_count == (1 if info.is_still else COUNT)
    for index, frame in enumerate(frames):
        assert frame.index == index
        assert number_of(frame.image) == index
        assert frame.pts == info.pts[index]
        assert frame.time_base == info.time_base
        assert frame.colour == info.colour
        assert frame.image.shape == (info.height, info.width, 4 if info.has_alpha else 3)
        assert frame.image.dtype == (np.uint16 if info.bit_depth > 8 else np.uint8)
    assert clip.fault is None


def test_times_rise_by_the_rate(clip: Clip) -> None:
    info = clip.info
    assert isinstance(info.rate, Fraction)
    assert info.pts.dtype == np.int64
    assert np.allclose(np.diff(info.pts) * float(info.time_base), 1 / float(info.rate))


def test_random_reads_equal_forward_ones(clip: Clip) -> None:
    forward = [frame.image for frame in clip.frames()]
    for index in np.random.default_rng(1).permutation(len(forward)):
        assert np.array_equal(clip.read(int(index)).image, forward[index])


def test_ranges_are_half_open_and_clipped(clip: Clip) -> None:
    count = clip.info.frame_count
    assert [frame.index for frame in clip.frames(2, 5)] == list(range(2, min(5, count)))
    assert [frame.index for frame in clip.frames(count - 1)] == [count - 1]
    assert [frame.index for frame in clip.frames(0, 1000)] == list(range(count))
    assert list(clip.frames(count)) == list(clip.frames(3, 3)) == []


@pytest.mark.parametrize("beyond", [-1, COUNT, 10**9])
def test_numbers_outside_are_index_errors(clip: Clip, beyond: int) -> None:
    with pytest.raises(IndexError, match="of a clip of"):
        clip.read(beyond)


def test_pictures_are_read_only_and_contiguous(clip: Clip) -> None:
    for frame in (clip.read(0), next(iter(clip.frames()))):
        assert frame.image.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            frame.image[0, 0] = 0


def test_closing_twice_is_fine(clip: Clip) -> None:
    clip.read(0)
    clip.close()
    clip.close()


@pytest.mark.parametrize("step", [2, 5])
@pytest.mark.parametrize(("start", "stop"), [(0, None), (3, 10), (4, 5), (7, 7)])
def test_every_so_many_frames(clip: Clip, start: int, stop: int | None, step: int) -> None:
    found = list(clip.frames(start, stop, step))
    assert [frame.index for frame in found] == list(range(clip.info.frame_count))[start:stop:step]
    assert [number_of(frame.image) for frame in found] == [frame.index for frame in found]
