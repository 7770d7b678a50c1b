"""YUV to RGB and back against the formulas of BT.601, BT.709 and BT.2020."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.barcode_clips import make_video
from understudy.errors import BadInputError
from understudy.media import Colour, open_clip
from understudy.media.colour import from_numbers, luma_weights, resolved, to_numbers
from understudy.media.turn import Turn
from understudy.media.yuv import from_rgb, to_rgb

WEIGHTS = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}
FORMATS = {"yuv420p": 8, "yuv422p": 8, "yuv444p": 8, "yuv420p10le": 10, "yuv422p10le": 10, "yuv444p12le": 12}
PRIMARIES = {"bt709": "bt709", "smpte170m": "smpte170m", "bt2020nc": "bt2020"}


def _tags(matrix: str, value_range: str) -> Colour:
    return Colour(matrix, PRIMARIES[matrix], "bt709", value_range)


def _codes(rgb: np.ndarray, colour: Colour, bits: int) -> list[np.ndarray]:
    """Y, Cb, Cr as real code values, written out from the recommendations."""
    kr, kb = WEIGHTS[colour.matrix]
    y = kr * rgb[..., 0] + (1 - kr - kb) * rgb[..., 1] + kb * rgb[..., 2]
    cb, cr = (rgb[..., 2] - y) / (2 * (1 - kb)), (rgb[..., 0] - y) / (2 * (1 - kr))
    if colour.range == "pc":
        return [y * (2**bits - 1), cb * (2**bits - 1) + 2 ** (bits - 1), cr * (2**bits - 1) + 2 ** (bits - 1)]
    step = 2 ** (bits - 8)
    return [(219 * y + 16) * step, (224 * cb + 128) * step, (224 * cr + 128) * step]


def _decoded(codes: list[np.ndarray], colour: Colour, bits: int) -> np.ndarray:
    kr, kb = WEIGHTS[colour.matrix]
    if colour.range == "pc":
        y, cb, cr = codes[0] / (2**bits - 1), *((c - 2 ** (bits - 1)) / (2**bits - 1) for c in codes[1:])
    else:
        step = 2 ** (bits - 8)
        y, cb, cr = (codes[0] / step - 16) / 219, *((c / step - 128) / 224 for c in codes[1:])
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    return np.stack([red, (y - kr * red - kb * blue) / (1 - kr - kb), blue], -1)


def _patches(values: np.ndarray, height: int, width: int) -> np.ndarray:
    return np.repeat(np.repeat(values, height // 8, 0), width // 8, 1)


def _plane(plane: av.video.plane.VideoPlane, bits: int) -> np.ndarray:
    return np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)


@pytest.mark.parametrize(("name", "matrix", "value_range"), product(FORMATS, WEIGHTS, ("tv", "pc")))
def test_patches_follow_the_recommendations(name: str, matrix: str, value_range: str) -> None:
    bits, colour = FORMATS[name], _tags(matrix, value_range)
    rgb = np.random.default_rng(3).uniform(0.02, 0.98, (8, 8, 3))
    codes = [np.rint(plane) for plane in _codes(rgb, colour, bits)]
    frame = av.VideoFrame(128, 128, name)
    for plane, values in zip(frame.planes, codes, strict=True):
        _plane(plane, bits)[:, : plane.width] = _patches(values, plane.height, plane.width)
    image = to_rgb(frame, colour)
    top = np.iinfo(image.dtype).max
    assert image.dtype == (np.uint8 if bits == 8 else np.uint16)
    meant = np.clip(_decoded(codes, colour, bits), 0, 1) * top
    assert np.abs(image[8::16, 8::16] - meant).max() <= 0.51

    full = np.rint(rgb * top).astype(image.dtype)
    back = from_rgb(_patches(full, 128, 128), name, colour)
    for plane, values in zip(back.planes, _codes(full / top, colour, bits), strict=True):
        middles = _plane(plane, bits)[
            plane.height // 16 :: plane.height // 8, plane.width // 16 : plane.width : plane.width // 8
        ]
        assert np.abs(middles - values).max() <= 0.51


def test_black_white_and_extremes_are_exact() -> None:
    colour = _tags("bt709", "tv")
    frame = av.VideoFrame(16, 16, "yuv420p10le")
    for plane, value in zip(frame.planes, (940, 512, 512), strict=True):
        _plane(plane, 10)[:] = value
    assert (to_rgb(frame, colour) == 65535).all()
    _plane(frame.planes[0], 10)[:] = 64
    assert (to_rgb(frame, colour) == 0).all()
    _plane(frame.planes[0], 10)[:] = 1023  # above white: clipped, not wrapped
    assert (to_rgb(frame, colour) == 65535).all()


def test_chroma_is_interpolated_at_its_place() -> None:
    """A ramp in chroma stays a ramp: no shift, no staircase (MPEG-2 siting: column 2k, between rows)."""
    colour = _tags("bt709", "tv")
    frame = av.VideoFrame(64, 64, "yuv420p")
    _plane(frame.planes[0], 8)[:] = 128
    _plane(frame.planes[1], 8)[:] = 128
    rows, columns = np.mgrid[:32, :32]
    _plane(frame.planes[2], 8)[:, :32] = 90 + columns + rows
    red = to_rgb(frame, colour)[..., 0].astype(float)
    y, x = np.mgrid[:64, :64]
    codes = 90 + x / 2 + (y - 0.5) / 2
    meant = 255 * ((128 - 16) / 219 + 2 * (1 - 0.2126) * (codes - 128) / 224)
    assert np.abs(red - meant)[1:-1, 1:-1].max() <= 0.51


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["yuv420p", "yuv422p10le", "yuv444p", "gbrp16le", "bgra"]),
)
@settings(deadline=None, max_examples=40)
def test_any_size_survives_a_round_trip(width: int, height: int, name: str) -> None:
    colour = _tags("bt709", "tv")
    tone = np.array([90, 160, 70], np.uint8)
    image = np.broadcast_to(tone, (height, width, 3)).copy()
    out = to_rgb(from_rgb(image, name, colour), colour)
    scale = np.iinfo(out.dtype).max / 255
    assert out.shape[:2] == (height, width)
    assert np.abs(out[..., :3] / scale - tone).max() <= 1.5


def test_rgb_formats_and_alpha_are_exact() -> None:
    colour = Colour("gbr", "bt709", "bt709", "pc")
    rng = np.random.default_rng(5)
    deep = rng.integers(0, 65536, (20, 30, 4)).astype(np.uint16)
    assert np.array_equal(to_rgb(from_rgb(deep, "gbrap16le", colour), colour), deep)
    shallow = rng.integers(0, 256, (20, 30, 4)).astype(np.uint8)
    assert np.array_equal(to_rgb(from_rgb(shallow, "bgra", colour), colour), shallow)
    ten = from_rgb(deep, "gbrp10le", colour)
    assert np.abs(to_rgb(ten, colour) / 65535 - deep[..., :3] / 65535).max() <= 0.5 / 1023 + 1e-4


def test_grey_and_unusual_formats_are_read() -> None:
    grey = av.VideoFrame(16, 16, "gray")
    _plane(grey.planes[0], 8)[:] = 77
    assert (to_rgb(grey, Colour("bt709", range="pc")) == 77).all()
    _plane(grey.planes[0], 8)[:] = 235
    assert (to_rgb(grey, Colour("bt709", range="tv")) == 255).all()
    colour = _tags("smpte170m", "tv")
    plain = from_rgb(np.full((16, 16, 3), (200, 40, 90), np.uint8), "yuv420p", colour)
    for name in ("nv12", "yuv411p", "yuyv422"):
        assert np.abs(to_rgb(plain.reformat(format=name), colour).astype(int) - (200, 40, 90)).max() <= 2


def test_a_matrix_of_another_kind_is_refused() -> None:
    with pytest.raises(BadInputError, match="ictcp is not supported; convert"):
        luma_weights("ictcp")


def test_tags_go_to_numbers_and_back() -> None:
    colour = Colour("bt2020nc", "bt2020", "smpte2084", "tv")
    assert to_numbers(colour) == (9, 9, 16, 1)
    assert from_numbers(9, 9, 16, 1) == colour
    assert from_numbers(99, 99, 99, 0) == Colour()


def test_untagged_clips_follow_the_rule() -> None:
    assert resolved(Colour(), 720) == Colour("bt709", "bt709", "bt709", "tv")
    assert resolved(Colour(), 576) == Colour("smpte170m", "smpte170m", "bt709", "tv")
    assert resolved(Colour("gbr", "bt709", "iec61966-2-1", "pc"), 1080).range == "tv"
    full = Colour("bt2020nc", "bt2020", "arib-std-b67", "pc")
    assert resolved(full, 480) == full


@pytest.mark.parametrize("value_range", ["tv", "pc"])
def test_tags_of_a_file_decide_its_colours(tmp_path: Path, value_range: str) -> None:
    """The same code values, tagged in two ways, are two colours."""
    seen = {}
    for matrix in ("bt709", "bt2020nc"):
        colour = _tags(matrix, value_range)

        def tag(stream: av.VideoStream, colour: Colour = colour) -> None:
            context = stream.codec_context
            context.colorspace, context.color_primaries, context.color_trc, context.color_range = to_numbers(
                colour
            )

        path = tmp_path / f"{matrix}.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv444p"
            tag(stream)
            frame = av.VideoFrame(64, 64, "yuv444p")
            for plane, value in zip(frame.planes, (120, 100, 170), strict=True):
                _plane(plane, 8)[:] = value
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with open_clip(path) as clip:
            assert clip.info.colour == colour
            seen[matrix] = clip.read(0).image[32, 32]
        codes = [np.array(float(value)) for value in (120, 100, 170)]
        assert np.abs(seen[matrix] - 255 * _decoded(codes, colour, 8)).max() <= 0.51
    assert not np.array_equal(seen["bt709"], seen["bt2020nc"])


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_display_matrix_stands_pictures_upright(tmp_path: Path, degrees: int, mirrored: bool) -> None:
    def corner(number: int) -> np.ndarray:
        image = np.full((64, 128, 3), 60, np.uint8)
        image[:20, :40] = 220  # top left
        return image

    path = make_video(
        tmp_path / "turned.mp4",
        range(3),
        draw=corner,
        configure=lambda stream: stream.set_display_rotation(-degrees, hflip=mirrored),
    )
    with av.open(str(path)) as container:
        matrix = next(container.decode(video=0)).side_data.get("DISPLAYMATRIX")
    upright = corner(0) if matrix is None else _by_matrix(corner(0), np.frombuffer(matrix, np.int32))
    with open_clip(path) as clip:
        image = clip.read(1).image
        assert (clip.info.width, clip.info.height) == image.shape[1::-1]
        assert image.shape == upright.shape
        assert np.abs(image.astype(int) - upright).mean() < 8


def _by_matrix(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Every pixel sent where the 3x3 matrix says, one by one."""
    a, b, _, c, d = (matrix[:5] / 65536).tolist()
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    to_x, to_y = np.rint(a * x + c * y).astype(int), np.rint(b * x + d * y).astype(int)
    to_x, to_y = to_x - to_x.min(), to_y - to_y.min()
    out = np.zeros((to_y.max() + 1, to_x.max() + 1, 3), image.dtype)
    out[to_y, to_x] = image
    return out


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientations(orientation: int) -> None:
    """TIFF 6.0: the tag names the visual side of stored row 0 and column 0."""
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3, 1) * np.ones(3, np.uint8)
    row0, column0 = {
        1: ("top", "left"),
        2: ("top", "right"),
        3: ("bottom", "right"),
        4: ("bottom", "left"),
        5: ("left", "top"),
        6: ("right", "top"),
        7: ("right", "bottom"),
        8: ("left", "bottom"),
    }[orientation]
    image = Turn.from_exif(orientation).upright(stored)[..., 0]
    sides = {"top": image[0], "bottom": image[-1], "left": image[:, 0], "right": image[:, -1]}
    assert set(sides[row0]) == {0, 1, 2}
    assert set(sides[column0]) == {0, 3}


def test_pixel_aspect_turns_with_the_picture(tmp_path: Path) -> None:
    def wide(stream: av.VideoStream) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.set_display_rotation(90)

    with open_clip(make_video(tmp_path / "wide.mp4", range(2), configure=wide)) as clip:
        assert clip.info.pixel_aspect == Fraction(3, 4)
        assert clip.info.rotation in (90, 270)


def test_colour_or_else_fills_only_gaps() -> None:
    mine = Colour("bt709", "unspecified", "bt709", "unspecified")
    assert mine.or_else(_tags("bt2020nc", "pc")) == replace(mine, primaries="bt2020", range="pc")
