"""Stills and image sequences: what their files mean as display-referred RGB."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from tests.media.barcode_clips import number_of, picture, write_picture
from understudy.errors import BadInputError
from understudy.media import open_clip


def _numbered(folder: Path, numbers: list[int], suffix: str = "png") -> None:
    for number in numbers:
        write_picture(folder / f"shot.{number:04}.{suffix}", picture(number))


@pytest.mark.parametrize("name", ["", "shot.####.png", "shot.%04d.png", "shot.@@@@.png"])
def test_a_sequence_is_found_by_folder_and_by_pattern(tmp_path: Path, name: str) -> None:
    _numbered(tmp_path, [8, 9, 10, 11])
    (tmp_path / "notes.txt").write_text("not a picture")
    with open_clip(tmp_path / name, rate=Fraction(24000, 1001)) as clip:
        assert [number_of(frame.image) for frame in clip.frames()] == [8, 9, 10, 11]
        assert clip.info.seconds(3) == pytest.approx(3 * 1001 / 24000)
        assert clip.info.rate == Fraction(24000, 1001)


def test_one_member_alone_is_a_still(tmp_path: Path) -> None:
    _numbered(tmp_path, [1, 2, 3])
    with open_clip(tmp_path / "shot.0002.png") as clip:
        assert clip.info.is_still
        assert number_of(clip.read(0).image) == 2


def test_missing_frames_are_named(tmp_path: Path) -> None:
    _numbered(tmp_path, [1, 2, 4, 9, 10])
    with pytest.raises(BadInputError, match=r"shot\.####\.png lacks the frames 3, 5-8; "):
        open_clip(tmp_path / "shot.####.png")


def test_two_sequences_in_one_folder_must_be_named(tmp_path: Path) -> None:
    _numbered(tmp_path, [1, 2])
    _numbered(tmp_path, [1, 2], "tif")
    with pytest.raises(BadInputError, match=r"several sequences \(shot\.#\.png, shot\.#\.tif\)"):
        open_clip(tmp_path)
    with open_clip(tmp_path / "shot.####.tif") as clip:
        assert clip.info.frame_count == 2


def test_a_folder_without_pictures_and_a_pattern_without_files(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no numbered pictures"):
        open_clip(tmp_path)
    with pytest.raises(BadInputError, match="No file is called like"):
        open_clip(tmp_path / "shot.####.exr")


def test_a_member_of_another_size_is_named(tmp_path: Path) -> None:
    _numbered(tmp_path, [1, 2])
    write_picture(tmp_path / "shot.0003.png", picture(3, height=100))
    with open_clip(tmp_path) as clip, pytest.raises(BadInputError, match=r"shot\.0003\.png differs in size"):
        list(clip.frames())


def test_a_damaged_member_ends_the_frames_with_a_fault(tmp_path: Path) -> None:
    _numbered(tmp_path, [1, 2, 3])
    whole = (tmp_path / "shot.0002.png").read_bytes()
    (tmp_path / "shot.0002.png").write_bytes(whole[: len(whole) // 2])
    with open_clip(tmp_path) as clip:
        assert [frame.index for frame in clip.frames()] == [0]
        assert clip.fault is not None
        assert "shot.0002.png is damaged" in clip.fault
        with pytest.raises(BadInputError, match=r"shot\.0002\.png is damaged"):
            clip.read(1)


@pytest.mark.parametrize("suffix", ["png", "tif", "dpx", "bmp", "tga"])
def test_eight_bits_are_kept_exactly(tmp_path: Path, suffix: str) -> None:
    image = np.random.default_rng(2).integers(0, 256, (20, 32, 3)).astype(np.uint8)
    with open_clip(write_picture(tmp_path / f"still.{suffix}", image)) as clip:
        assert clip.info.bit_depth == 8
        assert np.array_equal(clip.read(0).image, image)


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_lossy_stills_are_near(tmp_path: Path, suffix: str) -> None:
    with open_clip(write_picture(tmp_path / f"still.{suffix}", picture(5))) as clip:
        assert np.abs(clip.read(0).image.astype(int) - picture(5)).mean() < 5


@pytest.mark.parametrize("suffix", ["png", "tif", "dpx"])
def test_sixteen_bits_are_kept_exactly(tmp_path: Path, suffix: str) -> None:
    image = np.random.default_rng(2).integers(0, 65536, (20, 32, 3)).astype(np.uint16)
    with open_clip(write_picture(tmp_path / f"still.{suffix}", image)) as clip:
        assert np.array_equal(clip.read(0).image, image)


def test_ten_bit_dpx_reaches_full_scale(tmp_path: Path) -> None:
    image = np.zeros((8, 16, 3), np.uint16)
    image[:, 8:] = 65535
    with open_clip(write_picture(tmp_path / "ten.dpx", image, oiio__BitsPerSample=10)) as clip:
        assert clip.info.bit_depth == 10
        assert np.array_equal(clip.read(0).image, image)


def test_exr_is_shown_by_the_srgb_curve(tmp_path: Path) -> None:
    linear = np.zeros((4, 6, 3), np.float32)
    linear[:] = np.array([0.0, 0.001, 0.18, 0.5, 1.0, 7.5])[None, :, None]
    linear[3, 0] = np.nan
    with open_clip(write_picture(tmp_path / "linear.exr", linear)) as clip:
        image = clip.read(0).image
        assert clip.info.colour.transfer == "iec61966-2-1"
    light = np.clip(linear[0, :, 0].astype(np.float64), 0, 1)
    meant = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 65535
    assert image.dtype == np.uint16
    assert np.abs(image[0, :, 1] - meant).max() <= 0.6
    assert (image[3, 0] == 0).all()


def test_premultiplied_exr_becomes_straight(tmp_path: Path) -> None:
    linear = np.zeros((4, 4, 4), np.float32)
    linear[:, :2] = [0.25, 0.25, 0.25, 0.5]
    with open_clip(write_picture(tmp_path / "alpha.exr", linear)) as clip:
        image = clip.read(0).image
        assert clip.info.has_alpha
    assert image[0, 0, 3] == 32768
    assert image[0, 0, 0] / 65535 == pytest.approx(1.055 * 0.5 ** (1 / 2.4) - 0.055, abs=1e-4)
    assert (image[:, 2:] == 0).all()


def test_straight_png_alpha_is_left_alone(tmp_path: Path) -> None:
    image = np.random.default_rng(4).integers(0, 256, (9, 9, 4)).astype(np.uint8)
    path = write_picture(tmp_path / "straight.png", image, oiio__UnassociatedAlpha=1)
    with open_clip(path) as clip:
        assert np.array_equal(clip.read(0).image, image)


def test_exr_data_window_is_put_into_its_display_window(tmp_path: Path) -> None:
    path = tmp_path / "window.exr"
    spec = oiio.ImageSpec(10, 6, 3, "half")
    spec.x, spec.y, spec.full_width, spec.full_height = 4, -2, 12, 8
    out = oiio.ImageOutput.create(str(path))
    out.open(str(path), spec)
    out.write_image(np.ones((6, 10, 3), np.float32))
    out.close()
    with open_clip(path) as clip:
        image = clip.read(0).image
    meant = np.zeros((8, 12), bool)
    meant[:4, 4:] = True
    assert np.array_equal(image[..., 0] == 65535, meant)


def test_grey_becomes_rgb_and_orientation_is_applied(tmp_path: Path) -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4, 1) * 10
    with open_clip(write_picture(tmp_path / "grey.tif", grey, Orientation=6)) as clip:
        assert (clip.info.width, clip.info.height, clip.info.rotation) == (3, 4, 90)
        assert np.array_equal(clip.read(0).image[..., 1], np.rot90(grey[..., 0], -1))


def test_a_rate_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="rate 0 is not above 0"):
        open_clip(write_picture(tmp_path / "still.png", picture(1)), rate=0)
